import { broadcastOffsets, gather } from '../execute/element-order.js';
import { mulParams } from '../execute/integer/join-params.js';
import type { OutputRange } from '../execute/integer/requant-params.js';
import { responseParams } from '../execute/integer/response-params.js';
import { slopeParams } from '../execute/integer/slope-params.js';
import { inputType, outputType } from '../execute/tensor-access.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type {
  DepthToSpaceOp,
  LeakyReluOp,
  LocalResponseNormOp,
  MulOp,
  PadOp,
  PermuteChannelsOp,
  PreluOp,
  UpsampleOp,
} from '../ir/op.js';
import { elementCount } from '../ir/tensor-type.js';
import { HeddleError } from '../support/diagnostics.js';
import type { Multiplier } from '../support/fixed-point.js';
import { mapName, pixelCount } from './feature-map.js';
import type {
  DepthToSpaceLayer,
  LayerEnd,
  MulLayer,
  PadLayer,
  PermuteLayer,
  PreluLayer,
  ResponseLayer,
  UpsampleLayer,
} from './layer.js';
import { type Ends, sameExtents } from './lower-data.js';
import {
  joinedMapsDiffer,
  otherMap,
  padMode,
  padOnBothSides,
  productOperands,
  responseTooWide,
  slopesOfPixels,
} from './messages.js';

/** Lowering of the operators that move pixels and channels, and of products of streams. */

/** An operator that knows of pixels and channels wants the stream to have those of its input's type. */
function requireOwnMap(graph: Graph, node: GraphNode, { input }: Ends): void {
  const [channels = 1, width = 1, height = 1] = inputType(graph, node).shape.toReversed();
  const own = { ...input, height, width, channels };
  if (!sameExtents(input, own)) throw new HeddleError([otherMap(node.name, mapName(input), mapName(own))]);
}

export function lowerPermute(graph: Graph, node: GraphNode<PermuteChannelsOp>, ends: Ends): PermuteLayer {
  requireOwnMap(graph, node, ends);
  return { kind: 'permute', ...ends, order: Int32Array.from(node.op.order), padValue: 0 };
}

/** Around the map, or behind and in front of its channels: those are constant channels of a permutation. */
export function lowerPad(graph: Graph, node: GraphNode<PadOp>, ends: Ends): PadLayer | PermuteLayer {
  const { before, after, mode, value } = node.op;
  if (mode !== 'constant') throw new HeddleError([padMode(node.name, mode)]);
  requireOwnMap(graph, node, ends);
  const [channelsBefore = 0, padLeft = 0, padTop = 0] = before.toReversed();
  const [channelsAfter = 0, padRight = 0, padBottom = 0] = after.toReversed();
  if (channelsBefore + channelsAfter === 0)
    return { kind: 'pad', ...ends, padTop, padLeft, padBottom, padRight, value };
  if (padTop + padLeft + padBottom + padRight > 0) throw new HeddleError([padOnBothSides(node.name)]);
  const { channels } = ends.input;
  const order = Int32Array.from({ length: ends.output.channels }, (_, c) =>
    c >= channelsBefore && c < channelsBefore + channels ? c - channelsBefore : -1,
  );
  return { kind: 'permute', ...ends, order, padValue: value };
}

export function lowerUpsample(graph: Graph, node: GraphNode<UpsampleOp>, ends: Ends): UpsampleLayer {
  requireOwnMap(graph, node, ends);
  return { kind: 'upsample', ...ends, factorH: node.op.factorH, factorW: node.op.factorW };
}

/** Another order of channels has been put in front as a permutation by a pass. */
export function lowerDepthToSpace(graph: Graph, node: GraphNode<DepthToSpaceOp>, ends: Ends): DepthToSpaceLayer {
  requireOwnMap(graph, node, ends);
  return { kind: 'depth-to-space', ...ends, block: node.op.block };
}

function scaledOutput(graph: Graph, { zeroPoint, lo, hi }: OutputRange) {
  return { zeroPoint, clampLo: lo, clampHi: hi, requantBits: graph.requantBits };
}

