import { describe, it } from 'vitest';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, innerStream } from './cells.js';
import { unpackStreams } from './packed-streams.js';

const FRAMES = 3;
const BEATS = 40;

/** [inputs, outputs] */
const SHAPES: readonly (readonly [number, number])[] = [
  [1, 2],
  [2, 1],
  [3, 4],
];

function makePoint([inputs, outputs]: (typeof SHAPES)[number]): BenchPoint {
  const marks = Array.from({ length: inputs }, (_, i) => randomIntegers(FRAMES * BEATS, 0, 1, 10 * inputs + i));
  const any = Array.from({ length: FRAMES * BEATS }, (_, beat) => (marks.some((own) => own[beat] === 1) ? 1 : 0));
  return {
    name: `${inputs} to ${outputs}`,
    module: 'hd_marks',
    parameters: { INPUTS: inputs, OUTPUTS: outputs },
    inputs: marks.map((own) => innerStream('', 1, 1, BEATS, own)),
    outputs: Array.from({ length: outputs }, () => innerStream('', 1, 1, BEATS, any)),
  };
}

describe('hd_marks', () => {
  it('gives every output the marks of all inputs, whenever they come', async () => {
    const { points, extraFiles } = unpackStreams(SHAPES.map(makePoint));
    await expectCleanBench({ points, extraFiles, frames: FRAMES, resetAfterCycles: 25 });
  });

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_marks', { INPUTS: 0 }, 'INPUTS_and_OUTPUTS_must_be_at_least_1');
  });
});
