import type { Clamp, Op, OpKind, OpOf, Window } from '../../ir/op.js';
import type { JsonObject, JsonValue } from './json-writer.js';
import type { AttributesJson } from './model-json.js';

/** Both directions of an operator's attributes. `weight` is the shape of the second input, where it is known. */
interface AttributeRule<O extends Op> {
  readonly read: (json: AttributesJson, weight: readonly number[] | undefined) => O;
  readonly write: (op: O) => readonly (readonly [string, JsonValue])[];
}

const ATTRIBUTES: { readonly [K in OpKind]: AttributeRule<OpOf<K>> } = {
  conv: {
    read: (json, weight) => {
      const kernel = json.kernel ?? [weight?.[1] ?? 1, weight?.[2] ?? 1];
      return { kind: 'conv', ...readWindow(json, kernel), groups: json.groups ?? 1, ...readClamp(json) };
    },
    write: (op) => [...writeWindow(op), ...unless(op.groups === 1, 'groups', op.groups), ...writeClamp(op)],
  },
  dense: { read: (json) => ({ kind: 'dense', ...readClamp(json) }), write: writeClamp },
  'max-pool': {
    read: (json) => ({ kind: 'max-pool', ...readWindow(json, json.kernel ?? [1, 1]), ...readClamp(json) }),
    write: (op) => [...writeWindow(op), ...writeClamp(op)],
  },
  'average-pool': {
    read: (json) => ({
      kind: 'average-pool',
      ...readWindow(json, json.kernel ?? [1, 1]),
      countIncludePad: json.countIncludePad ?? false,
      ...readClamp(json),
    }),
    write: (op) => [
      ...writeWindow(op),
      ...unless(!op.countIncludePad && !hasPadding(op), 'countIncludePad', op.countIncludePad),
      ...writeClamp(op),
    ],
  },
  'global-average-pool': { read: (json) => ({ kind: 'global-average-pool', ...readClamp(json) }), write: writeClamp },
  'batch-norm': {
    read: (json) => ({ kind: 'batch-norm', epsilon: json.epsilon ?? 0 }),
    write: (op) => [['epsilon', op.epsilon]],
  },
  relu: { read: () => ({ kind: 'relu' }), write: () => [] },
  clip: { read: (json) => ({ kind: 'clip', ...readBounds(json) }), write: writeBounds },
  sigmoid: { read: () => ({ kind: 'sigmoid' }), write: () => [] },
  tanh: { read: () => ({ kind: 'tanh' }), write: () => [] },
  flatten: { read: () => ({ kind: 'flatten' }), write: () => [] },
  requantise: { read: (json) => ({ kind: 'requantise', ...readClamp(json) }), write: writeClamp },
  add: { read: (json) => ({ kind: 'add', ...readClamp(json) }), write: writeClamp },
  'conv-transpose': {
    read: (json, weight) => {
      const [outputPadH, outputPadW] = json.outputPad ?? [0, 0];
      const kernel = json.kernel ?? [weight?.[1] ?? 1, weight?.[2] ?? 1];
      const window = { ...readWindow(json, kernel), groups: json.groups ?? 1, outputPadH, outputPadW };
      return { kind: 'conv-transpose', ...window, ...readClamp(json) };
    },
    write: (op) => [
      ...writeWindow(op),
      ...unless(op.groups === 1, 'groups', op.groups),
      ...unless(op.outputPadH === 0 && op.outputPadW === 0, 'outputPad', [op.outputPadH, op.outputPadW]),
      ...writeClamp(op),
    ],
  },
  'local-response-norm': {
    read: ({ size, alpha = 0, beta = 0, bias = 1 }) => ({
      kind: 'local-response-norm',
      size: Number(size),
      alpha,
      beta,
      bias,
    }),
    write: (op) => [
      ['size', op.size],
      ['alpha', op.alpha],
      ['beta', op.beta],
      ['bias', op.bias],
    ],
  },
  'leaky-relu': {
    read: ({ slope = 0 }) => ({ kind: 'leaky-relu', slope }),
    write: (op) => [['slope', op.slope]],
  },
  prelu: { read: () => ({ kind: 'prelu' }), write: () => [] },
  elu: { read: ({ alpha = 1 }) => ({ kind: 'elu', alpha }), write: (op) => [['alpha', op.alpha]] },
  'hard-sigmoid': {
    read: ({ alpha = 0, beta = 0 }) => ({ kind: 'hard-sigmoid', alpha, beta }),
    write: (op) => [
      ['alpha', op.alpha],
      ['beta', op.beta],
    ],
  },
  'hard-swish': { read: () => ({ kind: 'hard-swish' }), write: () => [] },
  swish: { read: () => ({ kind: 'swish' }), write: () => [] },
  mul: { read: (json) => ({ kind: 'mul', ...readClamp(json) }), write: writeClamp },
  concat: { read: ({ axis = 0 }) => ({ kind: 'concat', axis }), write: (op) => [['axis', op.axis]] },
  slice: {
    read: ({ begin = [], size, step }) => ({
      kind: 'slice',
      begin,
      size: Array.isArray(size) ? size : [],
      step: step ?? begin.map(() => 1),
    }),
    write: (op) => [
      ['begin', op.begin],
      ['size', op.size],
      ...unless(
        op.step.every((step) => step === 1),
        'step',
        op.step,
      ),
    ],
  },
  pad: {
    read: ({ before = [], after = [], mode = 'constant', value = 0 }) => ({ kind: 'pad', before, after, mode, value }),
    write: (op) => [
      ['before', op.before],
      ['after', op.after],
      ...unless(op.mode === 'constant', 'mode', op.mode),
      ...unless(op.value === 0, 'value', op.value),
    ],
  },
  transpose: { read: ({ perm = [] }) => ({ kind: 'transpose', perm }), write: (op) => [['perm', op.perm]] },
  reshape: { read: ({ shape = [] }) => ({ kind: 'reshape', shape }), write: (op) => [['shape', op.shape]] },
  upsample: {
    read: ({ factor: [factorH, factorW] = [1, 1] }) => ({ kind: 'upsample', factorH, factorW }),
    write: (op) => [['factor', [op.factorH, op.factorW]]],
  },
  'depth-to-space': {
    read: ({ block = 1, order }) => ({
      kind: 'depth-to-space',
      block,
      order: order === 'column-first' ? order : 'depth-first',
    }),
    write: (op) => [
      ['block', op.block],
      ['order', op.order],
    ],
  },
  'permute-channels': {
    read: ({ order }) => ({ kind: 'permute-channels', order: Array.isArray(order) ? order : [] }),
    write: (op) => [['order', op.order]],
  },
  'reduce-mean': {
    read: ({ axes = [], keepDims = false }) => ({ kind: 'reduce-mean', axes, keepDims }),
    write: (op) => [['axes', op.axes], ...unless(!op.keepDims, 'keepDims', op.keepDims)],
  },
  // The schema has no such nodes: networks are wholly float or wholly integer.
  quantise: { read: () => ({ kind: 'quantise' }), write: () => [] },
  dequantise: { read: () => ({ kind: 'dequantise' }), write: () => [] },
};

