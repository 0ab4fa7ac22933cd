import { pruneTensors } from '../ir/builder.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { AveragePoolOp, ConvOp, MaxPoolOp, Op, PadOp, Window } from '../ir/op.js';
import { intRange, isInt, type TensorType } from '../ir/tensor-type.js';
import { firstEmptyWindow, kernelReach, windowOutputs } from '../ir/window.js';
import { defined } from '../support/invariant.js';
import { producers } from './edit.js';
import type { Pass } from './pass.js';

/** A pad of height and width becomes the padding of the windows that read it, where these pad with the same value. */
export const foldPadding: Pass = {
  name: 'fold-padding',
  summary: 'moves pads into the padding of the convolutions and pools behind them',
  needs: [],
  run(graph) {
    const makers = producers(graph.nodes);
    let isChanged = false;
    const nodes = graph.nodes.map((node) => {
      const maker = makers.get(node.inputs[0] ?? '');
      const folded = maker === undefined ? undefined : withPad(graph, node, maker);
      isChanged ||= folded !== undefined;
      return folded ?? node;
    });
    if (!isChanged) return graph;
    // A pad that nothing else reads is dead now.
    const read = new Set([...nodes.flatMap((node) => node.inputs), ...graph.outputs.map((end) => end.tensor)]);
    const live = nodes.filter((node) => node.op.kind !== 'pad' || node.outputs.some((name) => read.has(name)));
    return pruneTensors({ ...graph, nodes: live });
  },
};

type WindowOp = ConvOp | MaxPoolOp | AveragePoolOp;

function isWindowOp(op: Op): op is WindowOp {
  return op.kind === 'conv' || op.kind === 'max-pool' || op.kind === 'average-pool';
}

/** The node with the pad's elements as padding of its own; undefined where that would not be the same. */
function withPad(graph: Graph, node: GraphNode, { op: pad, inputs }: GraphNode): GraphNode | undefined {
  const { op } = node;
  if (!isWindowOp(op) || pad.kind !== 'pad' || !isSpatial(pad)) return undefined;
  const source = defined(inputs[0], 'the input of a pad');
  const type = defined(graph.types.get(source), `the type of tensor '${source}'`);
  const averages = op.kind === 'average-pool';
  // What an average counts of its own padding has to be what it counts of the pad: all of it.
  if (averages && hasPadding(op) && !op.countIncludePad) return undefined;
  if (!isNeutral(op.kind, pad.value, type)) return undefined;
  const padded = { ...op, ...sumOfPads(op, pad), ...(averages ? { countIncludePad: true } : {}) };
  return isLegal(padded, type) ? { ...node, op: padded, inputs: [source, ...node.inputs.slice(1)] } : undefined;
}

/** Constant elements around height and width, none among the channels. */
function isSpatial(pad: PadOp): boolean {
  return pad.mode === 'constant' && pad.before.length === 3 && pad.before[2] === 0 && pad.after[2] === 0;
}

function hasPadding(w: Window): boolean {
  return w.padTop + w.padLeft + w.padBottom + w.padRight > 0;
}

/** Whether it is the value that the operator pads with: the least one for a maximum, the zero point otherwise. */
function isNeutral(kind: WindowOp['kind'], value: number, type: TensorType): boolean {
  if (!isInt(type.element)) return kind === 'max-pool' ? value === Number.NEGATIVE_INFINITY : value === 0;
  return value === (kind === 'max-pool' ? intRange(type.element).min : (type.quant?.zeroPoint[0] ?? 0));
}

function sumOfPads(w: Window, { before, after }: PadOp): Pick<Window, 'padTop' | 'padLeft' | 'padBottom' | 'padRight'> {
  return {
    padTop: w.padTop + (before[0] ?? 0),
    padLeft: w.padLeft + (before[1] ?? 0),
    padBottom: w.padBottom + (after[0] ?? 0),
    padRight: w.padRight + (after[1] ?? 0),
  };
}

/** The rules of shape inference for windows: padding below the kernel's reach, and no window wholly on it. */
function isLegal(w: Window, { shape: [height = 1, width = 1] }: TensorType): boolean {
  const { outH, outW } = windowOutputs(w, height, width);
  const fits = (kernel: number, dilation: number, ...pads: readonly number[]): boolean =>
    pads.every((pad) => pad < kernelReach(kernel, dilation));
  return (
    fits(w.kernelH, w.dilationH, w.padTop, w.padBottom) &&
    fits(w.kernelW, w.dilationW, w.padLeft, w.padRight) &&
    firstEmptyWindow(height, w.kernelH, w.strideH, w.dilationH, w.padTop, outH) === undefined &&
    firstEmptyWindow(width, w.kernelW, w.strideW, w.dilationW, w.padLeft, outW) === undefined
  );
}
