import { broadcastOffsets, forEachRow } from '../execute/element-order.js';
import { addParams } from '../execute/integer/join-params.js';
import { tensorRequantParams } from '../execute/integer/requant-params.js';
import { constantInput, inputType, numeric, outputType } from '../execute/tensor-access.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { AddOp, ConcatOp, RequantiseOp, SliceOp } from '../ir/op.js';
import { elementCount } from '../ir/tensor-type.js';
import { HeddleError } from '../support/diagnostics.js';
import { defined } from '../support/invariant.js';
import { type FeatureMap, mapName, pixelCount } from './feature-map.js';
import type { AddLayer, ConcatLayer, LayerEnd, SliceLayer } from './layer.js';
import { constantJoined, joinedMapsDiffer, steppedSlice } from './messages.js';

/** Lowering of the operators that join streams, take a part of one, or change its scale. */

/** What every lowering is given: the node, the streams that it reads and the maps of its ends. */
export interface Ends {
  readonly name: string;
  /** Of its inputs those that are no constants. */
  readonly inputs: readonly LayerEnd[];
  /** The first of them. */
  readonly input: FeatureMap;
  readonly output: FeatureMap;
  readonly inputTensor: string;
  readonly outputTensor: string;
  readonly macs: number;
}

export function sameExtents(a: FeatureMap, b: FeatureMap): boolean {
  return a.height === b.height && a.width === b.width && a.channels === b.channels;
}

export function lowerAdd(graph: Graph, node: GraphNode<AddOp>, ends: Ends): AddLayer {
  const maps = ends.inputs.map(({ map }) => map);
  const vectors = outputType(graph, node).shape.length === 1;
  const alike = maps.every((map) => sameExtents(map, ends.output));
  if (!alike && !vectors) throw new HeddleError([joinedMapsDiffer(node.name, maps.map(mapName))]);
  const output = alike ? ends.output : flatMap(maps, ends.output);
  const params = addParams(graph, node);
  const flows = node.inputs.map((tensor) => !graph.constants.has(tensor));
  const ofStreams = (values: readonly number[]): number[] => values.filter((_, i) => flows[i]);
  return {
    kind: 'add',
    ...ends,
    output,
    inputZeroPoints: ofStreams(params.inputZeroPoints),
    multipliers: ofStreams(params.multipliers),
    shift: params.shift,
    zeroPoint: params.zeroPoint,
    clampLo: params.lo,
    clampHi: params.hi,
    constant: shortest(constantSums(graph, node), output.channels),
  };
}

/** A change of scale alone, or with a clamp: the adder with one input, for elements of any width. */
export function lowerRequantise(graph: Graph, node: GraphNode<RequantiseOp>, ends: Ends): AddLayer {
  const { inputZeroPoint, multiplier, shift, zeroPoint, lo, hi } = tensorRequantParams(graph, node);
  return addOfOne(ends, { inputZeroPoint, multiplier, shift, zeroPoint, clampLo: lo, clampHi: hi });
}

/** A clamp of elements that keep their numbers: twice x, halved. */
export function lowerWideClamp(ends: Ends, zeroPoint: number, clampLo: number, clampHi: number): AddLayer {
  return addOfOne(ends, { inputZeroPoint: zeroPoint, multiplier: 2, shift: 1, zeroPoint, clampLo, clampHi });
}

type OneInput = Pick<AddLayer, 'shift' | 'zeroPoint' | 'clampLo' | 'clampHi'> & {
  readonly inputZeroPoint: number;
  readonly multiplier: number;
};

function addOfOne(ends: Ends, { inputZeroPoint, multiplier, ...numbers }: OneInput): AddLayer {
  const one = { inputZeroPoints: [inputZeroPoint], multipliers: [multiplier], constant: new Float64Array() };
  return { kind: 'add', ...ends, ...numbers, ...one };
}

