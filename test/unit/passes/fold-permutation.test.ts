import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type GraphBuilder, makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { ConvOp, Op } from '../../../src/ir/op.js';
import { int, type TensorType } from '../../../src/ir/tensor-type.js';
import { foldPermutation } from '../../../src/passes/fold-permutation.js';
import { recogniseShuffle } from '../../../src/passes/recognise-shuffle.js';
import { runPipeline } from '../../../src/passes/run.js';
import { makeRandom, quantised, randomInteger, randomTensor, UNIT_WINDOW } from '../execute/make-graph.js';
import { expectSame, kinds } from './same-outputs.js';

const typed = (...shape: readonly number[]): TensorType => quantised(shape, 8, true, 0.1, -7);

/** A graph over an input x [4][3][6], piece by piece; nodes keep the numbers of x, except layers. */
class Chain {
  readonly b: GraphBuilder = makeBuilder('m');
  readonly #shapes = new Map<string, readonly number[]>();
  readonly #random: () => number;

  constructor(seed = 3, shape: readonly number[] = [4, 3, 6]) {
    this.#random = makeRandom(seed);
    this.#shapes.set(this.b.input('x', typed(...shape)), shape);
  }

  shapeOf(tensor: string): readonly number[] {
    return this.#shapes.get(tensor) ?? [];
  }

  node(op: Op, input: string, shape = this.shapeOf(input), ...others: string[]): string {
    const name = `${op.kind}${this.#shapes.size}`;
    this.#shapes.set(name, shape);
    return this.b.node(name, op, [input, ...others], typed(...shape));
  }

