import { describe, expect, it } from 'vitest';
import { expectIllegal } from './cells.js';
import { buildCase, describeCase, expectEngines } from './engine-bench.js';
import { type ConvChannels, convCase, gridOf, ODD_GEOMETRIES } from './engine-cases.js';

/** hd_conv with all that is in it, hd_mac_back among them. */

const CHANNELS: readonly ConvChannels[] = [
  { groups: 1, inputs: 1, outputs: 1, pe: 1, simd: 1, lanesIn: 1, lanesOut: 1, r: 1 },
  { groups: 1, inputs: 1, outputs: 5, pe: 2, simd: 1, lanesIn: 1, lanesOut: 1, r: 1 },
  { groups: 1, inputs: 3, outputs: 4, pe: 4, simd: 3, lanesIn: 1, lanesOut: 2, r: 2 },
  { groups: 1, inputs: 5, outputs: 7, pe: 3, simd: 2, lanesIn: 2, lanesOut: 4, r: 1 },
  { groups: 1, inputs: 6, outputs: 6, pe: 4, simd: 4, lanesIn: 2, lanesOut: 2, r: 2 },
  { groups: 1, inputs: 7, outputs: 3, pe: 3, simd: 5, lanesIn: 1, lanesOut: 4, r: 2 },
  { groups: 1, inputs: 8, outputs: 12, pe: 5, simd: 4, lanesIn: 8, lanesOut: 8, r: 1 },
  { groups: 2, inputs: 4, outputs: 6, pe: 2, simd: 2, lanesIn: 2, lanesOut: 2, r: 1 },
  { groups: 3, inputs: 6, outputs: 6, pe: 2, simd: 2, lanesIn: 1, lanesOut: 2, r: 2 },
  { groups: 2, inputs: 8, outputs: 10, pe: 3, simd: 3, lanesIn: 1, lanesOut: 4, r: 1 },
  { groups: 1, inputs: 9, outputs: 3, pe: 3, simd: 9, lanesIn: 1, lanesOut: 4, r: 4 },
  { groups: 1, inputs: 4, outputs: 16, pe: 8, simd: 1, lanesIn: 4, lanesOut: 4, r: 4 },
  { groups: 4, inputs: 8, outputs: 4, pe: 1, simd: 2, lanesIn: 2, lanesOut: 1, r: 1 },
];

const GATHER = 'WORD_LANES_must_be_a_multiple_of_LANES_and_UNIT_BEATS_1_or_more';

describe('hd_conv', () => {
  it('is bit exact over the grid, clock for clock as the token-level model says', async () => {
    const cases = gridOf(ODD_GEOMETRIES, CHANNELS, convCase).map(buildCase);
    expect(new Set(cases.map(describeCase)).size).toBe(cases.length);
    expect(cases.length).toBeGreaterThan(CHANNELS.length);
    await expectEngines(cases);
  }, 300_000);

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_conv', { GROUPS: 2 }, 'GROUPS_must_divide_IN_CHANNELS_and_OUT_CHANNELS');
    const grouped = { GROUPS: 2, IN_CHANNELS: 6, OUT_CHANNELS: 6, LANES_IN: 2 };
    await expectIllegal('hd_conv', grouped, 'LANES_IN_must_divide_the_channels_of_a_group');
    await expectIllegal('hd_conv', { PE: 5 }, 'PE_and_SIMD_must_not_exceed_the_channels_of_a_group');
    await expectIllegal('hd_conv', { SIMD: 4 }, 'PE_and_SIMD_must_not_exceed_the_channels_of_a_group');
    const widths = { SIMD: 3, LANES_IN: 2 };
    await expectIllegal('hd_gather', { LANES: 2, WORD_LANES: 3 }, GATHER);
    await expectIllegal('hd_conv', widths, GATHER, 'hd_gather');
  });

  it('refuses what hd_mac_back cannot do', async () => {
    const groups = { GROUPS: 2, R: 2, RESULTS: 3, LAST_RESULTS: 3, LANES_OUT: 2 };
    await expectIllegal('hd_mac_back', groups, 'R_must_divide_the_results_of_a_group');
    const folds = { FOLDS: 2, R: 2, RESULTS: 3, LAST_RESULTS: 1, LANES_OUT: 2 };
    await expectIllegal('hd_mac_back', folds, 'R_must_divide_RESULTS_where_there_are_several_folds');
  });
});
