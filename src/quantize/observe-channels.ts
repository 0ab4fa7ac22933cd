import type { Executor } from '../execute/executor.js';
import { float32 } from '../execute/float/values.js';
import { typeOf } from '../execute/tensor-access.js';
import type { Graph } from '../ir/graph.js';
import { defined } from '../support/invariant.js';
import type { CalibrationFrames } from './calibrate.js';

/** What calibration shows of a tensor, channel by channel (the last axis). */
export interface ChannelValues {
  /** Largest absolute value. */
  readonly largest: Float64Array;
  /** Mean of the squares. */
  readonly power: Float64Array;
  readonly hasNegative: boolean;
}

/** Streams the frames through the float network and observes the channels of the tensors. */
export function observeChannels(
  graph: Graph,
  executor: Executor,
  tensors: readonly string[],
  frames: CalibrationFrames,
  onFrame: (done: number) => void,
): ReadonlyMap<string, ChannelValues> {
  const sums = new Map(tensors.map((name) => [name, emptySums(typeOf(graph, name).shape.at(-1) ?? 1)]));
  let count = 0;
  for (const inputs of frames) {
    const values = executor.run(inputs, { keep: tensors });
    for (const [name, sum] of sums) addValues(sum, float32(defined(values.get(name), `tensor '${name}'`).data));
    count += 1;
    onFrame(count);
  }
  for (const { power, values } of sums.values())
    for (let c = 0; c < power.length; c++) power[c] = ((power[c] as number) * power.length) / Math.max(values, 1);
  return sums;
}

interface ChannelSums {
  readonly largest: Float64Array;
  readonly power: Float64Array;
  values: number;
  hasNegative: boolean;
}

function emptySums(channels: number): ChannelSums {
  return { largest: new Float64Array(channels), power: new Float64Array(channels), values: 0, hasNegative: false };
}

function addValues(sums: ChannelSums, values: Float32Array): void {
  const { largest, power } = sums;
  let c = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const magnitude = Math.abs(value);
    if (value < 0) sums.hasNegative = true;
    if (magnitude > (largest[c] as number)) largest[c] = magnitude;
    power[c] = (power[c] as number) + value * value;
    c = c + 1 === largest.length ? 0 : c + 1;
  }
  sums.values += values.length;
}
