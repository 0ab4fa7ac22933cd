import { describe, expect, it } from 'vitest';
import { expectIllegal } from './cells.js';
import {
  buildCase,
  describeCase,
  type EngineCase,
  expectEngines,
  type Numbers,
  weightedGraph,
} from './engine-bench.js';
import { EVEN_GEOMETRIES, type Geometry, gridOf, outputSize, type Taps, tapCount, windowOf } from './engine-cases.js';

interface DepthwiseChannels {
  readonly channels: number;
  readonly multiplier: number;
  readonly ch: number;
  readonly lanesIn: number;
  readonly lanesOut: number;
  readonly r: number;
}

const CHANNELS: readonly DepthwiseChannels[] = [
  { channels: 2, multiplier: 1, ch: 1, lanesIn: 1, lanesOut: 1, r: 1 },
  { channels: 3, multiplier: 1, ch: 2, lanesIn: 1, lanesOut: 1, r: 1 },
  { channels: 5, multiplier: 1, ch: 2, lanesIn: 2, lanesOut: 4, r: 2 },
  { channels: 3, multiplier: 2, ch: 3, lanesIn: 1, lanesOut: 2, r: 2 },
  { channels: 7, multiplier: 1, ch: 3, lanesIn: 1, lanesOut: 2, r: 1 },
  { channels: 5, multiplier: 3, ch: 2, lanesIn: 1, lanesOut: 4, r: 2 },
  { channels: 8, multiplier: 1, ch: 4, lanesIn: 4, lanesOut: 2, r: 2 },
  { channels: 6, multiplier: 1, ch: 1, lanesIn: 4, lanesOut: 4, r: 1 },
  { channels: 9, multiplier: 2, ch: 2, lanesIn: 4, lanesOut: 1, r: 1 },
  { channels: 2, multiplier: 4, ch: 2, lanesIn: 2, lanesOut: 8, r: 8 },
  { channels: 5, multiplier: 1, ch: 5, lanesIn: 1, lanesOut: 4, r: 4 },
];

function depthwiseCase(
  geometry: Geometry,
  shape: DepthwiseChannels,
  taps: Taps,
  numbers: Numbers,
  index: number,
): EngineCase {
  const { channels, multiplier, ch, lanesIn, lanesOut, r } = shape;
  const { kernel, size } = geometry;
  const outputs = channels * multiplier;
  const graph = weightedGraph({
    numbers,
    node: { kind: 'conv', ...windowOf(geometry), groups: channels },
    xShape: [...size, channels],
    yShape: [...outputSize(geometry), outputs],
    weightShape: [outputs, ...kernel, 1],
    seed: 100 * index + 50,
  });
  const folding = { pe: ch, simd: 1, taps: tapCount(taps, kernel), requantisers: r };
  const name = `${index} ${size.join('x')} k${kernel.join('x')} ${channels}x${multiplier} ${taps}`;
  return { name, graph, folding, lanesIn, lanesOut, tight: index % 2 === 0 };
}

describe('hd_depthwise', () => {
  it('is bit exact over the grid, clock for clock as the token-level model says', async () => {
    const cases = gridOf(EVEN_GEOMETRIES, CHANNELS, depthwiseCase).map(buildCase);
    expect(new Set(cases.map(describeCase)).size).toBeGreaterThan(15);
    await expectEngines(cases);
  }, 300_000);

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_depthwise', { CH: 4 }, 'CH_must_not_exceed_CHANNELS');
    const gather = 'WORD_LANES_must_be_a_multiple_of_LANES_and_UNIT_BEATS_1_or_more';
    await expectIllegal('hd_depthwise', { CH: 3, LANES_IN: 2 }, gather, 'hd_gather');
  });
});
