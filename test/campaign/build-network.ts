import { allocate, numeric } from '../../src/execute/tensor-access.js';
import { makeBuilder } from '../../src/ir/builder.js';
import type { Graph } from '../../src/ir/graph.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { elementCount, int, intRange, type TensorType } from '../../src/ir/tensor-type.js';
import { AFTER_IMPORT, verifyGraph } from '../../src/ir/verify.js';
import { clampTo } from '../../src/support/fixed-point.js';
import { defined, invariant } from '../../src/support/invariant.js';
import type { VerifySubject } from '../../src/verify/verify-batch.js';
import { OUTPUT_SPAN, runLayer } from './made-layer.js';
import { makeLayer } from './make-layer.js';
import { type InputSpec, inputsOf, type NetworkSpec, outputsOf, sourcesOf } from './network-spec.js';
import { makeRandom, mixSeed, type Random } from './random.js';

/** A tensor of a network under construction, and what it holds for a random frame: scales are chosen by that. */
interface Built {
  readonly name: string;
  readonly sample: Tensor;
}

/** A spec as the integer graph that it stands for; undefined where a layer does not fit what it reads. */
export function buildNetwork(spec: NetworkSpec): Graph | undefined {
  const builder = makeBuilder(spec.name);
  const built = new Map<number, Built>();
  const read = new Set(spec.layers.flatMap((_, place) => sourcesOf(spec, place)));
  for (const [index, input] of inputsOf(spec).entries()) {
    if (!read.has(-index)) continue;
    const type = inputType(input, makeRandom(mixSeed(spec.seed, 1, ...(index === 0 ? [] : [index]))));
    const random = makeRandom(mixSeed(spec.seed, 2, ...(index === 0 ? [] : [index])));
    const name = builder.input(index === 0 ? 'x' : `x${index}`, type);
    built.set(-index, { name, sample: randomFrame(type, random) });
  }
  for (const [place, layer] of spec.layers.entries()) {
    const sources = sourcesOf(spec, place).map((id) => built.get(id));
    if (!sources.every((source) => source !== undefined)) return undefined;
    const samples = sources.map(({ sample }) => sample);
    const name = `${layer.op}${layer.id}`;
    const made = makeLayer(name, layer, samples, spec);
    if (made === undefined) return undefined;
    const constants = made.constants.map(([role, tensor]) => builder.constant(`${name}.${role}`, tensor));
    builder.node(name, made.op, [...sources.map((source) => source.name), ...constants], made.type);
    built.set(layer.id, { name, sample: runLayer(made, samples, spec.requantBits) });
  }
  const outputs = outputsOf(spec).map((id) => defined(built.get(id), 'an output').name);
  const graph = builder.build(outputs, { requantBits: spec.requantBits });
  verifyGraph(graph, AFTER_IMPORT);
  return graph;
}

function inputType({ shape, bits, signed, zeroPoint }: InputSpec, random: Random): TensorType {
  const element = int(bits, signed);
  const { min, max } = intRange(element);
  const zero = zeroPoint === 'zero' ? clampTo(0, min, max) : random.integer(min, max);
  return { shape, element, quant: { scale: [OUTPUT_SPAN / 2 ** bits], zeroPoint: [zero] } };
}

function randomFrame(type: TensorType, random: Random): Tensor {
  invariant(type.element.kind === 'int', 'an integer tensor');
  const { min, max } = intRange(type.element);
  const data = allocate(type.element, elementCount(type.shape));
  for (let i = 0; i < data.length; i++) data[i] = random.integer(min, max);
  return { type, data };
}

/** Frames of a network's inputs: random ones, and all at either end of the range, where sums are widest. */
export function randomFrames(graph: Graph, seed: number, count: number): VerifySubject['frames'] {
  return Array.from({ length: count }, (_, frame) => {
    const tensors = graph.inputs.map(({ tensor }, index) => {
      const parts = index === 0 ? [3, frame] : [3, frame, index];
      const type = defined(graph.types.get(tensor), `the type of '${tensor}'`);
      return [tensor, endFrame(randomFrame(type, makeRandom(mixSeed(seed, ...parts))), frame)] as const;
    });
    return new Map(tensors);
  });
}

/** The second and third frame are all at one end of the range. */
function endFrame(tensor: Tensor, frame: number): Tensor {
  invariant(tensor.type.element.kind === 'int', 'an integer tensor');
  const { min, max } = intRange(tensor.type.element);
  if (frame === 1) numeric(tensor.data).fill(max);
  if (frame === 2) numeric(tensor.data).fill(min);
  return tensor;
}