  shuffled(input: string): string {
    const channels = this.shapeOf(input).at(-1) ?? 1;
    const keys = Array.from({ length: channels }, (_, channel) => [this.#random(), channel] as const);
    return this.node({ kind: 'permute-channels', order: keys.sort(([a], [b]) => a - b).map(([, c]) => c) }, input);
  }

  ordered(input: string, order: readonly number[]): string {
    return this.node({ kind: 'permute-channels', order }, input);
  }

  constant(shape: readonly number[]): string {
    return this.b.constant(`c${this.#shapes.size}`, randomTensor(this.#random, typed(...shape)));
  }

  /** Filters with a scale and zero point each, and biases. */
  #filters(shape: readonly number[]): readonly [string, string] {
    const each = (value: () => number): number[] => Array.from({ length: shape[0] ?? 1 }, value);
    const quant = {
      scale: each(() => 0.001 + 0.01 * this.#random()),
      zeroPoint: each(() => randomInteger(this.#random, 0, 255)),
      axis: 0,
    };
    const name = `w${this.#shapes.size}`;
    this.b.constant(name, randomTensor(this.#random, { shape, element: int(8, false), quant }));
    const data = Int32Array.from(each(() => randomInteger(this.#random, -3000, 3000)));
    this.b.constant(`${name}.bias`, { type: { shape: [data.length], element: int(32, true) }, data });
    return [name, `${name}.bias`];
  }

  conv(input: string, outputs: number, groups = 1, kernel = 1): string {
    const [height = 1, width = 1, channels = 1] = this.shapeOf(input);
    const window = { ...UNIT_WINDOW, kernelH: kernel, kernelW: kernel };
    const op: ConvOp = { kind: 'conv', ...window, groups };
    const shape = [height - kernel + 1, width - kernel + 1, outputs];
    return this.node(op, input, shape, ...this.#filters([outputs, kernel, kernel, channels / groups]));
  }

  dense(input: string, outputs: number): string {
    const [length = 1] = this.shapeOf(input);
    return this.node({ kind: 'dense' }, input, [outputs], ...this.#filters([outputs, length]));
  }

  flatten(input: string): string {
    return this.node({ kind: 'flatten' }, input, [this.shapeOf(input).reduce((a, b) => a * b, 1)]);
  }

  build(...outputs: string[]): Graph {
    return this.b.build(outputs);
  }
}

function folded(graph: Graph): readonly string[] {
  const changed = runPipeline(graph, [recogniseShuffle, foldPermutation]);
  expectSame(graph, changed);
  return kinds(changed);
}

/** The kinds after folding of what `make` puts behind the input. */
function foldedOf(make: (chain: Chain) => string | readonly string[]): readonly string[] {
  const chain = new Chain();
  const made = make(chain);
  return folded(chain.build(...(typeof made === 'string' ? [made] : made)));
}

const pool: Op = { kind: 'max-pool', ...UNIT_WINDOW, kernelH: 2, kernelW: 2 };

describe('fold-permutation', () => {
  test.each([
    ['a convolution behind it', (c: Chain) => c.conv(c.shuffled('x'), 4, 1, 2), ['conv']],
    ['a convolution before it', (c: Chain) => c.shuffled(c.conv('x', 8, 1, 2)), ['conv']],
    ['a dense layer behind a flatten', (c: Chain) => c.dense(c.flatten(c.shuffled('x')), 5), ['flatten', 'dense']],
    ['a dense layer before it', (c: Chain) => c.shuffled(c.dense(c.flatten('x'), 5)), ['flatten', 'dense']],
    ['a depthwise convolution between', (c: Chain) => c.conv(c.conv(c.shuffled('x'), 6, 6, 2), 4), ['conv', 'conv']],
    [
      'a depthwise convolution with a multiplier between',
      (c: Chain) => c.conv(c.conv(c.shuffled('x'), 12, 6, 2), 4),
      ['conv', 'conv'],
    ],
    [
      'pools, activations and constants between',
      (c: Chain) => {
        const pooled = c.node(pool, c.shuffled('x'), [3, 2, 6]);
        const sum = c.node({ kind: 'add' }, pooled, [3, 2, 6], c.constant([6]));
        const bent = c.node({ kind: 'prelu' }, sum, [3, 2, 6], c.constant([6]));
        return c.conv(c.node({ kind: 'mul' }, bent, [3, 2, 6], c.constant([3, 2, 6])), 4);
      },
      ['max-pool', 'add', 'prelu', 'mul', 'conv'],
    ],
    [
      'pools, activations and constants before',
      (c: Chain) => {
        const sum = c.node({ kind: 'add' }, c.conv('x', 6), [4, 3, 6], c.constant([6]), c.constant([1]));
        return c.shuffled(c.node({ kind: 'sigmoid' }, sum));
      },
      ['conv', 'add', 'sigmoid'],
    ],
    [
      'a pad and a slice of pixels, and one concatenation',
      (c: Chain) => {
        const op: Op = { kind: 'pad', before: [1, 0, 0], after: [0, 2, 0], mode: 'constant', value: 3 };
        const padded = c.node(op, c.shuffled('x'), [5, 5, 6]);
        const cut: Op = { kind: 'slice', begin: [1, 0, 0], size: [4, 3, 6], step: [1, 1, 1] };
        const joined = c.node({ kind: 'concat', axis: 2 }, 'x', [4, 3, 12], c.node(cut, padded, [4, 3, 6]));
        return c.conv(joined, 5);
      },
      ['pad', 'slice', 'concat', 'conv'],
    ],
    [
      'all readers of a tensor',
      (c: Chain) => {
        const shuffled = c.shuffled('x');
        return [c.conv(shuffled, 4), c.conv(shuffled, 3, 1, 2)];
      },
      ['conv', 'conv'],
    ],
    [
      'blocks of pixels behind a convolution',
      (c: Chain) => {
        const spread = c.node({ kind: 'depth-to-space', block: 2, order: 'column-first' }, c.conv('x', 12), [8, 6, 3]);
        return c.shuffled(spread);
      },
      ['conv', 'depth-to-space'],
    ],
  ] as const)('is taken by %s', (_, make, expected) => {
    expect(foldedOf(make)).toEqual(expected);
  });

  test('two in a row are one, and the identity is none', () => {
    expect(foldedOf((c) => c.node({ kind: 'relu' }, c.shuffled(c.shuffled('x'))))).toEqual([
      'permute-channels',
      'relu',
    ]);
    const back = (c: Chain): string => c.ordered(c.ordered('x', [2, 0, 1, 4, 5, 3]), [1, 2, 0, 5, 3, 4]);
    expect(foldedOf((c) => c.node({ kind: 'relu' }, back(c)))).toEqual(['relu']);
    expect(foldedOf((c) => c.ordered('x', [0, 1, 2, 3, 4, 5]))).toEqual(['reshape']);
  });

  test('groups take what stays within them, or hand on what moves them whole', () => {
    expect(foldedOf((c) => c.conv(c.ordered('x', [2, 0, 1, 4, 5, 3]), 4, 2))).toEqual(['conv']);
    expect(foldedOf((c) => c.conv(c.conv(c.ordered('x', [5, 4, 3, 1, 2, 0]), 4, 2), 3))).toEqual(['conv', 'conv']);
    expect(foldedOf((c) => c.ordered(c.conv(c.conv('x', 6), 6, 2), [5, 4, 3, 1, 2, 0]))).toEqual(['conv', 'conv']);
  });

  test.each([
    [
      'groups that it tears apart on both sides',
      (c: Chain) => c.conv(c.ordered(c.conv('x', 6, 2), [0, 3, 1, 4, 2, 5]), 6, 2),
      ['conv', 'permute-channels', 'conv'],
    ],
    [
      'an output that others read',
      (c: Chain) => {
        const conv = c.conv('x', 6);
        return [c.shuffled(conv), conv];
      },
      ['conv', 'permute-channels'],
    ],
    [
      'a sum of two tensors',
      (c: Chain) => c.conv(c.node({ kind: 'add' }, c.shuffled('x'), [4, 3, 6], 'x'), 3),
      ['permute-channels', 'add', 'conv'],
    ],
    [
      'a part of the channels',
      (c: Chain) => {
        const op: Op = { kind: 'slice', begin: [0, 0, 3], size: [4, 3, 3], step: [1, 1, 1] };
        return c.conv(c.node(op, c.shuffled('x'), [4, 3, 3]), 3);
      },
      ['permute-channels', 'slice', 'conv'],
    ],
    [
      'a part of the channels before it',
      (c: Chain) => {
        const op: Op = { kind: 'slice', begin: [0, 0, 2], size: [4, 3, 3], step: [1, 1, 1] };
        return c.shuffled(c.node(op, c.conv('x', 6), [4, 3, 3]));
      },
      ['conv', 'slice', 'permute-channels'],
    ],
  ] as const)('stops at %s', (_, make, expected) => {
    expect(foldedOf(make)).toEqual(expected);
  });

  test('any chain', () => {
    const steps = fc.array(fc.constantFrom('permute', 'conv', 'group', 'depthwise', 'pool', 'add', 'flat', 'join'), {
      minLength: 3,
      maxLength: 10,
    });
    fc.assert(
      fc.property(steps, fc.nat(), (list, seed) => {
        const chain = new Chain(seed);
        let tensor = 'x';
        for (const step of list) tensor = grown(chain, tensor, step);
        const graph = chain.build(tensor);
        const changed = runPipeline(graph, [recogniseShuffle, foldPermutation]);
        expectSame(graph, changed, seed);
        const count = (of: Graph): number => kinds(of).filter((kind) => kind === 'permute-channels').length;
        expect(count(changed)).toBeLessThanOrEqual(count(graph));
      }),
      { numRuns: 40 },
    );
  });
});

function grown(chain: Chain, tensor: string, step: string): string {
  const shape = chain.shapeOf(tensor);
  const [, , channels = 6] = shape;
  if (step === 'permute') return chain.shuffled(tensor);
  if (step === 'add') return chain.node({ kind: 'add' }, tensor, shape, chain.constant([shape.at(-1) ?? 1]));
  if (shape.length === 1) return chain.dense(tensor, 6);
  if (step === 'flat') return chain.flatten(tensor);
  if (step === 'conv') return chain.conv(tensor, 6);
  if (step === 'group') return chain.conv(tensor, 6, channels % 3 === 0 ? 3 : 1);
  if (step === 'depthwise') return chain.conv(tensor, channels, channels);
  if (step === 'join')
    return chain.node({ kind: 'concat', axis: 2 }, tensor, [...shape.slice(0, 2), 2 * channels], tensor);
  return chain.node({ kind: 'upsample', factorH: 1, factorW: 2 }, tensor, [
    shape[0] ?? 1,
    2 * (shape[1] ?? 1),
    channels,
  ]);
}
