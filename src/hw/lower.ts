import { integerClamp } from '../execute/integer/clamps.js';
import { factorTable } from '../execute/integer/mul.js';
import { outputRange } from '../execute/integer/requant-params.js';
import { slopeTable } from '../execute/integer/slopes.js';
import { MAX_TABLE_BITS, pointwiseTable, requantiseTable } from '../execute/integer/table.js';
import type { PointwiseOp } from '../execute/pointwise.js';
import { activationOf, inputType, outputType, typeOf } from '../execute/tensor-access.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { AveragePoolOp, Clamp, ConvOp, MaxPoolOp, Op, OpKind, OpOf, Window } from '../ir/op.js';
import { type IntElement, isInt, type TensorType } from '../ir/tensor-type.js';
import { nodeMacs } from '../ir/verify-sizes.js';
import { type Diagnostic, DiagnosticCollector, HeddleError } from '../support/diagnostics.js';
import { clampTo } from '../support/fixed-point.js';
import { defined, invariant } from '../support/invariant.js';
import type { FeatureMap } from './feature-map.js';
import type { Layer, LayerEnd, LayerGraph } from './layer.js';
import {
  type Ends,
  lowerAdd,
  lowerConcat,
  lowerRegrouping,
  lowerRequantise,
  lowerSlice,
  lowerWideClamp,
} from './lower-data.js';
import {
  lowerDepthToSpace,
  lowerPad,
  lowerPermute,
  lowerProduct,
  lowerResponse,
  lowerSlopes,
  lowerUpsample,
} from './lower-elements.js';
import { macNumbers } from './mac-numbers.js';
import { badRank, emptyNetwork, noEngine, quantiseFirst, tableTooWide } from './messages.js';

/** Another name of the same stream, and the map that those who read it see. */
interface Alias {
  readonly kind: 'alias';
  readonly map: FeatureMap;
}

type Lower<O extends Op> = (graph: Graph, node: GraphNode<O>, ends: Ends) => Layer | Alias;
type LowerTable = { readonly [K in OpKind]: Lower<OpOf<K>> };

const LOWER: LowerTable = {
  conv: lowerConv,
  dense: (graph, node, ends) => ({ kind: 'dense', ...ends, numbers: macNumbers(graph, node) }),
  'max-pool': (graph, node, ends) => lowerPool(graph, node, ends, 'max', node.op, true),
  'average-pool': (graph, node, ends) => lowerPool(graph, node, ends, 'average', node.op, node.op.countIncludePad),
  'global-average-pool': (graph, node, ends) =>
    lowerPool(graph, node, ends, 'average', wholeMap(ends.input), true, node.op.clamp),
  'batch-norm': refuse,
  relu: (graph, node, ends) => lowerClamp(graph, node, ends, { lo: 0 }),
  clip: (graph, node, ends) => lowerClamp(graph, node, ends, node.op),
  sigmoid: lowerPointwise,
  tanh: lowerPointwise,
  flatten: (_graph, _node, { input }) => ({ kind: 'alias', map: input }),
  requantise: (graph, node, ends) =>
    isWide(ends) ? lowerRequantise(graph, node, ends) : lookup(node, ends, () => requantiseTable(graph, node)),
  add: lowerAdd,
  'conv-transpose': refuse,
  'local-response-norm': lowerResponse,
  'leaky-relu': lowerSlope,
  prelu: lowerSlope,
  elu: lowerPointwise,
  'hard-sigmoid': lowerPointwise,
  'hard-swish': lowerPointwise,
  swish: lowerPointwise,
  mul: lowerMul,
  concat: lowerConcat,
  slice: lowerSlice,
  pad: lowerPad,
  transpose: refuse,
  reshape: lowerReshape,
  upsample: lowerUpsample,
  'depth-to-space': lowerDepthToSpace,
  'permute-channels': lowerPermute,
  'reduce-mean': refuse,
  quantise: refuse,
  dequantise: refuse,
};

/**
 * Lowers an integer graph to its layers. Throws a HeddleError with everything that stands in the way: a float model,
 * operators without an engine.
 */
