import { elementCount } from '../../../ir/tensor-type.js';
import { sameExtents } from '../../../ir/type-equality.js';
import { roundToHalf } from '../../../support/float16.js';
import { flag, integer, optionalInteger, optionalIntegers, real, required, word } from '../attributes.js';
import {
  type Call,
  constantOf,
  define,
  emit,
  inputOf,
  integersOf,
  normalAxis,
  operandOf,
  refuseIfRead,
  refuseNode,
} from '../call.js';
import { type DType, dtypeName, dtypeOf, elementOf, isFloat } from '../dtypes.js';
import { asType, defineKnown, foldReshape, foldTranspose, knownOf } from '../fold.js';
import { type OperatorRule, type RuleTable, rule, TWO } from '../rule.js';
import { graphShape } from '../values.js';
import { emitMoved, movable } from './moving.js';
import { castToReal } from './quantised-linear.js';

/** Operators that leave the elements in their order, and the transpose. */

const CONTRADICTION = 'the file contradicts itself; export the model again';

/** Emits the first operand under another shape of the file; nothing where it is the same one in the graph. */
function emitReshape(call: Call, shape: readonly number[]): void {
  const x = movable(call);
  const wanted = graphShape(shape);
  const result = { shape, ...x.numbers };
  if (sameExtents(call.work.typeOf(x.tensor).shape, wanted)) define(call, result, x.tensor);
  else emit(call, { kind: 'reshape', shape: wanted }, [x.tensor], result);
}

/** Both ways of a rule whose result has the operand's elements in their order. */
function reshaping<A>(shapeOf: (call: Call<A>) => readonly number[]): {
  readonly run: (call: Call<A>) => void;
  readonly fold: (call: Call<A>) => void;
  readonly foldsQuantised: true;
} {
  return {
    run: (call) => emitReshape(call, shapeOf(call)),
    fold: (call) => foldReshape(call, shapeOf(call)),
    foldsQuantised: true,
  };
}

/** 0 stands for the operand's own extent, unless `allowZero`; -1 for what is left over. */
function reshapedTo(call: Call, allowZero: boolean): readonly number[] {
  const { shape } = operandOf(call, 0);
  const wanted = integersOf(call, 1, 'shape');
  const count = elementCount(shape);
  const own = wanted.map((extent, axis) => (extent === 0 && !allowZero ? (shape[axis] ?? -2) : extent));
  const known = elementCount(own.filter((extent) => extent !== -1));
  const result = own.map((extent) => (extent === -1 ? count / known : extent));
  const isShape = result.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (isShape && own.filter((extent) => extent === -1).length <= 1 && elementCount(result) === count) return result;
  const text = `${count} elements of the shape [${shape.join(', ')}] do not go into the shape [${wanted.join(', ')}]`;
  return refuseNode(call, text, 'export the model with batch size 1, or with a dynamic batch dimension');
}

const reshape: readonly OperatorRule[] = [
  rule({ from: 5, to: 13, inputs: TWO, ...reshaping((call) => reshapedTo(call, false)) }),
  rule({
    from: 14,
    attributes: { allowzero: flag(false) },
    inputs: TWO,
    ...reshaping((call: Call<{ readonly allowzero: boolean }>) => reshapedTo(call, call.attributes.allowzero)),
  }),
];

const flatten = rule({
  from: 1,
  attributes: { axis: integer(1) },
  ...reshaping((call: Call<{ readonly axis: number }>) => {
    const { shape } = operandOf(call, 0);
    // It may stand behind the last axis too; from the end it is counted without that place.
    const axis =
      shape.length === call.attributes.axis ? shape.length : normalAxis(call, call.attributes.axis, shape.length);
    return [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))];
  }),
});

/** The axes that an attribute names, or since opset 13 a constant input. */
function axesOf(call: Call<{ readonly axes?: readonly number[] | undefined }>): readonly number[] | undefined {
  if (call.attributes.axes !== undefined) return call.attributes.axes;
  return inputOf(call, 1).kind === 'absent' ? undefined : integersOf(call, 1, 'list of axes');
}

