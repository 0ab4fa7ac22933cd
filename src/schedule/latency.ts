import type { Engine } from '../hw/design.js';
import { engineFormat } from '../hw/design.js';
import type { Layer } from '../hw/layer.js';

/**
 * Clock counts of the RTL that do not depend on a network's shape, in one table. The benches of test/rtl check them
 * against the modules; the token-level model uses nothing else.
 */
export const LATENCY = {
  /** From a step to its operands (hd_window). */
  windowToOperands: 2,
  /** From operands to the accumulated fold, beyond the chain's length (hd_mac_array). */
  arrayBeyondChain: 3,
  /** Into the holding register (hd_serialise). */
  hold: 1,
  requantise: 6,
  /** Beat register and output FIFO (hd_pack). */
  pack: 2,
  /** Accumulator of the pooling array, behind its tree over the taps (hd_pool_array), and what follows it (hd_pool). */
  poolAccumulate: 1,
  poolMaxFinish: 1,
  poolAverageFinish: 5,
  /** From an input beat to its output beat (hd_pool_stream). */
  poolStreamMax: 3,
  poolStreamAverage: 8,
  lookup: 1,
  adapter: 1,
  /** Branch buffers in block memory (hd_fifo_block) and in LUT memory (hd_fifo). */
  fifoBlock: 2,
  fifo: 1,
  fork: 0,
  /** From an input beat to the first of the beats that it makes (realign.ts). */
  concat: 1,
  crop: 1,
  /** Beyond the number of inputs (hd_add). */
  addBeyondInputs: 5,
  /** From a pixel's last beat to its first one (hd_permute, hd_row_buffer). */
  permute: 1,
  rowBuffer: 2,
  pad: 1,
  mul: 10,
  prelu: 9,
  lrn: 15,
  frameIn: 1,
  frameOut: 1,
  /** From a frame's last input beat to its last output beat being let out: its mark's way (hd_frame_in, hd_frame_out). */
  mark: 2,
} as const;

/** Output beats that a stage without a window holds at most; hd_width_down's depend on the beat. */
export const HOLDS = {
  poolStream: 16,
  lookup: 2,
  pad: 2,
  mul: 16,
  prelu: 16,
  lrn: 32,
  widthUp: 2,
  concat: 3,
  crop: 3,
  frameIn: 4,
  frameOut: 2,
} as const;

/** Output beats that an adder of so many inputs holds at most (hd_add). */
export function addHolds(inputs: number): number {
  return Math.max(16, LATENCY.addBeyondInputs + inputs + 1);
}

/** Clocks from a fold's last step to its first chunk's beat being offered. */
export function foldLatency(engine: Engine): number {
  const { layer } = engine;
  const common = LATENCY.windowToOperands + LATENCY.hold + LATENCY.pack;
  const format = engineFormat(engine);
  if (format !== undefined) return common + format.chain + LATENCY.arrayBeyondChain + LATENCY.requantise;
  const tree = Math.ceil(Math.log2(engine.folding?.taps ?? 1));
  return common + tree + LATENCY.poolAccumulate + poolFinish(layer);
}

function poolFinish(layer: Layer): number {
  return layer.kind === 'pool' && layer.mode === 'average' ? LATENCY.poolAverageFinish : LATENCY.poolMaxFinish;
}