/** Two streams of one map, or a map and a vector with an element for each channel, in either order. */
export function lowerProduct(graph: Graph, node: GraphNode<MulOp>, ends: Ends): MulLayer {
  const [first, second, ...more] = ends.inputs;
  if (first === undefined || second === undefined || more.length > 0 || ends.inputs.length < node.inputs.length)
    throw new HeddleError([productOperands(node.name, ends.inputs.length, node.inputs.length)]);
  const count = elementCount(outputType(graph, node).shape);
  const isWhole = ({ map }: LayerEnd): boolean => pixelCount(map) * map.channels === count;
  const params = mulParams(graph, node);
  const [a, b] = isWhole(first) ? [first, second] : [second, first];
  const [za = 0, zb = 0] = isWhole(first) ? params.inputZeroPoints : params.inputZeroPoints.toReversed();
  const gate = !isWhole(b) && pixelCount(b.map) === 1 && b.map.channels === a.map.channels;
  if (!isWhole(a) || !(gate || sameExtents(a.map, b.map)))
    throw new HeddleError([joinedMapsDiffer(node.name, [mapName(first.map), mapName(second.map)])]);
  return {
    kind: 'mul',
    ...ends,
    ...scaledOutput(graph, params),
    inputs: [a, b],
    input: a.map,
    inputTensor: a.tensor,
    output: { ...a.map, element: ends.output.element },
    gate,
    inputZeroPoints: [za, zb],
    multiplier: params.multiplier,
    shift: params.shift,
  };
}

/** Slopes that are the same for every pixel, where a table does not do. */
export function lowerSlopes(graph: Graph, node: GraphNode<LeakyReluOp | PreluOp>, ends: Ends): PreluLayer {
  const params = slopeParams(graph, node);
  return {
    kind: 'prelu',
    ...ends,
    ...scaledOutput(graph, params),
    inputZeroPoint: params.inputZeroPoint,
    positive: params.positive,
    negative: channelSlopes(graph, node, ends, params.negative),
  };
}

/** One slope, or one for each channel of the stream. */
function channelSlopes(
  graph: Graph,
  node: GraphNode<LeakyReluOp | PreluOp>,
  { input }: Ends,
  negative: readonly Multiplier[],
): readonly Multiplier[] {
  if (negative.length === 1) return negative;
  const { shape } = inputType(graph, node);
  const slopes = inputType(graph, node, 1).shape;
  const places = new Int32Array(elementCount(shape));
  gather(
    Int32Array.from(negative, (_, place) => place),
    broadcastOffsets(slopes, shape),
    places,
  );
  const slopeAt = (i: number): Multiplier => negative[places[i] as number] as Multiplier;
  const isSame = (a: Multiplier, b: Multiplier): boolean => a.multiplier === b.multiplier && a.shift === b.shift;
  if (!places.every((_, i) => isSame(slopeAt(i), slopeAt(i % input.channels))))
    throw new HeddleError([slopesOfPixels(node.name)]);
  return Array.from({ length: input.channels }, (_, channel) => slopeAt(channel));
}

/** Neighbours on either side that hd_lrn sums over. */
const MOST_NEIGHBOURS = 7;

export function lowerResponse(graph: Graph, node: GraphNode<LocalResponseNormOp>, ends: Ends): ResponseLayer {
  requireOwnMap(graph, node, ends);
  const params = responseParams(graph, node);
  // Beyond the pixel's channels there is nothing to sum.
  const reach = Math.min(params.above, ends.input.channels - 1);
  if (reach > MOST_NEIGHBOURS)
    throw new HeddleError([responseTooWide(node.name, node.op.size, 2 * MOST_NEIGHBOURS + 1)]);
  const most = (neighbours: number): number => Math.min(neighbours, MOST_NEIGHBOURS);
  return {
    kind: 'local-response-norm',
    ...ends,
    ...scaledOutput(graph, params),
    params: { ...params, below: most(params.below), above: most(params.above) },
  };
}
