import { batchNormAffine, type ChannelAffine } from '../../execute/float/elementwise.js';
import type { GraphNode } from '../../ir/graph.js';
import type { BatchNormOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { sameExtents } from '../../ir/type-equality.js';
import { floatTensor, realValues } from './constants.js';
import { type Folding, outputOf, typeIn } from './state.js';

/**
 * Batch normalisations, additions and multiplications of constants, in a row, are one affine function of each channel.
 */
export interface AffineChain extends ChannelAffine {
  readonly nodes: readonly GraphNode[];
  /** The tensor behind the last of them. */
  readonly output: string;
}

/** The affine nodes behind `tensor`, each of which alone reads the one before it. */
export function affineChain(folding: Folding, tensor: string): AffineChain {
  const channels = typeIn(folding.graph, tensor).shape.at(-1) ?? 1;
  const slope = new Float64Array(channels).fill(1);
  const offset = new Float64Array(channels);
  const nodes: GraphNode[] = [];
  let output = tensor;
  for (;;) {
    const [reader, ...others] = folding.readers.get(output) ?? [];
    const isAlone = reader !== undefined && others.length === 0 && !folding.outputs.has(output);
    const next = isAlone ? affineOf(folding, reader, output) : undefined;
    if (reader === undefined || next === undefined) return { slope, offset, nodes, output };
    for (let c = 0; c < channels; c++) {
      slope[c] = (slope[c] as number) * (next.slope[c] as number);
      offset[c] = (offset[c] as number) * (next.slope[c] as number) + (next.offset[c] as number);
    }
    nodes.push(reader);
    output = outputOf(reader);
  }
}

/** What the node does to its input `tensor`, if that is affine in each channel. */
export function affineOf(folding: Folding, node: GraphNode, tensor: string): ChannelAffine | undefined {
  const { op } = node;
  if (op.kind === 'batch-norm') return normalisation(folding, { ...node, op });
  if (op.kind !== 'add' && op.kind !== 'mul') return undefined;
  const shape = typeIn(folding.graph, tensor).shape;
  const others = node.inputs.filter((name) => name !== tensor);
  const other = others.length === 1 && node.inputs.length === 2 ? folding.values.get(others[0] ?? '') : undefined;
  if (other === undefined || op.clamp !== undefined || !sameExtents(typeIn(folding.graph, outputOf(node)).shape, shape))
    return undefined;
  const values = perChannelValues(realValues(other.tensor), other.tensor.type.shape, shape);
  if (values === undefined) return undefined;
  return op.kind === 'add'
    ? { slope: new Float64Array(values.length).fill(1), offset: values }
    : { slope: values, offset: new Float64Array(values.length) };
}

/** The values of a constant that broadcasts to `shape`, one for each index of the last axis; undefined if there are more. */
function perChannelValues(
  values: Float64Array,
  own: readonly number[],
  shape: readonly number[],
): Float64Array | undefined {
  const channels = shape.at(-1) ?? 1;
  if (values.length === 1) return new Float64Array(channels).fill(values[0] as number);
  return elementCount(own) === channels && (own.at(-1) ?? 1) === channels ? values : undefined;
}

/** A batch normalisation whose parameters are known; they may be dequantised ones. */
function normalisation(folding: Folding, node: GraphNode<BatchNormOp>): ChannelAffine | undefined {
  const parameters = node.inputs.slice(1).map((name) => [name, folding.values.get(name)?.tensor] as const);
  const known = parameters.flatMap(([name, tensor]) =>
    tensor === undefined ? [] : [[name, floatTensor(tensor)] as const],
  );
  if (known.length < parameters.length) return undefined;
  return batchNormAffine({ ...folding.graph, constants: new Map(known) }, node);
}
