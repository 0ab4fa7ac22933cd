import type { Diagnostic } from '../support/diagnostics.js';
import { broadcastShape } from './broadcast.js';
import type { Graph, GraphLevel, GraphNode } from './graph.js';
import {
  badClamp,
  badElement,
  badQuantization,
  missingQuantization,
  mixedElements,
  notConstant,
  notInNetwork,
  quantizationDiffers,
  shapesDoNotFit,
  wrongGraphKind,
} from './messages.js';
import type { OpKind } from './op.js';
import {
  elementCount,
  elementName,
  type IntElement,
  intRange,
  isInt,
  type TensorType,
  typeName,
} from './tensor-type.js';
import { sameNumbers } from './type-equality.js';

export const ACTIVATION_BITS = { least: 1, most: 16 } as const;
export const WEIGHT_BITS = { least: 2, most: 8 } as const;
/** Pointwise functions are tables, and a table of more address bits than this is not worth its memory. */
const TABLE_BITS = 10;
/** Accumulators that an imported graph hands from node to node. */
const IMPORTED_BITS = 32;

/** What an operator's tensors must be. */
interface TypingRule {
  /** Operators that have no meaning in the other kind of network. */
  readonly only?: 'float' | 'integer';
  readonly fix?: string;
  /** The output has the input's element and quantization. */
  readonly keepsQuantization?: boolean;
  /** Names of the inputs from the second on that must be constants. */
  readonly constants?: readonly string[];
  readonly mostInputBits?: number;
  /** Has no place behind the import's passes. */
  readonly importedOnly?: boolean;
}

const TYPING_RULES: Readonly<Record<OpKind, TypingRule>> = {
  conv: { constants: ['weight', 'bias'] },
  dense: { constants: ['weight', 'bias'] },
  'max-pool': { keepsQuantization: true },
  'average-pool': { keepsQuantization: true },
  'global-average-pool': { keepsQuantization: true },
  'batch-norm': {
    only: 'float',
    fix: 'fold it into the convolution before it, then quantise',
    constants: ['scale', 'offset', 'mean', 'variance'],
  },
  relu: { keepsQuantization: true },
  clip: { keepsQuantization: true },
  sigmoid: { mostInputBits: TABLE_BITS },
  tanh: { mostInputBits: TABLE_BITS },
  flatten: { keepsQuantization: true },
  requantise: { only: 'integer', fix: 'remove it: float tensors have no scale' },
  add: {},
  'conv-transpose': { constants: ['weight', 'bias'] },
  'local-response-norm': { mostInputBits: TABLE_BITS },
  'leaky-relu': {},
  prelu: { constants: ['slope'] },
  elu: { mostInputBits: TABLE_BITS },
  'hard-sigmoid': { mostInputBits: TABLE_BITS },
  'hard-swish': { mostInputBits: TABLE_BITS },
  swish: { mostInputBits: TABLE_BITS },
  mul: {},
  concat: {},
  slice: { keepsQuantization: true },
  pad: { keepsQuantization: true },
  transpose: { keepsQuantization: true },
  reshape: { keepsQuantization: true },
  upsample: { keepsQuantization: true },
  'depth-to-space': { keepsQuantization: true },
  'permute-channels': { keepsQuantization: true },
  'reduce-mean': { only: 'float', fix: 'average over height and width only, which is a global pool' },
  quantise: { importedOnly: true },
  dequantise: { importedOnly: true },
};

/**
 * Element types, quantization and clamps. Missing types are not reported here; `sound` are the nodes whose attributes
 * can be used. Of a constant that no node reads the role is unknown, and its type is not checked.
 */
export function typingProblems(graph: Graph, sound: readonly GraphNode[], level: GraphLevel): readonly Diagnostic[] {
  const isNetwork = level === 'network';
  const mixed = isNetwork ? mixedProblems(graph) : [];
  const roles = rolesOf(graph);
  return [
    ...mixed,
    ...[...graph.types].flatMap(([name, type]) => {
      const role = roles.get(name) ?? (graph.constants.has(name) ? undefined : 'activation');
      return role === undefined ? [] : elementProblems(name, type, role, level);
    }),
    ...(isNetwork ? graph.nodes.flatMap((node) => constantInputProblems(node, graph)) : []),
    ...(mixed.length > 0 ? [] : sound.flatMap((node) => nodeTypingProblems(node, graph, level))),
  ];
}

