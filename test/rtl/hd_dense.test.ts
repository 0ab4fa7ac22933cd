import { describe, it } from 'vitest';
import { expectIllegal } from './cells.js';
import { buildCase, type EngineCase, expectEngines, NUMBERS, weightedGraph } from './engine-bench.js';
import { cycled } from './engine-cases.js';

interface Dense {
  /** A vector, or a map that a flatten makes one. */
  readonly input: readonly number[];
  readonly outputs: number;
  readonly pe: number;
  readonly simd: number;
  readonly lanesIn: number;
  readonly lanesOut: number;
  readonly r: number;
}

const SHAPES: readonly Dense[] = [
  { input: [1], outputs: 1, pe: 1, simd: 1, lanesIn: 1, lanesOut: 1, r: 1 },
  { input: [2], outputs: 3, pe: 2, simd: 1, lanesIn: 2, lanesOut: 1, r: 1 },
  { input: [7], outputs: 4, pe: 4, simd: 7, lanesIn: 1, lanesOut: 2, r: 2 },
  { input: [12], outputs: 10, pe: 3, simd: 4, lanesIn: 2, lanesOut: 4, r: 1 },
  { input: [13], outputs: 10, pe: 4, simd: 2, lanesIn: 8, lanesOut: 2, r: 2 },
  { input: [40], outputs: 9, pe: 2, simd: 12, lanesIn: 4, lanesOut: 1, r: 1 },
  { input: [3, 2, 3], outputs: 5, pe: 5, simd: 6, lanesIn: 2, lanesOut: 8, r: 4 },
  { input: [2, 3, 5], outputs: 11, pe: 4, simd: 3, lanesIn: 1, lanesOut: 4, r: 4 },
  { input: [3, 3, 1], outputs: 6, pe: 6, simd: 8, lanesIn: 4, lanesOut: 2, r: 2 },
  { input: [2, 2, 5], outputs: 2, pe: 1, simd: 4, lanesIn: 8, lanesOut: 2, r: 1 },
  { input: [33], outputs: 17, pe: 17, simd: 11, lanesIn: 1, lanesOut: 16, r: 8 },
  { input: [1, 1, 6], outputs: 8, pe: 8, simd: 1, lanesIn: 1, lanesOut: 1, r: 1 },
];

function denseCase(shape: Dense, index: number): EngineCase {
  const { input, outputs, pe, simd, lanesIn, lanesOut, r } = shape;
  const length = input.reduce((product, extent) => product * extent, 1);
  const graph = weightedGraph({
    numbers: cycled(NUMBERS, index),
    node: { kind: 'dense' },
    xShape: input,
    yShape: [outputs],
    weightShape: [outputs, length],
    ...(input.length === 1 ? {} : { flat: [length] }),
    seed: 100 * index + 25,
  });
  const folding = { pe, simd, taps: 1, requantisers: r };
  const name = `${index} ${input.join('x')}>${outputs} pe ${pe} simd ${simd} lanes ${lanesIn}/${lanesOut}`;
  return { name, graph, folding, lanesIn, lanesOut, tight: index % 3 === 1 };
}

describe('hd_dense', () => {
  it('is bit exact over the grid, clock for clock as the token-level model says', async () => {
    await expectEngines(SHAPES.map(denseCase).map(buildCase));
  }, 300_000);

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_dense', { PE: 5 }, 'PE_must_not_exceed_OUT_CHANNELS');
    const gather = 'WORD_LANES_must_be_a_multiple_of_LANES_and_UNIT_BEATS_1_or_more';
    await expectIllegal('hd_dense', { SIMD: 3, LANES_IN: 2 }, gather, 'hd_gather');
    await expectIllegal('hd_dense', { CAPACITY: 6 }, 'CAPACITY_must_hold_the_first_window', 'hd_window_ctrl');
  });
});
