import type { Executor } from '../execute/executor.js';
import { float32 } from '../execute/float/values.js';
import type { Tensor } from '../ir/tensor.js';
import { HeddleError } from '../support/diagnostics.js';
import { defined, invariant } from '../support/invariant.js';
import { noCalibrationFrames, notFiniteActivation } from './messages.js';
import { makeObserver, type Range } from './observer.js';
import type { ResolvedOptions } from './options.js';

/**
 * Float frames of real values, by input. They are run through several times, so they must start anew each time they are iterated:
 * an array or an object with a [Symbol.iterator] method, not a generator that has been started.
 */
export type CalibrationFrames = Iterable<ReadonlyMap<string, Tensor>>;

export interface Observed {
  readonly ranges: ReadonlyMap<string, Range>;
  readonly frames: number;
}

/** Tensors to observe. */
export interface Watched {
  readonly tensors: readonly string[];
  /** Those whose range is all of what is seen, whatever the method. */
  readonly whole: ReadonlySet<string>;
}

/** Streams the frames through the float network and takes the range of each of the tensors. */
export function calibrate(
  executor: Executor,
  { tensors, whole }: Watched,
  frames: CalibrationFrames,
  options: ResolvedOptions,
): Observed {
  invariant(!isOneShot(frames), 'calibration frames can be iterated only once');
  const levels = 2 ** options.activationBits;
  const { rangeMethod, percentile } = options;
  const observers = new Map(
    tensors.map((name) => [name, makeObserver(whole.has(name) ? 'min-max' : rangeMethod, levels, percentile)]),
  );
  let count = 0;
  for (const inputs of frames) {
    const values = executor.run(inputs, { keep: tensors });
    for (const [name, observer] of observers) {
      observer.add(float32(defined(values.get(name), `tensor '${name}'`).data));
      if (!observer.isFinite) throw new HeddleError([notFiniteActivation(name, count)]);
    }
    count += 1;
    options.onStep('calibrate', count);
  }
  if (count === 0) throw new HeddleError([noCalibrationFrames()]);
  return { ranges: new Map([...observers].map(([name, observer]) => [name, observer.range()])), frames: count };
}

/** An iterator gives itself as its own iterator, and is used up after one run. */
function isOneShot(frames: CalibrationFrames): boolean {
  return (frames[Symbol.iterator]() as unknown) === frames;
}
