import { describe, expect, test } from 'vitest';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Op } from '../../../src/ir/op.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { int } from '../../../src/ir/tensor-type.js';
import { AFTER_IMPORT, verifyGraph } from '../../../src/ir/verify.js';
import { foldQuantise } from '../../../src/passes/fold-quantise.js';
import { float, makeRandom, randomTensor, UNIT_WINDOW } from '../execute/make-graph.js';
import { distance, type QdqStyle, quantiseDequantise } from './qdq.js';

const SEED = Number(process.env['HEDDLE_SEED'] ?? 20251);

const FRAMES = 4;

const STYLES: readonly QdqStyle[] = [
  { activation: int(8, false), weight: int(8, true), perChannel: true, integerBias: true, pairPerReader: false },
  { activation: int(8, true), weight: int(8, true), perChannel: false, integerBias: true, pairPerReader: true },
  { activation: int(8, false), weight: int(8, false), perChannel: false, integerBias: false, pairPerReader: true },
  { activation: int(16, true), weight: int(8, true), perChannel: true, integerBias: false, pairPerReader: false },
];

type Builder = ReturnType<typeof makeBuilder>;
type Random = () => number;

const K3 = { ...UNIT_WINDOW, kernelH: 3, kernelW: 3, padTop: 1, padLeft: 1, padBottom: 1, padRight: 1 };
const K2S2 = { ...UNIT_WINDOW, kernelH: 2, kernelW: 2, strideH: 2, strideW: 2 };

function weights(b: Builder, random: Random, name: string, shape: readonly number[]): readonly string[] {
  const w = b.constant(`${name}.w`, randomTensor(random, float(shape)));
  return [w, b.constant(`${name}.b`, randomTensor(random, float([shape[0] ?? 1])))];
}

function conv(
  b: Builder,
  random: Random,
  name: string,
  x: string,
  channels: readonly [number, number],
  op: Partial<Op> = {},
): string {
  return b.node(name, { kind: 'conv', ...K3, groups: 1, ...op } as Op, [
    x,
    ...weights(b, random, name, [channels[1], 3, 3, channels[0]]),
  ]);
}

/** Networks of one pattern each; x is 6x6x4. The result names the tensor and the nodes that are not quantised behind. */
interface Pattern {
  readonly name: string;
  readonly build: (b: Builder, random: Random) => string;
  readonly inside?: readonly string[];
  /** Kinds of the nodes that the folded graph has. */
  readonly becomes: readonly string[];
  /** Bits of the activations: tables have no 16-bit inputs. */
  readonly most?: number;
  readonly least?: number;
}

