import { KERNELS_BASE64 } from './kernels-binary.js';

/** The functions of kernels.wat; all numbers are 32-bit integers, most of them addresses. */
interface Kernels {
  readonly memory: Memory;
  readonly widen: (
    from: number,
    to: number,
    rows: number,
    length: number,
    pitch: number,
    flip: number,
    zero: number,
  ) => void;
  readonly convolve: (
    x: number,
    pixels: number,
    count: number,
    runs: number,
    runsEnd: number,
    steps: number,
    weights: number,
    constants: number,
    sums: number,
  ) => void;
  readonly convolveFloat: (
    x: number,
    pixels: number,
    count: number,
    runs: number,
    runsEnd: number,
    steps: number,
    weights: number,
    sums: number,
  ) => void;
  readonly depthwise: (
    x: number,
    pixels: number,
    count: number,
    taps: number,
    tapsEnd: number,
    weights: number,
    constants: number,
    sums: number,
  ) => void;
  readonly requantise: (sums: number, count: number, constants: number, y: number, pitch: number, n: number) => void;
  readonly add: (
    a: number,
    b: number,
    count: number,
    sums: number,
    multipliers: number,
    flipA: number,
    zeroA: number,
    flipB: number,
    zeroB: number,
  ) => void;
  readonly maxPool: (
    x: number,
    pixels: number,
    count: number,
    taps: number,
    tapsEnd: number,
    flip: number,
    lo: number,
    hi: number,
    y: number,
    pitch: number,
    n: number,
  ) => void;
}

interface Memory {
  readonly buffer: ArrayBuffer;
  readonly grow: (pages: number) => number;
}

/** What is used of the platform's global of this name; the language's own type library leaves it out. */
declare const WebAssembly:
  | {
      readonly validate: (bytes: Uint8Array) => boolean;
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object) => { readonly exports: unknown };
    }
  | undefined;

const PAGE = 65_536;

/** Layers that need more memory than this stay on the plain kernels. */
export const MOST_MEMORY = 2 ** 30;

/** The kernels and their memory, which every call lays out anew: nothing stays in it from one layer to the next. */
export class SimdMachine {
  readonly kernels: Kernels;
  /** The memory; another array after it has grown. */
  bytes: Uint8Array;

  constructor(kernels: Kernels) {
    this.kernels = kernels;
    this.bytes = new Uint8Array(kernels.memory.buffer);
  }

  /** Makes the memory at least so large; false where the machine has not that much. */
  reserve(size: number): boolean {
    const missing = size - this.bytes.length;
    if (missing <= 0) return true;
    try {
      this.kernels.memory.grow(Math.ceil(missing / PAGE));
    } catch {
      return false;
    }
    this.bytes = new Uint8Array(this.kernels.memory.buffer);
    return true;
  }
}

let machine: SimdMachine | 'none' | undefined;

/** The one machine of this thread, assembled when it is first asked for; undefined where there is no 128-bit SIMD. */
export function simdMachine(): SimdMachine | undefined {
  machine ??= makeMachine() ?? 'none';
  return machine === 'none' ? undefined : machine;
}

function makeMachine(): SimdMachine | undefined {
  // Its memory is little-endian, as lists of the plans then have to be.
  const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
  if (typeof WebAssembly === 'undefined' || !isLittleEndian) return undefined;
  const binary = Buffer.from(KERNELS_BASE64, 'base64');
  if (!WebAssembly.validate(binary)) return undefined;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary));
  return new SimdMachine(instance.exports as Kernels);
}
