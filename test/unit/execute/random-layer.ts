import type { Graph, GraphNode } from '../../../src/ir/graph.js';
import type { ConvOp, DenseOp, MaxPoolOp, Op } from '../../../src/ir/op.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { type IntElement, int, intRange, type TensorType } from '../../../src/ir/tensor-type.js';
import { makeGraph, makeRandom, quantised, randomInteger, randomTensor } from './make-graph.js';

/** Seeded random convolutions and dense layers, with everything that a kernel may treat by itself. */

export interface RandomLayer {
  readonly graph: Graph;
  readonly x: Tensor;
  readonly text: string;
}

interface Dice {
  readonly random: () => number;
  readonly pick: (min: number, max: number) => number;
  readonly flip: () => boolean;
}

function makeDice(seed: number): Dice {
  const random = makeRandom(seed);
  return { random, pick: (min, max) => randomInteger(random, min, max), flip: () => random() < 0.5 };
}

/** Mostly 8 bits, sometimes 1 to 16; any zero point of the type. */
function activation({ pick, flip, random }: Dice, shape: readonly number[], scale: number): TensorType {
  const bits = random() < 0.75 ? 8 : pick(1, 16);
  const signed = flip();
  const min = signed ? -(2 ** (bits - 1)) : 0;
  return quantised(shape, bits, signed, scale, pick(min, min + 2 ** bits - 1));
}

function weightType({ pick, flip, random }: Dice, shape: readonly number[]): TensorType {
  const signed = flip();
  const bits = flip() ? 8 : pick(2, 8);
  const perChannel = flip();
  const list = (make: () => number): number[] => Array.from({ length: perChannel ? (shape[0] ?? 0) : 1 }, make);
  const zeroPoint = list(() => (signed ? pick(-2, 1) : pick(0, 2 ** bits - 1)));
  const scale = list(() => 0.0005 * 2 ** (8 - bits) * (0.5 + random()));
  return { shape, element: int(bits, signed), quant: { scale, zeroPoint, ...(perChannel ? { axis: 0 } : {}) } };
}

function layer(
  dice: Dice,
  op: ConvOp | DenseOp,
  x: TensorType,
  weights: readonly number[],
  y: TensorType,
): RandomLayer {
  const { random, pick, flip } = dice;
  const outputs = weights[0] ?? 0;
  const w = randomTensor(random, weightType(dice, weights));
  const bias = Int32Array.from({ length: outputs }, () => pick(-20_000, 20_000));
  const b: Tensor = { type: { shape: [outputs], element: int(32, true) }, data: bias };
  const hasBias = flip();
  const node: GraphNode = { name: 'n', op, inputs: hasBias ? ['x', 'w', 'b'] : ['x', 'w'], outputs: ['y'] };
  const graph = makeGraph({
    nodes: [node],
    types: { x, y },
    constants: hasBias ? { w, b } : { w },
    requantBits: random() < 0.8 ? 18 : pick(8, 31),
  });
  return { graph, x: randomTensor(random, x), text: JSON.stringify({ op, x, w: w.type, y }) };
}

/** None, or limits somewhere within the type. */
function clampOf({ pick, flip }: Dice, { element }: TensorType): Pick<DenseOp, 'clamp'> {
  if (flip()) return {};
  const { min, max } = intRange(element as IntElement);
  const lo = pick(min, max);
  return { clamp: { lo, hi: pick(lo, max) } };
}

/** The kinds of groups: none, some, depthwise, depthwise with several outputs a channel. */
function channelsOf({ pick }: Dice): { readonly groups: number; readonly inputs: number; readonly outputs: number } {
  const kind = pick(0, 3);
  const groups = kind === 0 ? 1 : pick(2, kind === 1 ? 5 : 21);
  const inputs = kind >= 2 ? groups : groups * pick(1, 13);
  const outputs = kind === 2 ? groups : groups * pick(1, kind === 3 ? 3 : 19);
  return { groups, inputs, outputs };
}