export function lowerGraph(graph: Graph): LayerGraph {
  const problems = new DiagnosticCollector();
  if ([...graph.types.values()].some((type) => !isInt(type.element)))
    throw new HeddleError([quantiseFirst(graph.name)]);
  problems.add(...missingEngines(graph));
  problems.throwIfErrors();
  const maps = new Map<string, FeatureMap>();
  const aliases = new Map<string, string>();
  const layers: Layer[] = [];
  for (const { tensor } of graph.inputs) {
    const map = collect(problems, () => inputMapOf(graph, tensor));
    if (map !== undefined) maps.set(tensor, map);
  }
  for (const node of graph.nodes) {
    const lowered = collect(problems, () => lowerNode(graph, node, maps));
    if (lowered === undefined) continue;
    const [from, to] = nodeEnds(node);
    if (lowered.kind === 'alias') {
      aliases.set(to, aliases.get(from) ?? from);
      maps.set(to, lowered.map);
    } else {
      layers.push(lowered);
      maps.set(to, lowered.output);
    }
  }
  problems.throwIfErrors();
  if (layers.length === 0) throw new HeddleError([emptyNetwork(graph.name)]);
  const end = ({ tensor }: { readonly tensor: string }): LayerEnd => ({
    tensor,
    map: defined(maps.get(tensor), `the map of '${tensor}'`),
  });
  return { name: graph.name, inputs: graph.inputs.map(end), layers, aliases, outputs: graph.outputs.map(end) };
}

function collect<T>(problems: DiagnosticCollector, compute: () => T): T | undefined {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    problems.add(...error.diagnostics);
    return undefined;
  }
}

function nodeEnds(node: GraphNode): readonly [string, string] {
  return [
    defined(node.inputs[0], `the input of node '${node.name}'`),
    defined(node.outputs[0], `the output of node '${node.name}'`),
  ];
}

function missingEngines(graph: Graph): readonly Diagnostic[] {
  return graph.nodes.filter(({ op }) => LOWER[op.kind] === refuse).map(({ name, op }) => noEngine(name, op.kind));
}

function mapOf(tensor: string, type: TensorType): FeatureMap {
  invariant(isInt(type.element), `tensor '${tensor}' is not an integer tensor`);
  const element: IntElement = type.element;
  if (type.shape.length < 1 || type.shape.length > 3) throw new HeddleError([badRank(tensor, type.shape)]);
  const [channels = 1, width = 1, height = 1] = type.shape.toReversed();
  return { height, width, channels, element };
}

/** A vector that is only read as a map comes in as that map: the elements are the same, its beats are pixels. */
function inputMapOf(graph: Graph, input: string): FeatureMap {
  const type = typeOf(graph, input);
  const readers = graph.nodes.filter((node) => node.inputs.includes(input));
  const [reader] = readers;
  if (type.shape.length !== 1 || readers.length !== 1 || reader?.op.kind !== 'reshape') return mapOf(input, type);
  const [, output] = nodeEnds(reader);
  return typeOf(graph, output).shape.length === 3 ? mapOf(output, typeOf(graph, output)) : mapOf(input, type);
}

function lowerNode(graph: Graph, node: GraphNode, maps: ReadonlyMap<string, FeatureMap>): Layer | Alias | undefined {
  const [, outputTensor] = nodeEnds(node);
  const flowing = node.inputs.filter((tensor) => !graph.constants.has(tensor));
  const inputs = flowing.flatMap((tensor) => {
    const map = maps.get(tensor);
    return map === undefined ? [] : [{ tensor, map }];
  });
  const [first] = inputs;
  // A producer was refused already.
  if (first === undefined || inputs.length < flowing.length) return undefined;
  const own = mapOf(outputTensor, typeOf(graph, outputTensor));
  // An element-wise layer after a flatten keeps the map that the stream has.
  const elementwise = LOWER_ELEMENTWISE.has(node.op.kind);
  const output = elementwise ? { ...first.map, element: own.element } : own;
  const macs = nodeMacs(node, graph.types) ?? 0;
  return (LOWER[node.op.kind] as Lower<Op>)(graph, node, {
    name: node.name,
    inputs,
    input: first.map,
    output,
    inputTensor: first.tensor,
    outputTensor,
    macs,
  });
}

const LOWER_ELEMENTWISE: ReadonlySet<OpKind> = new Set([
  'relu',
  'clip',
  'sigmoid',
  'tanh',
  'elu',
  'hard-sigmoid',
  'hard-swish',
  'swish',
  'leaky-relu',
  'prelu',
  'requantise',
  'flatten',
  'add',
]);

function refuse(_graph: Graph, node: GraphNode): never {
  throw new HeddleError([noEngine(node.name, node.op.kind)]);
}

function lowerPointwise(graph: Graph, node: GraphNode<PointwiseOp>, ends: Ends): Layer {
  return lookup(node, ends, () => pointwiseTable(node.op, inputType(graph, node), outputType(graph, node)));
}

