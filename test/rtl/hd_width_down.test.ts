import { describe, it } from 'vitest';
import { expectIllegal } from './cells.js';
import { expectWidthAdapter } from './width-bench.js';

describe('hd_width_down', () => {
  it('splits pixel by pixel, in one cycle, without a bubble', () => expectWidthAdapter('hd_width_down'));

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_width_down', { LANES_IN: 1, LANES_OUT: 2 }, 'LANES_IN_must_be_a_multiple_of_LANES_OUT');
    await expectIllegal('hd_width_down', { CHANNELS: 0 }, 'CHANNELS_must_be_at_least_1');
    await expectIllegal('hd_width_down', { BITS: 0 }, 'BITS_must_be_at_least_1');
  });
});