export function randomConvLayer(seed: number): RandomLayer {
  const dice = makeDice(seed);
  const { pick } = dice;
  const { groups, inputs, outputs } = channelsOf(dice);
  const [kernelH, kernelW] = [pick(1, 7), pick(1, 7)];
  const [strideH, strideW, dilationH, dilationW] = [pick(1, 3), pick(1, 3), pick(1, 3), pick(1, 3)];
  const pads = { padTop: pick(0, 3), padLeft: pick(0, 3), padBottom: pick(0, 3), padRight: pick(0, 3) };
  const [reachH, reachW] = [(kernelH - 1) * dilationH + 1, (kernelW - 1) * dilationW + 1];
  const inH = Math.max(1, reachH - pads.padTop - pads.padBottom) + pick(0, 6);
  const inW = Math.max(1, reachW - pads.padLeft - pads.padRight) + pick(0, 6);
  const outH = Math.floor((inH + pads.padTop + pads.padBottom - reachH) / strideH) + 1;
  const outW = Math.floor((inW + pads.padLeft + pads.padRight - reachW) / strideW) + 1;
  const y = activation(dice, [outH, outW, outputs], 0.05);
  const op: ConvOp = {
    kind: 'conv',
    ...{ kernelH, kernelW, strideH, strideW, dilationH, dilationW, groups },
    ...pads,
    ...clampOf(dice, y),
  };
  const x = activation(dice, [inH, inW, inputs], 0.05);
  return layer(dice, op, x, [outputs, kernelH, kernelW, inputs / groups], y);
}

export function randomDenseLayer(seed: number): RandomLayer {
  const dice = makeDice(seed);
  const [inputs, outputs] = [dice.pick(1, 300), dice.pick(1, 40)];
  const y = activation(dice, [outputs], 0.05);
  const op: DenseOp = { kind: 'dense', ...clampOf(dice, y) };
  return layer(dice, op, activation(dice, [inputs], 0.05), [outputs, inputs], y);
}

export function randomMaxPool(seed: number): RandomLayer {
  const dice = makeDice(seed);
  const { pick } = dice;
  const [kernelH, kernelW] = [pick(1, 5), pick(1, 5)];
  const [strideH, strideW, dilationH, dilationW] = [pick(1, 3), pick(1, 3), pick(1, 2), pick(1, 2)];
  const [reachH, reachW] = [(kernelH - 1) * dilationH + 1, (kernelW - 1) * dilationW + 1];
  const pads = {
    padTop: pick(0, kernelH - 1),
    padLeft: pick(0, kernelW - 1),
    padBottom: pick(0, kernelH - 1),
    padRight: pick(0, kernelW - 1),
  };
  const channels = pick(1, 40);
  const x = activation(dice, [reachH + pick(0, 7), reachW + pick(0, 7), channels], 0.05);
  const [inH = 0, inW = 0] = x.shape;
  const outH = Math.floor((inH + pads.padTop + pads.padBottom - reachH) / strideH) + 1;
  const outW = Math.floor((inW + pads.padLeft + pads.padRight - reachW) / strideW) + 1;
  const y = { ...x, shape: [outH, outW, channels] };
  const window = { kernelH, kernelW, strideH, strideW, dilationH, dilationW, ...pads };
  const op: MaxPoolOp = { kind: 'max-pool', ...window, ...clampOf(dice, y) };
  return single(dice, op, x, y);
}

function single({ random }: Dice, op: Op, x: TensorType, y: TensorType, other?: TensorType): RandomLayer {
  const graph = makeGraph({
    nodes: [{ name: 'n', op, inputs: other === undefined ? ['x'] : ['x', 'c'], outputs: ['y'] }],
    types: { x, y },
    constants: other === undefined ? {} : { c: randomTensor(random, other) },
    requantBits: random() < 0.8 ? 18 : randomInteger(random, 8, 31),
  });
  return { graph, x: randomTensor(random, x), text: JSON.stringify({ op, x, y, other }) };
}

/** Requantisations, sums of two tensors, and concatenations, of any scales. */
export function randomJoin(seed: number): RandomLayer {
  const dice = makeDice(seed);
  const { pick, random } = dice;
  const scale = (): number => 0.02 * 4 ** random();
  const shape = [pick(1, 4), pick(1, 4), pick(1, 9)];
  const [height = 1, width = 1, channels = 1] = shape;
  const x = activation(dice, shape, scale());
  const kind = pick(0, 2);
  if (kind === 0) {
    const y = activation(dice, shape, scale());
    return single(dice, { kind: 'requantise', ...clampOf(dice, y) }, x, y);
  }
  const broadcast = kind === 1 && random() < 0.2;
  const other = activation(dice, broadcast ? [channels] : shape, scale());
  const y = activation(dice, kind === 1 ? shape : [height, width, 2 * channels], scale());
  const op: Op = kind === 1 ? { kind: 'add', ...clampOf(dice, y) } : { kind: 'concat', axis: 2 };
  return single(dice, op, x, y, other);
}