/** The operator of a node of a file that the schema has accepted. */
export function readOp(kind: OpKind, json: AttributesJson, weight: readonly number[] | undefined): Op {
  return ATTRIBUTES[kind].read(json, weight);
}

/** The attributes that differ from the format's defaults, in the order of its documentation. */
export function writeOp(op: Op): JsonObject {
  return new Map(writeByKind(op));
}

function writeByKind<O extends Op>(op: O): readonly (readonly [string, JsonValue])[] {
  const rule = ATTRIBUTES[op.kind] as unknown as AttributeRule<O>;
  return rule.write(op);
}

/** `pad` in the file is [top, left, bottom, right]. */
function readWindow(json: AttributesJson, [kernelH, kernelW]: readonly [number, number]): Window {
  const [strideH, strideW] = json.stride ?? [1, 1];
  const [dilationH, dilationW] = json.dilation ?? [1, 1];
  const [padTop, padLeft, padBottom, padRight] = json.pad ?? [0, 0, 0, 0];
  return { kernelH, kernelW, strideH, strideW, dilationH, dilationW, padTop, padLeft, padBottom, padRight };
}

function writeWindow(w: Window): readonly (readonly [string, JsonValue])[] {
  return [
    ['kernel', [w.kernelH, w.kernelW]],
    ...unless(w.strideH === 1 && w.strideW === 1, 'stride', [w.strideH, w.strideW]),
    ...unless(w.dilationH === 1 && w.dilationW === 1, 'dilation', [w.dilationH, w.dilationW]),
    ...unless(!hasPadding(w), 'pad', [w.padTop, w.padLeft, w.padBottom, w.padRight]),
  ];
}

export function hasPadding(w: Window): boolean {
  return w.padTop > 0 || w.padLeft > 0 || w.padBottom > 0 || w.padRight > 0;
}

function unless(isDefault: boolean, name: string, value: JsonValue): readonly (readonly [string, JsonValue])[] {
  return isDefault ? [] : [[name, value]];
}

function readBounds({ lo, hi }: Clamp): Clamp {
  return { ...(lo === undefined ? {} : { lo }), ...(hi === undefined ? {} : { hi }) };
}

function writeBounds({ lo, hi }: Clamp): readonly (readonly [string, JsonValue])[] {
  return [...(lo === undefined ? [] : [['lo', lo] as const]), ...(hi === undefined ? [] : [['hi', hi] as const])];
}

function readClamp(json: AttributesJson): { readonly clamp?: Clamp } {
  return json.clamp === undefined ? {} : { clamp: readBounds(json.clamp) };
}

function writeClamp({ clamp }: { readonly clamp?: Clamp }): readonly (readonly [string, JsonValue])[] {
  return clamp === undefined ? [] : [['clamp', new Map(writeBounds(clamp))]];
}
