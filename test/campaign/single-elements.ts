import { allocate, numeric } from '../../src/execute/tensor-access.js';
import { DEFAULT_CLOCK_MHZ } from '../../src/explore/choose.js';
import { type GraphBuilder, makeBuilder } from '../../src/ir/builder.js';
import { DEFAULT_REQUANT_BITS, type Graph } from '../../src/ir/graph.js';
import type { Op } from '../../src/ir/op.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { elementCount, int, intRange, type TensorType } from '../../src/ir/tensor-type.js';
import { AFTER_IMPORT, verifyGraph } from '../../src/ir/verify.js';
import { randomFrames } from './build-network.js';
import { FRAMES } from './make-cases.js';
import type { ElementSpec } from './network-spec.js';
import type { Case } from './prove.js';
import { makeRandom, mixSeed, type Random } from './random.js';

/** Layers that move elements or multiply streams, alone and behind a fork, on inputs of one, two and four lanes. */

const U8: ElementSpec = { bits: 8, signed: false };
const I8: ElementSpec = { bits: 8, signed: true };
const I16: ElementSpec = { bits: 16, signed: true };

interface Network {
  readonly builder: GraphBuilder;
  readonly input: TensorType;
  readonly random: Random;
}

type Shape = readonly number[];

interface ElementCase {
  readonly title: string;
  readonly shape: Shape;
  readonly element: ElementSpec;
  readonly requantBits?: number;
  /** Adds the nodes behind 'x', and names the tensor that leaves. */
  readonly build: (network: Network) => string;
}

function typeOf(shape: Shape, { bits, signed }: ElementSpec, scale: number, random: Random): TensorType {
  const element = int(bits, signed);
  const { min, max } = intRange(element);
  return { shape, element, quant: { scale: [scale], zeroPoint: [random.integer(min, max)] } };
}

const scaleOf = ({ quant }: TensorType): number => quant?.scale[0] ?? 1;

/** A constant with random integers. */
function constantOf(type: TensorType, random: Random): Tensor {
  const element = int(8, true);
  const data = allocate(element, elementCount(type.shape));
  for (let i = 0; i < data.length; i++) numeric(data)[i] = random.integer(-127, 127);
  return { type: { ...type, element }, data };
}

/** An operator that keeps the numbers of its input. */
const kept =
  (op: (network: Network) => Op, shape: Shape) =>
  (network: Network): string =>
    network.builder.node('y', op(network), ['x'], { ...network.input, shape });

const pad = (before: Shape, after: Shape, value?: number) =>
  (({ input }: Network): Op => ({
    kind: 'pad',
    before,
    after,
    mode: 'constant',
    value: value ?? input.quant?.zeroPoint[0] ?? 0,
  })) satisfies (network: Network) => Op;

function permutation({ random }: Network, channels: number): Op {
  const order = Array.from({ length: channels }, (_, c) => c);
  for (let i = channels - 1; i > 0; i--) {
    const other = random.integer(0, i);
    [order[i], order[other]] = [order[other] as number, order[i] as number];
  }
  return { kind: 'permute-channels', order };
}

/** x times its table of another function, as a gated linear unit has it. */
function product(output: ElementSpec): ElementCase['build'] {
  return ({ builder, input, random }) => {
    const gate = builder.node('gate', { kind: 'tanh' }, ['x'], typeOf(input.shape, I8, 2 / 256, random));
    const type = typeOf(input.shape, output, scaleOf(input) * 2 ** (8 - output.bits), random);
    return builder.node('y', { kind: 'mul' }, ['x', gate], type);
  };
}

/** Squeeze-and-excitation: a pool, a dense layer and a sigmoid, by which each channel is multiplied. */
function excitation(gateFirst: boolean): ElementCase['build'] {
  return ({ builder, input, random }) => {
    const [, , channels = 1] = input.shape;
    const pooled = builder.node('pooled', { kind: 'global-average-pool' }, ['x'], {
      ...input,
      shape: [1, 1, channels],
    });
    const flat = builder.node('flat', { kind: 'flatten' }, [pooled], { ...input, shape: [channels] });
    const weightType = {
      shape: [channels, channels],
      element: int(8, true),
      quant: { scale: [1 / 64], zeroPoint: [0] },
    };
    const weight = builder.constant('weight', constantOf(weightType, random));
    const sums = builder.node('sums', { kind: 'dense' }, [flat, weight], typeOf([channels], I8, 1 / 16, random));
    const quant = { scale: [1 / 256], zeroPoint: [0] };
    const type: TensorType = { shape: [channels], element: int(8, false), quant };
    const gate = builder.node('gate', { kind: 'sigmoid' }, [sums], type);
    const output = typeOf(input.shape, U8, scaleOf(input), random);
    return builder.node('y', { kind: 'mul' }, gateFirst ? [gate, 'x'] : ['x', gate], output);
  };
}

function prelu(slopes: Shape, output: ElementSpec): ElementCase['build'] {
  return ({ builder, input, random }) => {
    const type = { shape: slopes, element: int(8, true), quant: { scale: [1 / 64], zeroPoint: [0] } };
    const slope = builder.constant('slope', constantOf(type, random));
    return builder.node('y', { kind: 'prelu' }, ['x', slope], typeOf(input.shape, output, scaleOf(input), random));
  };
}

