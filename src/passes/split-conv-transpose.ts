import { perChannel } from '../execute/tensor-access.js';
import type { GraphNode } from '../ir/graph.js';
import type { ConvOp, ConvTransposeOp } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { elementCount, type Quantization } from '../ir/tensor-type.js';
import { sameExtents } from '../ir/type-equality.js';
import { defined } from '../support/invariant.js';
import { leastCommonMultiple } from '../support/whole-numbers.js';
import { Draft, type Result } from './draft.js';
import { columnFirstOrder } from './element-patterns.js';
import type { Pass } from './pass.js';
import { type PhasePlan, planPhases } from './phase-plan.js';
import { putDepthToSpace } from './put-movement.js';

/**
 * A transposed convolution becomes an ordinary one that makes all pixels of a block as channels, depth to space, and,
 * where its blocks begin before the output or end behind it, a slice. Every output sums the same products as before, and
 * others by a weight of 0 where a phase of the block has fewer taps; where the stride divides the kernel, and is the
 * same in height and width, there are none of those but at the edges of the map.
 */
export const splitConvTranspose: Pass = {
  name: 'split-conv-transpose',
  summary: 'makes transposed convolutions convolutions with depth-to-space behind them',
  needs: [],
  run(graph) {
    const draft = new Draft(graph);
    for (const node of graph.nodes) {
      if (isTransposed(node)) split(draft, node);
      else draft.keep(node);
    }
    return draft.finish();
  },
};

function isTransposed(node: GraphNode): node is GraphNode<ConvTransposeOp> {
  return node.op.kind === 'conv-transpose';
}

/** One convolution for all phases of a block. */
interface Phases {
  readonly block: number;
  readonly rows: PhasePlan;
  readonly columns: PhasePlan;
  /** The channels of a group stand together, the phases of a channel side by side; else those of a phase. */
  readonly isGrouped: boolean;
}

function phasesOf(
  op: ConvTransposeOp,
  [inH = 1, inW = 1]: readonly number[],
  [outH = 1, outW = 1]: readonly number[],
): Phases {
  const block = leastCommonMultiple(op.strideH, op.strideW);
  const high = { kernel: op.kernelH, stride: op.strideH, dilation: op.dilationH, pad: op.padTop };
  const wide = { kernel: op.kernelW, stride: op.strideW, dilation: op.dilationW, pad: op.padLeft };
  return {
    block,
    rows: planPhases({ inputs: inH, outputs: outH, ...high }, block),
    columns: planPhases({ inputs: inW, outputs: outW, ...wide }, block),
    isGrouped: op.groups > 1,
  };
}

function split(draft: Draft, node: GraphNode<ConvTransposeOp>): void {
  const [input = ''] = node.inputs;
  const tensor = defined(node.outputs[0], `the output of node '${node.name}'`);
  const type = draft.typeOf(tensor);
  const [outH = 1, outW = 1, channels = 1] = type.shape;
  const phases = phasesOf(node.op, draft.typeOf(input).shape, type.shape);
  const { block, rows, columns } = phases;
  const spread = { ...type, shape: [rows.blocks * block, columns.blocks * block, channels] };
  const isAligned = sameExtents(spread.shape, type.shape);
  const blocks = isAligned ? { type, tensor } : { type: spread };
  const made = putBlocks(draft, node, phases, isAligned ? node.name : `${node.name}.blocks`, blocks);
  if (isAligned) return;
  const begin = [rows.shift, columns.shift, 0];
  const size = [outH, outW, channels];
  draft.put(node.name, { kind: 'slice', begin, size, step: [1, 1, 1] }, [made], { type, tensor });
}

/** The convolution and, where blocks are more than a pixel, depth to space. */
function putBlocks(
  draft: Draft,
  node: GraphNode<ConvTransposeOp>,
  phases: Phases,
  base: string,
  result: Result,
): string {
  const { block, rows, columns, isGrouped } = phases;
  const channels = result.type.shape.at(-1) ?? 1;
  const inputs = phaseInputs(draft, node, phases, channels);
  const op = phaseConv(node.op, phases);
  if (block === 1) return draft.put(base, op, inputs, result);
  const filters = channels * block * block;
  const type = { ...result.type, shape: [rows.blocks, columns.blocks, filters] };
  const conv = draft.put(`${node.name}.conv`, op, inputs, { type });
  const order = isGrouped ? columnFirstOrder(block, channels) : [...Array(filters).keys()];
  return putDepthToSpace(draft, base, conv, { block, order }, result);
}