function mixedProblems(graph: Graph): readonly Diagnostic[] {
  const float = [...graph.types].find(([, type]) => !isInt(type.element));
  const integer = [...graph.types].find(([, type]) => isInt(type.element));
  return float === undefined || integer === undefined ? [] : [mixedElements(float[0], integer[0])];
}

const WEIGHTED: ReadonlySet<OpKind> = new Set(['conv', 'conv-transpose', 'dense']);

export type Role = 'activation' | 'weight' | 'bias';

/** The role of each tensor that a node reads: weights and biases of conv and dense nodes, otherwise activations. */
function rolesOf(graph: Graph): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  for (const node of graph.nodes) {
    const isWeighted = WEIGHTED.has(node.op.kind);
    node.inputs.forEach((name, index) => {
      const role = isWeighted && index === 1 ? 'weight' : isWeighted && index === 2 ? 'bias' : 'activation';
      if (role !== 'activation' || !roles.has(name)) roles.set(name, role);
    });
  }
  return roles;
}

/** Problems of one tensor's element and quantization; of the shape only weights' channel count matters. */
export function elementProblems(name: string, type: TensorType, role: Role, level: GraphLevel): readonly Diagnostic[] {
  const { element, quant } = type;
  if (!isInt(element)) {
    return quant === undefined
      ? []
      : [badQuantization(name, 'it is float32, but it has a quantization', 'remove the quantization')];
  }
  if (level === 'imported') return importedProblems(name, type, element);
  if (role === 'bias') return biasProblems(name, type);
  const { least, most } = role === 'weight' ? WEIGHT_BITS : ACTIVATION_BITS;
  const described = role === 'weight' ? 'a weight' : 'an activation';
  if (!(element.bits >= least && element.bits <= most)) {
    return [badElement(name, described, elementName(element), `integers of ${least} to ${most} bits`)];
  }
  if (quant === undefined) return [missingQuantization(name, typeName(type))];
  return [
    ...valueProblems(name, element, type),
    ...(role === 'weight' ? weightAxis(name, type) : activationAxis(name, type)),
  ];
}

/** Before the passes the file's own integers are taken as they are, if they can be computed with at all. */
function importedProblems(name: string, type: TensorType, element: IntElement): readonly Diagnostic[] {
  if (element.bits === 64 && type.quant === undefined) return [];
  if (!(element.bits >= 1 && element.bits <= IMPORTED_BITS)) {
    return [badElement(name, 'a tensor', elementName(element), `integers of 1 to ${IMPORTED_BITS} bits`)];
  }
  return type.quant === undefined ? [] : [...valueProblems(name, element, type), ...importedAxis(name, type)];
}

function importedAxis(name: string, { quant, shape }: TensorType): readonly Diagnostic[] {
  if (quant === undefined) return [];
  const wanted = quant.axis === undefined ? 1 : shape[quant.axis];
  if (quant.scale.length === wanted && quant.zeroPoint.length === wanted) return [];
  const where = quant.axis === undefined ? 'without an axis' : `along axis ${quant.axis} of ${shape[quant.axis] ?? 0}`;
  const text = `it has ${quant.scale.length} scales and ${quant.zeroPoint.length} zeroPoints ${where}`;
  return [badQuantization(name, text, 'give one scale and zeroPoint, or one for each index of the axis')];
}

function biasProblems(name: string, { element, quant }: TensorType): readonly Diagnostic[] {
  const elementText = elementName(element);
  const problems: Diagnostic[] = [];
  if (elementText !== 'int32' && elementText !== 'int64') {
    problems.push(badElement(name, 'a bias', elementText, 'int32 and int64'));
  }
  if (quant !== undefined) {
    const fix = 'remove its quantization';
    problems.push(badQuantization(name, "it is a bias, whose scale is the input's scale times the weight's", fix));
  }
  return problems;
}

