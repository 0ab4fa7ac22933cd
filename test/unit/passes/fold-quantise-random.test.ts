import { describe, expect, test } from 'vitest';
import { type GraphBuilder, makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Op } from '../../../src/ir/op.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { int, isInt } from '../../../src/ir/tensor-type.js';
import { AFTER_IMPORT, verifyGraph } from '../../../src/ir/verify.js';
import { foldQuantise } from '../../../src/passes/fold-quantise.js';
import { float, makeRandom, randomInteger, randomTensor, UNIT_WINDOW } from '../execute/make-graph.js';
import { distance, type QdqStyle, quantiseDequantise } from './qdq.js';

const SEED = Number(process.env['HEDDLE_SEED'] ?? 7201);
const NETWORKS = 60;

type Random = () => number;
type Shape = readonly number[];

/** A network under construction: the tensors that may be read, and the nodes that nothing is quantised behind. */
class Maker {
  readonly builder: GraphBuilder = makeBuilder('random');
  readonly inside = new Set<string>();
  readonly tensors: { readonly name: string; readonly shape: Shape }[] = [];
  #count = 0;
  readonly random: Random;
  constructor(random: Random) {
    this.random = random;
  }

  integer(min: number, max: number): number {
    return randomInteger(this.random, min, max);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)] as T;
  }

  constant(shape: Shape): string {
    return this.builder.constant(`k${this.#count++}`, randomTensor(this.random, float(shape)));
  }

  /** A node behind which `inside` says that nothing is quantised. */
  node(op: Op, inputs: readonly string[], shape: Shape, inside = false): string {
    const name = this.builder.node(`n${this.#count++}`, op, inputs);
    if (inside) this.inside.add(name);
    else this.tensors.push({ name, shape });
    return name;
  }
}

type Step = (m: Maker, x: string, shape: Shape) => void;

function addConv(m: Maker, x: string, [h = 1, w = 1, c = 1]: Shape): void {
  const groups = m.pick([1, 1, c % 2 === 0 ? 2 : 1, c]);
  const out = groups * m.integer(1, Math.max(1, Math.floor(6 / groups)));
  const stride = m.pick([1, 1, 2]);
  const window = {
    ...UNIT_WINDOW,
    kernelH: 3,
    kernelW: 3,
    padTop: 1,
    padLeft: 1,
    padBottom: 1,
    padRight: 1,
    strideH: stride,
    strideW: stride,
  };
  const shape = [Math.ceil(h / stride), Math.ceil(w / stride), out];
  const weight = m.constant([out, 3, 3, c / groups]);
  const bias = m.random() < 0.7 ? [m.constant([out])] : [];
  const tails = m.pick([[], ['relu'], ['clip'], ['norm'], ['norm', 'relu'], ['add', 'relu'], ['mul', 'add']] as const);
  let y = m.node({ kind: 'conv', ...window, groups }, [x, weight, ...bias], shape, tails.length > 0);
  tails.forEach((tail, i) => {
    y = addTail(m, tail, y, shape, i < tails.length - 1);
  });
}

function addTail(m: Maker, tail: string, y: string, shape: Shape, inside: boolean): string {
  const channels = shape.at(-1) ?? 1;
  if (tail === 'relu') return m.node({ kind: 'relu' }, [y], shape, inside);
  if (tail === 'clip') return m.node({ kind: 'clip', lo: -0.3, hi: 1.7 }, [y], shape, inside);
  if (tail !== 'norm') return m.node({ kind: tail as 'add' | 'mul' }, [y, m.constant([channels])], shape, inside);
  const variance = randomTensor(m.random, float([channels]));
  const positive = Float32Array.from(variance.data as Float32Array, (value) => value * value + 0.1);
  const name = m.builder.constant(`${y}.variance`, { type: variance.type, data: positive });
  const parameters = [m.constant([channels]), m.constant([channels]), m.constant([channels]), name];
  return m.node({ kind: 'batch-norm', epsilon: 1e-5 }, [y, ...parameters], shape, inside);
}

const FUNCTIONS: readonly Op[] = [
  { kind: 'sigmoid' },
  { kind: 'tanh' },
  { kind: 'hard-swish' },
  { kind: 'swish' },
  { kind: 'elu', alpha: 1 },
  { kind: 'leaky-relu', slope: 0.2 },
  { kind: 'relu' },
  { kind: 'clip', lo: 0, hi: 0.6 },
];

