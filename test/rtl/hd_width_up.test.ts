import { describe, it } from 'vitest';
import { expectIllegal } from './cells.js';
import { expectWidthAdapter } from './width-bench.js';

describe('hd_width_up', () => {
  it('gathers pixel by pixel, in one cycle, without a bubble', () => expectWidthAdapter('hd_width_up'));

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_width_up', { LANES_IN: 2, LANES_OUT: 3 }, 'LANES_OUT_must_be_a_multiple_of_LANES_IN');
    await expectIllegal('hd_width_up', { CHANNELS: 0 }, 'CHANNELS_must_be_at_least_1');
    await expectIllegal('hd_width_up', { BITS: 0 }, 'BITS_must_be_at_least_1');
  });
});