function squeezed(call: Call<{ readonly axes?: readonly number[] | undefined }>): readonly number[] {
  const { shape } = operandOf(call, 0);
  const axes = axesOf(call)?.map((axis) => normalAxis(call, axis, shape.length));
  const odd = axes?.find((axis) => shape[axis] !== 1);
  if (odd !== undefined) {
    const text = `axis ${odd} of [${shape.join(', ')}] has more than one index and cannot be dropped`;
    refuseNode(call, text, CONTRADICTION);
  }
  return shape.filter((extent, axis) => !(axes === undefined ? extent === 1 : axes.includes(axis)));
}

/** Axes are those of the result. */
function unsqueezed(call: Call<{ readonly axes?: readonly number[] | undefined }>): readonly number[] {
  const { shape } = operandOf(call, 0);
  const given = axesOf(call) ?? [];
  const rank = shape.length + given.length;
  const axes = new Set(given.map((axis) => normalAxis(call, axis, rank)));
  if (axes.size !== given.length)
    refuseNode(call, `its axes [${given.join(', ')}] name one of them twice`, CONTRADICTION);
  const own = shape.values();
  return Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (own.next().value ?? 1)));
}

const ONE_OR_TWO = { min: 1, max: 2 } as const;

const squeeze: readonly OperatorRule[] = [
  rule({ from: 1, to: 12, attributes: { axes: optionalIntegers() }, ...reshaping(squeezed) }),
  rule({ from: 13, inputs: ONE_OR_TWO, ...reshaping(squeezed) }),
];

const unsqueeze: readonly OperatorRule[] = [
  rule({ from: 1, to: 12, attributes: { axes: required(optionalIntegers()) }, ...reshaping(unsqueezed) }),
  rule({ from: 13, inputs: TWO, ...reshaping(unsqueezed) }),
];

function permutation(call: Call<{ readonly perm: readonly number[] | undefined }>): readonly number[] {
  const { shape } = operandOf(call, 0);
  const perm = call.attributes.perm ?? shape.map((_, axis) => axis).reverse();
  if (perm.length === shape.length && shape.every((_, axis) => perm.includes(axis))) return perm;
  const text = `its attribute 'perm' is [${perm.join(', ')}], which is no order of the axes of [${shape.join(', ')}]`;
  return refuseNode(call, text, CONTRADICTION);
}

/** An axis with one index may stand anywhere, so the batch axis is left out of the permutation. */
const transpose = rule({
  from: 1,
  attributes: { perm: optionalIntegers() },
  run: (call) => {
    const x = movable(call);
    const perm = permutation(call);
    const shape = perm.map((axis) => x.shape[axis] ?? 0);
    const own = perm.filter((axis) => axis >= x.skipped);
    const made = own.map((axis) => x.shape[axis] ?? 0);
    if (own.every((axis, at) => axis === at + x.skipped)) emitReshape(call, shape);
    else emitMoved(call, x, { kind: 'transpose', perm: own.map((axis) => axis - x.skipped) }, { made, shape });
  },
  fold: (call) => foldTranspose(call, permutation(call)),
  foldsQuantised: true,
});

/** The result is the operand. */
const SAME = reshaping((call: Call) => operandOf(call, 0).shape);

const identity = rule({ from: 1, ...SAME });

/** Drops nothing when the model runs. */
function dropout(from: number, to: number): OperatorRule {
  return rule({
    ...{ from, to, attributes: { ratio: real(0.5) }, outputs: ONE_OR_TWO, foldsQuantised: true },
    run: (call) => {
      refuseIfRead(call, 1, 'mask');
      SAME.run(call);
    },
    fold: (call) => {
      refuseIfRead(call, 1, 'mask');
      SAME.fold(call);
    },
  });
}