const STEPS: readonly Step[] = [
  addConv,
  addConv,
  addConv,
  (m, x, shape) => {
    m.node(m.pick(FUNCTIONS), [x], shape);
  },
  (m, x, shape) => {
    const fits = m.tensors.filter((other) => other.shape.join() === shape.join());
    m.node({ kind: m.pick(['add', 'add', 'mul']) }, [x, m.pick(fits).name], shape);
  },
  (m, x, [h = 1, w = 1, c = 1]) => {
    const fits = m.tensors.filter((other) => other.shape[0] === h && other.shape[1] === w);
    const other = m.pick(fits);
    m.node({ kind: 'concat', axis: 2 }, [x, other.name], [h, w, c + (other.shape[2] ?? 0)]);
  },
  (m, x, shape) => {
    m.node({ kind: m.pick(['add', 'mul']) }, [x, m.constant([shape.at(-1) ?? 1])], shape);
  },
  (m, x, [h = 1, w = 1, c = 1]) => {
    if (h < 2 || w < 2) return;
    const window = { ...UNIT_WINDOW, kernelH: 2, kernelW: 2, strideH: 2, strideW: 2 };
    const op = m.pick<Op>([
      { kind: 'max-pool', ...window },
      { kind: 'average-pool', ...window, countIncludePad: false },
    ]);
    m.node(op, [x], [Math.floor(h / 2), Math.floor(w / 2), c]);
  },
  (m, x, [h = 1, w = 1, c = 1]) => {
    const inside = m.random() < 0.5;
    const padded = m.node(
      { kind: 'pad', before: [1, 0, 0], after: [0, 1, 0], mode: 'constant', value: 0 },
      [x],
      [h + 1, w + 1, c],
      inside,
    );
    if (inside) addConv(m, padded, [h + 1, w + 1, c]);
  },
  (m, x, [h = 1, w = 1, c = 1]) => {
    if (c < 2) return;
    m.node({ kind: 'slice', begin: [0, 0, 1], size: [h, w, c - 1], step: [1, 1, 1] }, [x], [h, w, c - 1], false);
  },
];

function randomNetwork(random: Random): { readonly graph: Graph; readonly inside: ReadonlySet<string> } {
  const m = new Maker(random);
  const shape = [m.integer(3, 6), m.integer(3, 6), m.integer(1, 4)];
  m.builder.input('x', float(shape));
  m.tensors.push({ name: 'x', shape });
  addConv(m, 'x', shape);
  for (let step = m.integer(4, 9); step > 0; step--) {
    const from = m.pick(m.tensors.slice(-3));
    m.pick(STEPS)(m, from.name, from.shape);
  }
  const last = m.tensors.at(-1) ?? { name: 'x', shape };
  const pooled = m.node({ kind: 'global-average-pool' }, [last.name], [1, 1, last.shape[2] ?? 1]);
  const flat = m.node({ kind: 'flatten' }, [pooled], [last.shape[2] ?? 1], true);
  const y = m.node({ kind: 'dense' }, [flat, m.constant([3, last.shape[2] ?? 1]), m.constant([3])], [3]);
  return { graph: m.builder.build([y, last.name].slice(0, m.integer(1, 2))), inside: m.inside };
}

describe(`random quantised networks, folded, compute what the mixed graphs do; seed ${SEED}`, () => {
  test(`${NETWORKS} networks`, () => {
    let [elements, different] = [0, 0];
    for (let i = 0; i < NETWORKS; i++) {
      const random = makeRandom(SEED + i);
      const { graph, inside } = randomNetwork(random);
      const style: QdqStyle = {
        activation: int(8, random() < 0.5),
        weight: int(8, random() < 0.7),
        perChannel: random() < 0.5,
        integerBias: random() < 0.5,
        pairPerReader: random() < 0.5,
      };
      const x = graph.types.get('x') ?? float([]);
      const frame = (): ReadonlyMap<string, Tensor> => new Map([['x', randomTensor(random, x)]]);
      const mixed = quantiseDequantise(graph, style, frame(), (node) => !inside.has(node.name));
      verifyGraph(mixed, AFTER_IMPORT, 'imported');
      const folded = foldQuantise.run(mixed);
      verifyGraph(folded, AFTER_IMPORT);
      expect([...folded.types.values()].every((type) => isInt(type.element))).toBe(true);
      const found = distance(mixed, folded, frame());
      expect(found.largest, `seed ${SEED + i}, node ${found.at}`).toBeLessThanOrEqual(1);
      elements += found.elements;
      different += found.different;
    }
    expect(elements).toBeGreaterThan(10_000);
    expect(different / elements).toBeLessThanOrEqual(0.005);
  });
});