/** What the constant operands add to every element of the output, before the shift; empty without any. */
function constantSums(graph: Graph, node: GraphNode<AddOp>): Float64Array {
  const { inputZeroPoints, multipliers } = addParams(graph, node);
  const { shape } = outputType(graph, node);
  const constants = node.inputs.flatMap((tensor, i) => (graph.constants.has(tensor) ? [i] : []));
  if (constants.length === 0) return new Float64Array();
  const sums = new Float64Array(elementCount(shape));
  for (const input of constants) {
    const values = numeric(constantInput(graph, node, input).data);
    const multiplier = multipliers[input] as number;
    const zero = inputZeroPoints[input] as number;
    forEachRow(broadcastOffsets(inputType(graph, node, input).shape, shape), (base, last, from) => {
      for (let i = 0; i < last.length; i++) {
        const v = (values[base + (last[i] as number)] as number) - zero;
        sums[from + i] = (sums[from + i] as number) + multiplier * v;
      }
    });
  }
  return sums;
}

/** One value where all are equal, one a channel where pixels are, else all of them. */
function shortest(values: Float64Array, channels: number): Float64Array {
  for (const period of [1, channels]) {
    if (period < values.length && values.every((value, i) => value === values[i % period]))
      return values.slice(0, period);
  }
  return values;
}

const AXES = ['channels', 'columns', 'rows'] as const;

/** Inputs of another scale have been requantised by a pass. */
export function lowerConcat(graph: Graph, node: GraphNode<ConcatOp>, ends: Ends): ConcatLayer {
  const constants = node.inputs.filter((tensor) => graph.constants.has(tensor));
  if (constants.length > 0) throw new HeddleError(constants.map((tensor) => constantJoined(node.name, tensor)));
  const maps = ends.inputs.map(({ map }) => map);
  const rank = outputType(graph, node).shape.length;
  const axis = defined(AXES[rank - 1 - node.op.axis], `an axis of '${node.name}'`);
  const own = maps.every((map, i) => map.channels === inputType(graph, node, i).shape.at(-1));
  if (!own && rank === 1) return { kind: 'concat', ...ends, output: flatMap(maps, ends.output), axis: 'rows' };
  if (!own || !fitBeside(maps, ends.output, axis))
    throw new HeddleError([joinedMapsDiffer(node.name, maps.map(mapName))]);
  return { kind: 'concat', ...ends, axis };
}

/** Whether maps fill the output along an axis, and are as large as it along the others. */
function fitBeside(maps: readonly FeatureMap[], output: FeatureMap, axis: ConcatLayer['axis']): boolean {
  const extentsOf = ({ channels, width, height }: FeatureMap) => ({ channels, columns: width, rows: height });
  const sizes = maps.map(extentsOf);
  return AXES.every((along) => {
    const extent = extentsOf(output)[along];
    if (along !== axis) return sizes.every((size) => size[along] === extent);
    return sizes.reduce((sum, size) => sum + size[along], 0) === extent;
  });
}

/** What becomes of maps that are joined as vectors, as pixels: of the channels that all have, or of as many as suit all. */
function flatMap(maps: readonly FeatureMap[], output: FeatureMap): FeatureMap {
  const all = maps.map(({ channels }) => channels);
  const [first = 1] = all;
  const channels = all.every((own) => own === first) ? first : lanesForAll(all);
  return { height: (pixelCount(output) * output.channels) / channels, width: 1, channels, element: output.element };
}

/** The most lanes that divide all these numbers of channels, so that no beat holds channels of two pixels. */
function lanesForAll(channels: readonly number[]): number {
  let lanes = 1;
  while (channels.every((own) => own % (2 * lanes) === 0)) lanes *= 2;
  return lanes;
}

/** Pixels of other channels in the same order: beats that fit both pass as they are, taken as one turn of one input. */
export function lowerRegrouping(ends: Ends, output: FeatureMap): ConcatLayer {
  const mostLanes = lanesForAll([ends.input.channels, output.channels]);
  return { kind: 'concat', ...ends, output, axis: 'rows', mostLanes };
}

export function lowerSlice(graph: Graph, node: GraphNode<SliceOp>, ends: Ends): SliceLayer {
  const { begin, step } = node.op;
  if (step.some((by) => by !== 1)) throw new HeddleError([steppedSlice(node.name, step)]);
  const [channels = 1, width = 1, height = 1] = inputType(graph, node).shape.toReversed();
  if (!sameExtents(ends.input, { ...ends.input, channels, width, height }))
    throw new HeddleError([joinedMapsDiffer(node.name, [mapName(ends.input)])]);
  const [channelFrom = 0, columnFrom = 0, rowFrom = 0] = begin.toReversed();
  return { kind: 'slice', ...ends, rowFrom, columnFrom, channelFrom };
}