/** Only in training is anything dropped, and the seed read. */
const dropoutByInputs = rule({
  from: 12,
  attributes: { seed: optionalInteger() },
  inputs: { min: 1, max: 3 },
  outputs: ONE_OR_TWO,
  run: (call) => {
    refuseIfRead(call, 1, 'mask');
    const isTraining = inputOf(call, 2).kind !== 'absent' && Number(constantOf(call, 2, 'training mode').data[0]) !== 0;
    if (isTraining) refuseNode(call, 'it drops elements as in training', 'export the model in inference mode');
    SAME.run(call);
  },
});

/** Real numbers stay what they are, in float32; integers become what they count. */
function runCast(call: Call, to: DType): void {
  const x = operandOf(call, 0);
  if (elementOf(to) === undefined || (!isFloat(to) && to !== x.dtype)) {
    const text = `it makes ${to} of ${x.dtype} while the model runs`;
    refuseNode(call, text, 'export the model in float32, or with QuantizeLinear where integers are wanted');
  }
  if (x.kind !== 'flowing') refuseNode(call, 'its input is a constant with an unknown value', CONTRADICTION);
  const result = { shape: x.shape, dtype: to };
  if (isFloat(x.dtype) || to === x.dtype) define(call, { ...result, ...numbersIfInteger(call, to) }, x.tensor);
  else define(call, result, castToReal(call, x));
}

function numbersIfInteger(call: Call, to: DType): object {
  return isFloat(to) ? {} : movable(call).numbers;
}

function foldCast(call: Call, to: DType): void {
  const value = constantOf(call, 0, 'input');
  if (value.dtype === to) {
    defineKnown(call, knownOf(call));
    return;
  }
  if (to === 'bfloat16') refuseNode(call, `it makes ${to} of a constant`, 'export the model in float32 or float16');
  call.work.spendCopy(8 * value.data.length);
  const read = to === 'float16' ? (entry: number | bigint): number => roundToHalf(Number(entry)) : Number;
  const numbers = Float64Array.from(value.data as ArrayLike<number | bigint>, read);
  defineKnown(call, { ...value, dtype: to, data: asType(call, numbers, to) });
}

interface CastAttributes {
  readonly to: number | undefined;
}

function castRule(from: number, to: number | undefined, more: object): OperatorRule {
  const wanted = (call: Call<CastAttributes>): DType => {
    const dtype = dtypeOf(call.attributes.to ?? 0);
    if (dtype !== undefined) return dtype;
    return refuseNode(call, `it casts to ${dtypeName(call.attributes.to ?? 0)}`, 'export the model in float32');
  };
  return rule({
    from,
    ...(to === undefined ? {} : { to }),
    attributes: { to: required(optionalInteger()), ...more },
    run: (call) => runCast(call, wanted(call)),
    fold: (call) => foldCast(call, wanted(call)),
  });
}

/** `saturate` and `round_mode` speak of 8-bit floats only, which are refused. */
const SATURATE = { saturate: flag(true) };
const ROUND = { ...SATURATE, round_mode: word(['up', 'down', 'nearest'], 'up') };

function castLikeRule(from: number, to: number | undefined, more: object): OperatorRule {
  const wanted = (call: Call): DType => operandOf(call, 1).dtype;
  return rule({
    from,
    ...(to === undefined ? {} : { to }),
    attributes: { ...more },
    inputs: TWO,
    run: (call) => runCast(call, wanted(call)),
    fold: (call) => foldCast(call, wanted(call)),
  });
}

export const SHAPE_RULES: RuleTable = {
  Reshape: reshape,
  Flatten: [flatten],
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: [transpose],
  Identity: [identity],
  Dropout: [dropout(7, 11), dropoutByInputs],
  Cast: [castRule(6, 18, {}), castRule(19, 23, SATURATE), castRule(24, undefined, ROUND)],
  CastLike: [castLikeRule(15, 18, {}), castLikeRule(19, 23, SATURATE), castLikeRule(24, undefined, ROUND)],
};
