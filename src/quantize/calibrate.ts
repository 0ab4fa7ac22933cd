import type { Executor } from '../execute/executor.js';
import { float32 } from '../execute/float/values.js';
import type { Tensor } from '../ir/tensor.js';
import { HeddleError } from '../support/diagnostics.js';
import { defined, invariant } from '../support/invariant.js';
import { noCalibrationFrames, notFiniteActivation } from './messages.js';
import { makeObserver, type Range } from './observer.js';
import type { ResolvedOptions } from './options.js';

/**
 * Float frames of real values, by input. It is run through twice, so it must start anew each time it is iterated:
 * an array or an object with a [Symbol.iterator] method, not a generator that has been started.
 */
export type CalibrationFrames = Iterable<ReadonlyMap<string, Tensor>>;

/** What to look at while the calibration frames go through the float network. */
export interface Wanted {
  readonly ranges: readonly string[];
  readonly means: readonly string[];
}

export interface Observed {
  readonly ranges: ReadonlyMap<string, Range>;
  /** Tensors of the mean values over the frames. */
  readonly means: ReadonlyMap<string, Tensor>;
}

/** Streams the frames through the float network. Histograms and sums are kept, never the values of a frame. */
export function calibrate(
  executor: Executor,
  wanted: Wanted,
  frames: CalibrationFrames,
  options: ResolvedOptions,
): Observed {
  invariant(!isOneShot(frames), 'calibration frames can be iterated only once');
  const levels = 2 ** options.activationBits;
  const observers = new Map(
    wanted.ranges.map((name) => [name, makeObserver(options.rangeMethod, levels, options.percentile)]),
  );
  const sums = new Map<string, Tensor>();
  const keep = [...new Set([...wanted.ranges, ...wanted.means])];
  let count = 0;
  for (const inputs of frames) {
    const values = executor.run(inputs, { keep });
    const tensor = (name: string): Tensor => defined(values.get(name), `tensor '${name}'`);
    for (const [name, observer] of observers) {
      observer.add(float32(tensor(name).data));
      if (!observer.isFinite) throw new HeddleError([notFiniteActivation(name, count)]);
    }
    for (const name of wanted.means) addTo(sums, name, tensor(name));
    options.onFrame('calibrate', count);
    count += 1;
  }
  if (count === 0) throw new HeddleError([noCalibrationFrames()]);
  return {
    ranges: new Map([...observers].map(([name, observer]) => [name, observer.range()])),
    means: new Map([...sums].map(([name, sum]) => [name, divided(sum, count)])),
  };
}

function addTo(sums: Map<string, Tensor>, name: string, value: Tensor): void {
  const sum = sums.get(name);
  if (sum === undefined) {
    sums.set(name, { type: value.type, data: value.data.slice() });
    return;
  }
  const [to, from] = [float32(sum.data), float32(value.data)];
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + (from[i] as number);
}

function divided({ type, data }: Tensor, count: number): Tensor {
  return { type, data: float32(data).map((value) => value / count) };
}

/** An iterator gives itself as its own iterator, and is used up after one run. */
function isOneShot(frames: CalibrationFrames): boolean {
  return (frames[Symbol.iterator]() as unknown) === frames;
}