const PATTERNS: readonly Pattern[] = [
  { name: 'conv', build: (b, r) => conv(b, r, 'c', 'x', [4, 5]), becomes: ['conv'] },
  {
    name: 'conv, relu',
    build: (b, r) => b.node('y', { kind: 'relu' }, [conv(b, r, 'c', 'x', [4, 5])]),
    inside: ['c'],
    becomes: ['conv', 'relu'],
  },
  {
    name: 'conv, clip',
    build: (b, r) => b.node('y', { kind: 'clip', lo: -0.25, hi: 1.125 }, [conv(b, r, 'c', 'x', [4, 5])]),
    inside: ['c'],
    becomes: ['conv', 'clip'],
  },
  {
    name: 'conv, batch-norm, relu',
    build: (b, r) => {
      const c = conv(b, r, 'c', 'x', [4, 5]);
      const parameters = ['scale', 'offset', 'mean'].map((name) => b.constant(name, randomTensor(r, float([5]))));
      const variance = b.constant('variance', { type: float([5]), data: Float32Array.of(0.5, 1, 2, 3, 0.1) });
      const n = b.node('n', { kind: 'batch-norm', epsilon: 1e-3 }, [c, ...parameters, variance]);
      return b.node('y', { kind: 'relu' }, [n]);
    },
    inside: ['c', 'n'],
    becomes: ['conv', 'relu'],
  },
  {
    name: 'grouped conv without bias, addition of a constant',
    build: (b, r) => {
      const w = b.constant('w', randomTensor(r, float([6, 3, 3, 2])));
      const c = b.node('c', { kind: 'conv', ...K3, groups: 2 }, ['x', w]);
      return b.node('y', { kind: 'add' }, [c, b.constant('k', randomTensor(r, float([1, 1, 6])))]);
    },
    inside: ['c'],
    becomes: ['conv'],
  },
  {
    name: 'batch-norm of an input',
    build: (b, r) => {
      const parameters = ['scale', 'offset', 'mean'].map((name) => b.constant(name, randomTensor(r, float([4]))));
      const variance = b.constant('variance', { type: float([4]), data: Float32Array.of(0.5, 1, 2, 3) });
      return b.node('n', { kind: 'batch-norm', epsilon: 1e-3 }, ['x', ...parameters, variance]);
    },
    becomes: ['conv'],
  },
  {
    name: 'multiplication and addition of constants',
    build: (b, r) => {
      const m = b.node('m', { kind: 'mul' }, ['x', b.constant('k', randomTensor(r, float([4])))]);
      return b.node('y', { kind: 'add' }, [b.constant('l', randomTensor(r, float([1, 1, 4]))), m]);
    },
    inside: ['m'],
    becomes: ['conv'],
  },
  {
    name: 'transposed conv',
    build: (b, r) => {
      const op: Op = {
        kind: 'conv-transpose',
        ...UNIT_WINDOW,
        kernelH: 3,
        kernelW: 3,
        strideH: 2,
        strideW: 2,
        groups: 1,
        outputPadH: 0,
        outputPadW: 0,
      };
      return b.node('c', op, ['x', ...weights(b, r, 'c', [3, 3, 3, 4])]);
    },
    becomes: ['conv-transpose'],
  },
  {
    name: 'flatten, dense, addition',
    build: (b, r) => {
      const f = b.node('f', { kind: 'flatten' }, ['x']);
      const d = b.node('d', { kind: 'dense' }, [f, b.constant('w', randomTensor(r, float([10, 144])))]);
      return b.node('y', { kind: 'add' }, [d, b.constant('k', randomTensor(r, float([10])))]);
    },
    inside: ['d'],
    becomes: ['flatten', 'dense'],
  },
  {
    name: 'a residual block',
    build: (b, r) => {
      const c = b.node('r', { kind: 'relu' }, [conv(b, r, 'c', 'x', [4, 4])]);
      const s = b.node('s', { kind: 'add' }, [conv(b, r, 'd', c, [4, 4]), 'x']);
      return b.node('y', { kind: 'relu' }, [s]);
    },
    inside: ['c', 's'],
    becomes: ['conv', 'relu', 'conv', 'add', 'relu'],
  },
  {
    name: 'addition of a constant map',
    build: (b, r) => b.node('y', { kind: 'add' }, ['x', b.constant('k', randomTensor(r, float([6, 6, 4])))]),
    becomes: ['add'],
    most: 8,
  },
  {
    name: 'multiplication of a constant for each channel',
    build: (b, r) => b.node('y', { kind: 'mul' }, ['x', b.constant('k', randomTensor(r, float([4])))]),
    becomes: ['conv'],
  },
  {
    name: 'multiplication of a constant',
    build: (b, r) => b.node('y', { kind: 'mul' }, [b.constant('k', randomTensor(r, float([1]))), 'x']),
    becomes: ['mul'],
    most: 8,
  },
  {
    name: 'concatenation with a constant',
    build: (b, r) => {
      const c = conv(b, r, 'c', 'x', [4, 3]);
      return b.node('y', { kind: 'concat', axis: 2 }, [c, 'x', b.constant('k', randomTensor(r, float([6, 6, 1])))]);
    },
    becomes: ['conv', 'concat'],
  },
  {
    name: 'a gate for each channel',
    build: (b, r) => {
      const g = b.node('g', { kind: 'global-average-pool' }, [conv(b, r, 'c', 'x', [4, 4])]);
      const k = b.node('k', { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, [g, ...weights(b, r, 'k', [4, 1, 1, 4])]);
      return b.node('y', { kind: 'mul' }, ['c', b.node('s', { kind: 'hard-sigmoid', alpha: 0.2, beta: 0.5 }, [k])]);
    },
    becomes: ['conv', 'conv', 'conv', 'hard-sigmoid', 'mul'],
    most: 8,
  },
  {
    name: 'x * sigmoid(x)',
    build: (b, r) => {
      const c = conv(b, r, 'c', 'x', [4, 4]);
      return b.node('y', { kind: 'mul' }, [c, b.node('s', { kind: 'sigmoid' }, [c])]);
    },
    inside: ['s'],
    becomes: ['conv', 'swish'],
    most: 8,
  },
  {
    name: 'functions',
    build: (b) => {
      const t = b.node('t', { kind: 'tanh' }, ['x']);
      const e = b.node('e', { kind: 'elu', alpha: 0.7 }, [t]);
      const s = b.node('s', { kind: 'sigmoid' }, [e]);
      return b.node('h', { kind: 'hard-swish' }, [s]);
    },
    becomes: ['tanh', 'elu', 'sigmoid', 'hard-swish'],
    most: 8,
  },
  {
    name: 'leaky-relu, prelu',
    build: (b, r) => {
      const l = b.node('l', { kind: 'leaky-relu', slope: 0.1 }, ['x']);
      return b.node('p', { kind: 'prelu' }, [l, b.constant('k', randomTensor(r, float([4])))]);
    },
    becomes: ['leaky-relu', 'prelu'],
  },
  {
    name: 'pad, conv without padding',
    build: (b, r) => {
      const p = b.node('p', { kind: 'pad', before: [1, 1, 0], after: [1, 1, 0], mode: 'constant', value: 0 }, ['x']);
      const none = { padTop: 0, padLeft: 0, padBottom: 0, padRight: 0 };
      return conv(b, r, 'c', p, [4, 3], none);
    },
    inside: ['p'],
    becomes: ['pad', 'conv'],
  },
  {
    name: 'pad with a value between the steps',
    build: (b) =>
      b.node('p', { kind: 'pad', before: [1, 1, 0], after: [1, 1, 0], mode: 'constant', value: 1.71875 }, ['x']),
    becomes: ['requantise', 'pad'],
  },
  {
    name: 'movement',
    build: (b) => {
      const d = b.node('d', { kind: 'depth-to-space', block: 2, order: 'column-first' }, ['x']);
      const u = b.node('u', { kind: 'upsample', factorH: 2, factorW: 1 }, [d]);
      const s = b.node('s', { kind: 'slice', begin: [1, 2, 0], size: [8, 4, 1], step: [2, 2, 1] }, [u]);
      const m = b.node('m', { kind: 'max-pool', ...K2S2 }, [s]);
      return b.node('y', { kind: 'reshape', shape: [8] }, [m]);
    },
    inside: ['u'],
    becomes: ['depth-to-space', 'upsample', 'slice', 'max-pool', 'reshape'],
  },
  {
    name: 'average pools',
    build: (b) => {
      const a = b.node('a', { kind: 'average-pool', ...K2S2, countIncludePad: false }, ['x']);
      const p = b.node('p', { kind: 'average-pool', ...K3, countIncludePad: true }, [a]);
      return b.node('g', { kind: 'global-average-pool' }, [p]);
    },
    becomes: ['conv', 'conv', 'conv'],
  },
  {
    name: 'max-pool and clamp before the quantise',
    build: (b, r) => {
      const m = b.node('m', { kind: 'max-pool', ...K2S2 }, [conv(b, r, 'c', 'x', [4, 5])]);
      return b.node('y', { kind: 'relu' }, [b.node('f', { kind: 'flatten' }, [m])]);
    },
    inside: ['c', 'm', 'f'],
    becomes: ['conv', 'max-pool', 'flatten', 'relu'],
  },
];

function floatGraph(pattern: Pattern, random: Random): Graph {
  const b = makeBuilder('m');
  b.input('x', float([6, 6, 4]));
  const graph = b.build([pattern.build(b, random)]);
  verifyGraph(graph, AFTER_IMPORT);
  return graph;
}

function frame(random: Random): ReadonlyMap<string, Tensor> {
  return new Map([['x', randomTensor(random, float([6, 6, 4]))]]);
}

describe(`folded patterns compute what the mixed graph does, seed ${SEED}`, () => {
  const cases = PATTERNS.flatMap((pattern) =>
    STYLES.filter(({ activation: { bits } }) => bits <= (pattern.most ?? 16) && bits >= (pattern.least ?? 0)).map(
      (style, i) => ({
        pattern,
        style,
        i,
      }),
    ),
  );
  test.each(cases)('$pattern.name, style $i', ({ pattern, style, i }) => {
    const random = makeRandom(SEED + i);
    const graph = floatGraph(pattern, random);
    const isInside = (name: string): boolean => pattern.inside?.includes(name) ?? false;
    const mixed = quantiseDequantise(graph, style, frame(random), (node) => !isInside(node.name));
    verifyGraph(mixed, AFTER_IMPORT, 'imported');
    const folded = { ...foldQuantise.run(mixed), requantBits: style.activation.bits > 8 ? 31 : 18 };
    verifyGraph(folded, AFTER_IMPORT);
    expect(folded.nodes.map((node) => node.op.kind)).toEqual(pattern.becomes);
    const found = Array.from({ length: FRAMES }, () => distance(mixed, folded, frame(random)));
    for (const { largest, at } of found) expect(largest, at).toBeLessThanOrEqual(1);
    const sum = (of: 'elements' | 'different'): number => found.reduce((total, one) => total + one[of], 0);
    expect(sum('elements')).toBeGreaterThan(0);
    expect(sum('different') / sum('elements')).toBeLessThanOrEqual(0.01);
  });
});