function valueProblems(name: string, element: IntElement, { quant }: TensorType): readonly Diagnostic[] {
  const { min, max } = intRange(element);
  const scale = quant?.scale.findIndex((value) => !(Number.isFinite(value) && value > 0)) ?? -1;
  const zero = quant?.zeroPoint.findIndex((value) => !(Number.isInteger(value) && value >= min && value <= max)) ?? -1;
  const problems: Diagnostic[] = [];
  if (scale >= 0) {
    const text = `its scale ${quant?.scale[scale]} at index ${scale} is not positive and finite`;
    problems.push(badQuantization(name, text, 'correct the scale; a dead channel may have any positive one'));
  }
  if (zero >= 0) {
    const text = `its zeroPoint ${quant?.zeroPoint[zero]} at index ${zero} is not an integer from ${min} to ${max}`;
    problems.push(badQuantization(name, text, `a zeroPoint is a value of the tensor's type, ${elementName(element)}`));
  }
  return problems;
}

function activationAxis(name: string, { quant }: TensorType): readonly Diagnostic[] {
  if (quant === undefined || (quant.scale.length === 1 && quant.zeroPoint.length === 1 && quant.axis === undefined))
    return [];
  const given = `${quant.scale.length} scales, ${quant.zeroPoint.length} zeroPoints${quant.axis === undefined ? '' : ' and an axis'}`;
  const fix = 'give it one scale and one zeroPoint; only weights have them per output channel';
  return [badQuantization(name, `an activation is quantised as a whole, but it has ${given}`, fix)];
}

function weightAxis(name: string, { quant, shape }: TensorType): readonly Diagnostic[] {
  if (quant === undefined) return [];
  if (quant.axis !== undefined && quant.axis !== 0) {
    return [
      badQuantization(name, `its axis is ${quant.axis}`, 'weights are quantised along axis 0, the output channel'),
    ];
  }
  const wanted = quant.axis === undefined ? 1 : (shape[0] ?? 1);
  if (quant.scale.length === wanted && quant.zeroPoint.length === wanted) return [];
  const where = quant.axis === undefined ? 'without an axis one each is' : `along axis 0 ${wanted} each are`;
  const text = `it has ${quant.scale.length} scales and ${quant.zeroPoint.length} zeroPoints, but ${where} needed`;
  return [badQuantization(name, text, 'give one scale and zeroPoint, or one per output channel with "axis": 0')];
}

/** Weights and parameters are constants, and so is what is broadcast, a gate for each channel excepted. */
function constantInputProblems(node: GraphNode, graph: Graph): readonly Diagnostic[] {
  const names = TYPING_RULES[node.op.kind].constants ?? [];
  const problems = names.flatMap((role, index) => {
    const tensor = node.inputs[index + 1];
    return tensor === undefined || graph.constants.has(tensor) || !graph.types.has(tensor)
      ? []
      : [notConstant(node.name, role, tensor)];
  });
  const data = JOINS.has(node.op.kind) ? node.inputs : node.inputs.slice(0, 1);
  const broadcast = node.op.kind === 'add' || node.op.kind === 'mul' ? broadcastProblems(node, graph) : [];
  return [...problems, ...constantDataProblems(node, data, graph), ...broadcast];
}

const JOINS: ReadonlySet<OpKind> = new Set(['add', 'mul', 'concat']);

/** A node that computes on constants alone has no place in hardware. */
function constantDataProblems(node: GraphNode, data: readonly string[], graph: Graph): readonly Diagnostic[] {
  if (data.length === 0 || data.some((name) => !graph.constants.has(name))) return [];
  const fix = 'compute its result when the model is exported, and store that as a constant';
  return [shapesDoNotFit(node.name, 'it computes on constants only', fix)];
}