/** A table where there is one slope and the input is narrow enough for it, else two multipliers. */
function lowerSlope(graph: Graph, node: GraphNode<OpOf<'leaky-relu'> | OpOf<'prelu'>>, ends: Ends): Layer {
  const table = isWide(ends) ? undefined : slopeTable(graph, node);
  return table === undefined ? lowerSlopes(graph, node, ends) : { kind: 'lookup', ...ends, table, of: node.op.kind };
}

/** A constant factor of one value is a table. */
function lowerMul(graph: Graph, node: GraphNode<OpOf<'mul'>>, ends: Ends): Layer {
  const table = ends.inputs.length === 1 ? factorTable(graph, node) : undefined;
  if (table === undefined) return lowerProduct(graph, node, ends);
  return lookup(node, { ...ends, output: { ...ends.input, element: ends.output.element } }, () => table);
}

/** The order of the stream's elements stays: another name for it, where the channels of its pixels stay too or nobody asks. */
function lowerReshape(graph: Graph, node: GraphNode, ends: Ends): Alias | Layer {
  const { input, outputTensor } = ends;
  const output = outputType(graph, node);
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(outputTensor));
  const nobodyAsks = readers.every(({ op }) => op.kind === 'reshape' || op.kind === 'flatten');
  if (output.shape.length === 1 || nobodyAsks) return { kind: 'alias', map: input };
  const map = mapOf(outputTensor, output);
  return map.channels === input.channels ? { kind: 'alias', map } : lowerRegrouping(ends, map);
}

function lowerConv(graph: Graph, node: GraphNode<ConvOp>, ends: Ends): Layer {
  const numbers = macNumbers(graph, node);
  const { groups } = node.op;
  const depthwise = groups === ends.input.channels && groups > 1;
  return depthwise
    ? { kind: 'depthwise', ...ends, window: node.op, multiplier: ends.output.channels / groups, numbers }
    : { kind: 'conv', ...ends, window: node.op, groups, numbers };
}

function wholeMap(map: FeatureMap): Window {
  return {
    kernelH: map.height,
    kernelW: map.width,
    strideH: map.height,
    strideW: map.width,
    dilationH: 1,
    dilationW: 1,
    padTop: 0,
    padLeft: 0,
    padBottom: 0,
    padRight: 0,
  };
}

function lowerPool(
  graph: Graph,
  node: GraphNode<MaxPoolOp | AveragePoolOp | OpOf<'global-average-pool'>>,
  ends: Ends,
  mode: 'max' | 'average',
  window: Window,
  countIncludePad: boolean,
  clamp: Clamp | undefined = node.op.clamp,
): Layer {
  const range = outputRange(graph, node, clamp);
  const numbers = { mode, window, countIncludePad, zeroPoint: range.zeroPoint, clampLo: range.lo, clampHi: range.hi };
  const apart = window.strideH >= window.kernelH && window.strideW >= window.kernelW;
  const plain = window.dilationH === 1 && window.dilationW === 1;
  const small = window.padTop < window.kernelH && window.padBottom < window.kernelH;
  const narrow = window.padLeft < window.kernelW && window.padRight < window.kernelW;
  return { kind: apart && plain && small && narrow ? 'pool-stream' : 'pool', ...ends, ...numbers };
}

/** Whether a table of the input would be too large. */
function isWide({ input }: Ends): boolean {
  return input.element.bits > MAX_TABLE_BITS;
}

function lookup(node: GraphNode, ends: Ends, table: () => Int32Array): Layer {
  if (isWide(ends)) throw new HeddleError([tableTooWide(node.name, node.op.kind, ends.input.element.bits)]);
  return { kind: 'lookup', ...ends, table: table(), of: node.op.kind };
}

/** A clamp that no pass could fuse into its producer: it must be its own layer. */
function lowerClamp(graph: Graph, node: GraphNode, ends: Ends, clamp: Clamp): Layer {
  const type = inputType(graph, node);
  const { min, max, zeroPoint } = activationOf(type, `the input of node '${node.name}'`);
  const { lo = min, hi = max } = integerClamp(clamp, type);
  if (isWide(ends)) return lowerWideClamp(ends, zeroPoint, lo, hi);
  return lookup(node, ends, () => {
    const size = 2 ** ends.input.element.bits;
    const half = ends.input.element.signed ? size / 2 : size;
    return Int32Array.from({ length: size }, (_, address) =>
      clampTo(address < half ? address : address - size, lo, hi),
    );
  });
}
