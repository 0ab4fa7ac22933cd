import { expect } from 'vitest';
import { type Channel, match, offer, type Process, settle, take, takeNext } from '../../src/schedule/token-network.js';
import { takenClocks, wholeChannel } from '../unit/schedule/whole-channel.js';
import { type Bench, expectCleanBench, STALL_PATTERNS } from './bench.js';
import { freeRun, probeNamed } from './cells.js';
import { type PackedPoint, paceOpen, unpackStreams } from './packed-streams.js';

/** Holds a rule of the token-level model to its module, clock by clock, behind slow inputs and before slow outputs. */

export interface ModelledPoint extends PackedPoint {
  readonly name: string;
  /** The rule, between its channels. */
  readonly model: (inputs: readonly Channel[], outputs: readonly Channel[]) => Process;
}

/** Offers one beat more in each clock that the pace opens. */
function pacedSource(output: Channel, count: number, stream: number): Process {
  return {
    name: 'source',
    inputs: [],
    outputs: [output],
    advance() {
      const before = output.offered;
      for (let clock = 0; output.offered < count; clock++) {
        if (paceOpen('s', stream, clock)) offer(output, clock);
      }
      return match(output) || output.offered > before;
    },
  };
}

/** Takes beats in the clocks that the pace opens. */
function pacedSink(input: Channel, stream: number): Process {
  return {
    name: 'sink',
    inputs: [input],
    outputs: [],
    advance() {
      let moved = false;
      for (let t = takeNext(input, 0); t !== undefined; t = takeNext(input, 0)) {
        while (!paceOpen('m', stream, t)) t++;
        take(input, t);
        moved = true;
      }
      return moved;
    },
  };
}

/** Clocks in which the beats of each input and output are taken. */
interface ModelledStreams {
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

function runModel(point: ModelledPoint, frames: number): ModelledStreams {
  const channelOf = ({ beatsPerFrame }: { readonly beatsPerFrame: number }): Channel =>
    wholeChannel(frames * beatsPerFrame);
  const inputs = point.inputs.map(channelOf);
  const outputs = point.outputs.map(channelOf);
  settle([
    ...inputs.map((channel, i) => pacedSource(channel, frames * (point.inputs[i]?.beatsPerFrame ?? 0), i)),
    point.model(inputs, outputs),
    ...outputs.map(pacedSink),
  ]);
  return { inputs: inputs.map(takenClocks), outputs: outputs.map(takenClocks) };
}

/**
 * Expects each frame's first and last beat of every stream in the clock in which the model has it taken, counted from the
 * first beat of input 0. Many short frames show most.
 */
export async function expectModelClocks(
  points: readonly ModelledPoint[],
  bench: Omit<Bench, 'points' | 'extraFiles'>,
): Promise<void> {
  const paced = points.map((point) => ({ ...point, paced: true }));
  const stalls = STALL_PATTERNS.slice(0, 1);
  const runs = await expectCleanBench({ ...bench, ...unpackStreams(paced), stalls, seeds: [1] });
  for (const point of paced) {
    const { inputs, outputs } = runModel(point, bench.frames);
    const start = probeNamed(freeRun(runs), `${point.name}/s0_axis`).frameFirstCycles[0] ?? Number.NaN;
    const offset = start - (inputs[0]?.[0] ?? Number.NaN);
    const check = (name: string, taken: readonly number[] | undefined, beats: number): void => {
      const { frameFirstCycles, frameLastCycles } = probeNamed(freeRun(runs), `${point.name}/${name}`);
      const model = Array.from({ length: bench.frames }, (_, frame) => [
        (taken?.[frame * beats] ?? Number.NaN) + offset,
        (taken?.[(frame + 1) * beats - 1] ?? Number.NaN) + offset,
      ]);
      expect(
        frameFirstCycles.map((first, frame) => [first, frameLastCycles[frame]]),
        `${point.name}, ${name}`,
      ).toEqual(model);
    };
    point.inputs.forEach(({ beatsPerFrame }, i) => {
      check(`s${i}_axis`, inputs[i], beatsPerFrame);
    });
    point.outputs.forEach(({ beatsPerFrame }, i) => {
      check(`m${i}_axis`, outputs[i], beatsPerFrame);
    });
  }
}