function broadcastProblems(node: GraphNode, graph: Graph): readonly Diagnostic[] {
  const shapes = node.inputs.map((name) => graph.types.get(name)?.shape ?? []);
  const result = broadcastShape(shapes);
  if (result === undefined) return [];
  const isGate = (shape: readonly number[]): boolean =>
    node.op.kind === 'mul' && shape.slice(0, -1).every((extent) => extent === 1) && shape.at(-1) === result.at(-1);
  return node.inputs.flatMap((name, index) => {
    const shape = shapes[index] ?? [];
    const isWhole = elementCount(shape) === elementCount(result) || isGate(shape);
    return isWhole || graph.constants.has(name) || !graph.types.has(name)
      ? []
      : [notConstant(node.name, 'input that is broadcast over the pixels', name)];
  });
}

function nodeTypingProblems(node: GraphNode, graph: Graph, level: GraphLevel): readonly Diagnostic[] {
  const input = graph.types.get(node.inputs[0] ?? '');
  const output = graph.types.get(node.outputs[0] ?? '');
  if (input === undefined || output === undefined) return [];
  const rule = TYPING_RULES[node.op.kind];
  if (rule.importedOnly === true) return importedOnlyProblems(node, { input, output }, level);
  if (level === 'imported' && isInt(input.element) !== isInt(output.element))
    return [mixedElements(...floatFirst(node.inputs[0] ?? '', node.outputs[0] ?? '', input))];
  const kind = isInt(output.element) ? 'integer' : 'float';
  if (rule.only !== undefined && rule.only !== kind) {
    return [wrongGraphKind(node.name, node.op.kind, rule.only, rule.fix ?? '')];
  }
  if (!isInt(output.element) || !isInt(input.element)) return [];
  const problems = [...integerClampProblems(node, output.element)];
  if (rule.keepsQuantization === true && !sameNumbers(input, output)) {
    problems.push(quantizationDiffers(node.name, node.op.kind, node.inputs[0] ?? '', node.outputs[0] ?? ''));
  }
  if (input.element.bits > (rule.mostInputBits ?? input.element.bits)) {
    const role = `the input of '${node.op.kind}' node '${node.name}'`;
    problems.push(
      badElement(
        node.inputs[0] ?? '',
        role,
        elementName(input.element),
        `integers of up to ${rule.mostInputBits} bits`,
      ),
    );
  }
  return problems;
}

function floatFirst(input: string, output: string, type: TensorType): readonly [string, string] {
  return isInt(type.element) ? [output, input] : [input, output];
}

/** Quantise leads from float to integers, dequantise back; a network that is wholly one of both has neither. */
function importedOnlyProblems(
  node: GraphNode,
  ends: { readonly input: TensorType; readonly output: TensorType },
  level: GraphLevel,
): readonly Diagnostic[] {
  const quantises = node.op.kind === 'quantise';
  if (level === 'network') return [notInNetwork(node.name, node.op.kind)];
  const fits = isInt(ends.input.element) !== quantises && isInt(ends.output.element) === quantises;
  const quantized = quantises ? ends.output : ends.input;
  const tensor = (quantises ? node.outputs[0] : node.inputs[0]) ?? '';
  if (!fits) return [wrongGraphKind(node.name, node.op.kind, quantises ? 'float' : 'integer', 'remove it')];
  return quantized.quant === undefined ? [missingQuantization(tensor, typeName(quantized))] : [];
}

function integerClampProblems(node: GraphNode, element: IntElement): readonly Diagnostic[] {
  const clamp = 'clamp' in node.op ? node.op.clamp : undefined;
  const { min, max } = intRange(element);
  const bad = [clamp?.lo, clamp?.hi].find(
    (end) => end !== undefined && !(Number.isInteger(end) && end >= min && end <= max),
  );
  if (bad === undefined) return [];
  const text = `an end of the clamp is ${bad}, but the output's type ${elementName(element)} holds integers from ${min} to ${max}`;
  return [badClamp(node.name, text, 'in an integer network the clamp is in integers of the output type')];
}