/** The filter of the transposed convolution, and its phase, that a filter of the convolution is. */
interface Source {
  readonly channel: number;
  readonly phaseH: number;
  readonly phaseW: number;
}

function phaseInputs(
  draft: Draft,
  { name, inputs }: GraphNode<ConvTransposeOp>,
  phases: Phases,
  channels: number,
): readonly string[] {
  const [input = '', weightName = '', ...biases] = inputs;
  const { block, isGrouped } = phases;
  const size = block * block;
  const sources = Array.from({ length: channels * size }, (_, i): Source => {
    const [channel, phase] = isGrouped ? [Math.floor(i / size), i % size] : [i % channels, Math.floor(i / channels)];
    return { channel, phaseH: Math.floor(phase / block), phaseW: phase % block };
  });
  const weight = defined(draft.old.constants.get(weightName), `the weight of node '${name}'`);
  return [
    input,
    draft.constant(`${weightName}.phases`, phaseWeights(weight, phases, sources)),
    ...biases.map((bias) => draft.constant(`${bias}.phases`, phaseBias(draft, bias, sources))),
  ];
}

function phaseConv({ groups, clamp }: ConvTransposeOp, { rows, columns }: Phases): ConvOp {
  return {
    kind: 'conv',
    kernelH: rows.kernel,
    kernelW: columns.kernel,
    strideH: rows.stride,
    strideW: columns.stride,
    dilationH: rows.dilation,
    dilationW: columns.dilation,
    padTop: rows.padLo,
    padLeft: columns.padLo,
    padBottom: rows.padHi,
    padRight: columns.padHi,
    groups,
    ...(clamp === undefined ? {} : { clamp }),
  };
}

/** Filters of the taps that each phase has, and of zero points elsewhere. */
function phaseWeights({ type, data }: Tensor, { rows, columns }: Phases, sources: readonly Source[]): Tensor {
  const [, , kernelW = 1, channels = 1] = type.shape;
  const length = elementCount(type.shape.slice(1));
  const shape = [sources.length, rows.kernel, columns.kernel, channels];
  const filterLength = elementCount(shape.slice(1));
  const phased = new (data.constructor as new (length: number) => typeof data)(elementCount(shape));
  const zeroPoints = type.quant?.zeroPoint ?? [0];
  sources.forEach(({ channel, phaseH, phaseW }, filter) => {
    const start = filter * filterLength;
    phased.fill(perChannel(zeroPoints, channel) as never, start, start + filterLength);
    for (let y = 0; y < rows.kernel; y++) {
      for (let x = 0; x < columns.kernel; x++) {
        const [tapH, tapW] = [rows.tapOf(phaseH, y), columns.tapOf(phaseW, x)];
        if (tapH === undefined || tapW === undefined) continue;
        const from = channel * length + (tapH * kernelW + tapW) * channels;
        phased.set(data.subarray(from, from + channels) as never, start + (y * columns.kernel + x) * channels);
      }
    }
  });
  const { quant } = type;
  return {
    type: { ...type, shape, ...(quant === undefined ? {} : { quant: repeated(quant, sources) }) },
    data: phased,
  };
}

function repeated(quant: Quantization, sources: readonly Source[]): Quantization {
  if (quant.axis === undefined) return quant;
  const each = (values: readonly number[]): readonly number[] =>
    sources.map(({ channel }) => perChannel(values, channel));
  return { ...quant, scale: each(quant.scale), zeroPoint: each(quant.zeroPoint) };
}

function phaseBias(draft: Draft, name: string, sources: readonly Source[]): Tensor {
  const { type, data } = defined(draft.old.constants.get(name), `the bias '${name}'`);
  const phased = new (data.constructor as new (length: number) => typeof data)(sources.length);
  sources.forEach(({ channel }, filter) => {
    phased[filter] = data[channel] as never;
  });
  return { type: { ...type, shape: [sources.length] }, data: phased };
}