const leaky =
  (slope: number, output: ElementSpec): ElementCase['build'] =>
  ({ builder, input, random }) =>
    builder.node('y', { kind: 'leaky-relu', slope }, ['x'], typeOf(input.shape, output, scaleOf(input), random));

function response(size: number, alpha: number, output: ElementSpec): ElementCase['build'] {
  return ({ builder, input, random }) => {
    const op: Op = { kind: 'local-response-norm', size, alpha, beta: 0.75, bias: 1 };
    return builder.node('y', op, ['x'], typeOf(input.shape, output, scaleOf(input), random));
  };
}

const CASES: readonly ElementCase[] = [
  { title: 'permuted channels', shape: [4, 5, 12], element: U8, build: kept((n) => permutation(n, 12), [4, 5, 12]) },
  { title: 'permuted vector', shape: [13], element: I8, build: kept((n) => permutation(n, 13), [13]) },
  { title: 'padded', shape: [5, 4, 3], element: I8, build: kept(pad([1, 2, 0], [0, 1, 0]), [6, 7, 3]) },
  {
    title: 'padded with another value',
    shape: [3, 4, 5],
    element: U8,
    build: kept(pad([0, 1, 0], [2, 1, 0], 9), [5, 6, 5]),
  },
  { title: 'padded channels', shape: [3, 4, 5], element: I8, build: kept(pad([0, 0, 2], [0, 0, 3], -7), [3, 4, 10]) },
  {
    title: 'upsampled 2x2',
    shape: [4, 5, 6],
    element: U8,
    build: kept(() => ({ kind: 'upsample', factorH: 2, factorW: 2 }), [8, 10, 6]),
  },
  {
    title: 'upsampled 3x1',
    shape: [3, 4, 5],
    element: I16,
    build: kept(() => ({ kind: 'upsample', factorH: 3, factorW: 1 }), [9, 4, 5]),
  },
  {
    title: 'upsampled 1x2',
    shape: [4, 3, 3],
    element: I8,
    build: kept(() => ({ kind: 'upsample', factorH: 1, factorW: 2 }), [4, 6, 3]),
  },
  {
    title: 'depth to space 2',
    shape: [3, 4, 16],
    element: U8,
    build: kept(() => ({ kind: 'depth-to-space', block: 2, order: 'depth-first' }), [6, 8, 4]),
  },
  {
    title: 'depth to space 3, odd channels',
    shape: [2, 3, 27],
    element: I8,
    build: kept(() => ({ kind: 'depth-to-space', block: 3, order: 'depth-first' }), [6, 9, 3]),
  },
  {
    title: 'depth to space by columns',
    shape: [3, 3, 8],
    element: I8,
    build: kept(() => ({ kind: 'depth-to-space', block: 2, order: 'column-first' }), [6, 6, 2]),
  },
  { title: 'product of maps', shape: [4, 5, 5], element: I8, build: product(I8) },
  { title: 'product of maps, 16-bit output', shape: [4, 4, 3], element: U8, requantBits: 31, build: product(I16) },
  { title: 'excitation', shape: [4, 5, 6], element: U8, build: excitation(false) },
  { title: 'excitation, gate first', shape: [3, 4, 5], element: I8, build: excitation(true) },
  { title: 'prelu', shape: [4, 5, 6], element: I8, build: prelu([6], I8) },
  { title: 'prelu of 16 bits', shape: [4, 4, 5], element: I16, requantBits: 24, build: prelu([1, 1, 5], I16) },
  { title: 'leaky relu of 16 bits', shape: [4, 5, 3], element: I16, build: leaky(0.1, I8) },
  {
    title: 'falling leaky relu of 12 bits',
    shape: [3, 4, 3],
    element: { bits: 12, signed: false },
    build: leaky(-0.3, U8),
  },
  { title: 'response over 5', shape: [3, 4, 12], element: U8, build: response(5, 2, U8) },
  { title: 'response over 4', shape: [4, 3, 7], element: I8, build: response(4, 0.5, I8) },
  {
    title: 'response over more than there is',
    shape: [3, 4, 3],
    element: { bits: 6, signed: false },
    build: response(9, 1, U8),
  },
];

function buildGraph(entry: ElementCase, name: string, seed: number): Graph {
  const random = makeRandom(mixSeed(seed, 1));
  const builder = makeBuilder(name);
  const input = typeOf(entry.shape, entry.element, 8 / 2 ** entry.element.bits, random);
  builder.input('x', input);
  const output = entry.build({ builder, input, random });
  const graph = builder.build([output], { requantBits: entry.requantBits ?? DEFAULT_REQUANT_BITS });
  verifyGraph(graph, AFTER_IMPORT);
  return graph;
}

/** Every case with inputs of one, two and four lanes. */
export function elementDesigns(seed: number): readonly Case[] {
  return CASES.flatMap((entry, index) =>
    [1, 2, 4].map((inputLanes): Case => {
      const own = mixSeed(seed, 20, index, inputLanes);
      const graph = buildGraph(entry, `element${index}_${inputLanes}`, own);
      return {
        title: `${entry.title} / ${inputLanes} lanes`,
        graph,
        sizing: { clockMHz: DEFAULT_CLOCK_MHZ, pins: { layers: new Map(), inputLanes } },
        frames: randomFrames(graph, own, FRAMES),
        seed: own,
      };
    }),
  );
}
