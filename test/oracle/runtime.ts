import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';

/** The reference runtime, loaded when it is first needed: its library is large. */
const require = createRequire(import.meta.url);

interface Runtime {
  readonly InferenceSession: { create(file: Uint8Array, options: object): Promise<InferenceSession> };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => OrtTensor;
}

function loadRuntime(): Runtime {
  return require('onnxruntime-node') as unknown as Runtime;
}

/** A tensor as the runtime has it: the file's order of axes, the batch in front. */
export interface RuntimeTensor {
  readonly dtype: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/**
 * `as-written`: each operator by its own definition, so that a dequantise, a float operator and a quantise are three
 * steps. `fused`: the runtime's own choice, which makes them one quantised operator where it has one.
 */
export type Optimisation = 'as-written' | 'fused';

export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  run(inputs: ReadonlyMap<string, RuntimeTensor>): Promise<ReadonlyMap<string, RuntimeTensor>>;
  release(): Promise<void>;
}

export async function openSession(file: Uint8Array, optimisation: Optimisation = 'as-written'): Promise<Session> {
  const { InferenceSession, Tensor } = loadRuntime();
  const session = await InferenceSession.create(file, {
    graphOptimizationLevel: optimisation === 'fused' ? 'all' : 'disabled',
    intraOpNumThreads: 2,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(inputs) {
      const feeds = Object.fromEntries(
        [...inputs].map(([name, { dtype, data, dims }]) => [name, new Tensor(dtype, data, dims)]),
      );
      const results = await session.run(feeds);
      return new Map(
        Object.entries(results).map(([name, value]) => [
          name,
          { dtype: value.type, dims: value.dims, data: value.data as ArrayLike<number | bigint> },
        ]),
      );
    },
    release: () => session.release(),
  };
}

/** Runs a file once. */
export async function runOnce(
  file: Uint8Array,
  inputs: ReadonlyMap<string, RuntimeTensor>,
  optimisation: Optimisation = 'as-written',
): Promise<ReadonlyMap<string, RuntimeTensor>> {
  const session = await openSession(file, optimisation);
  try {
    return await session.run(inputs);
  } finally {
    await session.release();
  }
}

/**
 * Whether the processor multiplies unsigned by signed bytes without losing anything. Without it (VNNI) the runtime's
 * kernels add pairs of products in 16 bits, which saturate; what differs then is the runtime's fault.
 */
export function processorNote(): string {
  let flags = '';
  try {
    flags = readFileSync('/proc/cpuinfo', 'utf8').match(/^flags\s*:.*$/m)?.[0] ?? '';
  } catch {
    return 'whether the processor has VNNI is not known here: the runtime may saturate products of u8 and s8';
  }
  const found = flags.split(/\s+/).filter((flag) => /vnni/.test(flag));
  return found.length > 0
    ? `the processor has VNNI (${found.join(', ')})`
    : 'the processor has no VNNI: the runtime may saturate products of u8 and s8';
}
