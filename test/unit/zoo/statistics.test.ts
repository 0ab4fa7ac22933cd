import { describe, expect, it } from 'vitest';
import { randomFrames } from '../../../src/execute/frame-source.js';
import { prepareInteger } from '../../../src/execute/integer/execute-integer.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { OpKind } from '../../../src/ir/op.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { intRange, isInt } from '../../../src/ir/tensor-type.js';
import { INTEGER_PIPELINE } from '../../../src/passes/pipelines.js';
import { runPipeline } from '../../../src/passes/run.js';
import { defined, invariant } from '../../../src/support/invariant.js';
import { makeZooNetwork } from '../../../src/zoo/make-network.js';

/** What a tensor looks like over frames that the network was not made with. */
interface Spread {
  readonly node: string;
  /** Standard deviation in steps of the integers. */
  readonly deviation: number;
  /** Shares of elements at an end of the range that does not stand for 0, and at 0. */
  readonly saturated: number;
  readonly zero: number;
  /** Share of channels that never change. */
  readonly constant: number;
}

const FRAMES = 2;

/** Functions that come to rest at ends of their own. */
const BOUNDED: ReadonlySet<OpKind> = new Set(['hard-swish', 'hard-sigmoid', 'sigmoid', 'tanh']);

function spreads(graph: Graph): readonly Spread[] {
  const executor = prepareInteger(graph);
  const input = defined(graph.inputs[0], 'the input');
  const source = randomFrames(graph, input, FRAMES, 1);
  const runs = Array.from({ length: FRAMES }, (_, i) =>
    executor.run(new Map([[input.tensor, source.frame(i)]]), { keep: 'all' }),
  );
  return graph.nodes.map(({ name, op, outputs: [output = ''] }) => {
    const spread = spreadOf(
      name,
      runs.map((run) => defined(run.get(output), `tensor '${output}'`)),
    );
    return BOUNDED.has(op.kind) ? { ...spread, saturated: 0 } : spread;
  });
}

function spreadOf(node: string, tensors: readonly Tensor[]): Spread {
  const [{ type, data: first }] = tensors as [Tensor];
  invariant(isInt(type.element), 'an integer tensor');
  const { min, max } = intRange(type.element);
  const zeroPoint = type.quant?.zeroPoint[0] ?? 0;
  const changes = new Array<boolean>(type.shape.at(-1) ?? 1).fill(false);
  const total = { count: 0, sum: 0, square: 0, saturated: 0, zero: 0 };
  for (const { data } of tensors) {
    for (let i = 0; i < data.length; i++) {
      const value = Number(data[i]);
      total.count += 1;
      total.sum += value;
      total.square += value * value;
      if (value === max || (value === min && min !== zeroPoint)) total.saturated += 1;
      if (value === zeroPoint) total.zero += 1;
      if (value !== first[i % changes.length]) changes[i % changes.length] = true;
    }
  }
  const { count } = total;
  return {
    node,
    deviation: Math.sqrt(total.square / count - (total.sum / count) ** 2),
    saturated: total.saturated / count,
    zero: total.zero / count,
    constant: changes.filter((does) => !does).length / changes.length,
  };
}

/** Small, and of every kind: residuals, concatenations, groups and shuffles, gates, pools, two outputs. */
const NETWORKS: readonly string[] = [
  ...['ds-cnn', 'vgg16,input=32,width=0.125', 'googlenet,input=64,width=0.125', 'resnet50,input=64,width=0.125'],
  ...['densenet121,input=64,width=0.125', 'shufflenet,input=32'],
  ...['mobilenet-v3-small,input=64,width=0.35', 'unet,input=32,width=0.125', 'tiny-yolo-v3,input=64,width=0.125'],
];

/** A mean over many pixels varies less than they do, hence the low bound. */
const LEAST_DEVIATION = 4;

describe('signals of a network with seeded weights', () => {
  it.each(NETWORKS)('%s: no layer saturates, dies or forgets the picture', (name) => {
    const graph = runPipeline(makeZooNetwork(`zoo:${name}`), INTEGER_PIPELINE);
    const all = spreads(graph);
    expect(all.filter(({ deviation }) => deviation < LEAST_DEVIATION)).toEqual([]);
    expect(all.filter(({ saturated }) => saturated > 0.1)).toEqual([]);
    expect(all.filter(({ zero }) => zero > 0.7)).toEqual([]);
    expect(all.filter(({ constant }) => constant > 0.5)).toEqual([]);
  });
});

it('the same name gives the same network, another seed another one of the same kind', () => {
  const weightOf = (name: string) => makeZooNetwork(name).constants.get('conv1.weight.folded')?.data;
  const first = weightOf('zoo:resnet8');
  expect(first).toHaveLength(16 * 27);
  expect(weightOf('zoo:resnet8')).toEqual(first);
  expect(weightOf('zoo:resnet8,seed=2')).not.toEqual(first);
});
