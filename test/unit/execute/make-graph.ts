import type { Graph, GraphNode } from '../../../src/ir/graph.js';
import type { Window } from '../../../src/ir/op.js';
import type { Tensor, TensorData } from '../../../src/ir/tensor.js';
import { elementCount, F32, int, type TensorType } from '../../../src/ir/tensor-type.js';

/** Mulberry32: a seeded generator of numbers in 0..1. */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function randomInteger(random: () => number, min: number, max: number): number {
  return min + Math.floor(random() * (max - min + 1));
}

export const UNIT_WINDOW: Window = {
  kernelH: 1,
  kernelW: 1,
  strideH: 1,
  strideW: 1,
  dilationH: 1,
  dilationW: 1,
  padTop: 0,
  padLeft: 0,
  padBottom: 0,
  padRight: 0,
};

/** A per-tensor quantised type. */
export function quantised(
  shape: readonly number[],
  bits: number,
  signed: boolean,
  scale: number,
  zeroPoint: number,
): TensorType {
  return { shape, element: int(bits, signed), quant: { scale: [scale], zeroPoint: [zeroPoint] } };
}

export function float(shape: readonly number[]): TensorType {
  return { shape, element: F32 };
}

export function randomTensor(random: () => number, type: TensorType): Tensor {
  const count = elementCount(type.shape);
  if (type.element.kind === 'f32') {
    return { type, data: Float32Array.from({ length: count }, () => 2 * random() - 1) };
  }
  const { bits, signed } = type.element;
  const min = signed ? -(2 ** (bits - 1)) : 0;
  const values = Array.from({ length: count }, () => randomInteger(random, min, min + 2 ** bits - 1));
  return { type, data: integerData(bits, signed, values) };
}

function integerData(bits: number, signed: boolean, values: readonly number[]): TensorData {
  if (bits <= 8) return signed ? Int8Array.from(values) : Uint8Array.from(values);
  if (bits <= 16) return signed ? Int16Array.from(values) : Uint16Array.from(values);
  return Int32Array.from(values);
}

/** A graph from its parts: types of flowing tensors, constants, nodes. The first input and output are named. */
export function makeGraph(parts: {
  readonly nodes: readonly GraphNode[];
  readonly types: Readonly<Record<string, TensorType>>;
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly input?: string;
  readonly output?: string;
  readonly requantBits?: number;
}): Graph {
  const constants = new Map(Object.entries(parts.constants ?? {}));
  const types = new Map(Object.entries(parts.types));
  for (const [name, tensor] of constants) types.set(name, tensor.type);
  return {
    name: 'test',
    inputs: [{ tensor: parts.input ?? 'x', layout: 'nhwc' }],
    outputs: [{ tensor: parts.output ?? 'y', layout: 'nhwc', classOffset: 0 }],
    nodes: parts.nodes,
    types,
    constants,
    requantBits: parts.requantBits ?? 18,
  };
}
