import { broadcastShape, broadcastsTo } from '../../../ir/broadcast.js';
import type { Op } from '../../../ir/op.js';
import type { Tensor, TensorData } from '../../../ir/tensor.js';
import { F32, int, intRange, isInt } from '../../../ir/tensor-type.js';
import { invariant } from '../../../support/invariant.js';
import { clampAttribute, fusedActivation, fusedClamp } from '../activation.js';
import {
  type Activation,
  type Call,
  emitSteps,
  inputActivation,
  inputOf,
  numbersOf,
  outputActivation,
  outputOf,
  refuse,
  refuseUnlessKnown,
  tensorOf,
} from '../call.js';
import { foldArithmetic } from '../fold.js';
import { emitClamp, numbersAs } from '../keep.js';
import { notConstant, operandsDoNotFit, unsupportedType } from '../messages.js';
import { flag, optional } from '../options.js';
import { rule, TWO } from '../rule.js';
import { graphShape, graphType, type Value } from '../value.js';
import { realValues } from '../weights.js';

type FusedCall = Call<{ readonly fused_activation_function: string }>;

interface Pair {
  readonly y: Activation;
  /** The file's shape of the result. */
  readonly shape: readonly number[];
}

/** Both operands' numbers are of one kind, and their shapes go together. */
function checkPair(call: Call): Pair {
  const a = inputActivation(call, 0);
  const b = inputActivation(call, 1);
  if (a.isInteger !== b.isInteger) {
    const text = 'it mixes float32 and integers: its inputs are of both kinds';
    refuse(unsupportedType(call.spot, text, 'convert the model with one kind of numbers'));
  }
  const shapes = [inputOf(call, 0).shape, inputOf(call, 1).shape];
  const shape = broadcastShape(shapes);
  if (shape !== undefined) return { y: outputActivation(call, a), shape };
  const text = `its inputs have the shapes ${shapes.map((extents) => `[${extents.join(', ')}]`).join(' and ')}`;
  return refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, 'make them of one shape'));
}

function emitPair(call: FusedCall, inputs: readonly string[], kind: 'add' | 'mul', { y, shape }: Pair): void {
  const op: Op = { kind, ...clampAttribute(fusedClamp(call, y)) };
  const numbers = numbersAs(numbersOf(call, outputOf(call)), y);
  emitSteps(call, inputs, [{ op, type: graphType(y.element, y.quant, graphShape(shape)) }], { shape, numbers });
}

/** How int16 scales are applied inside TFLite's kernel; the scales themselves say what is computed. */
const powerOfTwoScales = flag(true);

const addFields = { fused_activation_function: fusedActivation, pot_scale_int16: powerOfTwoScales };

const add = rule({
  versions: 5,
  options: optional('AddOptions', addFields),
  inputs: TWO,
  run: (call) =>
    emitPair(
      call,
      call.inputs.map((_, i) => tensorOf(call, inputOf(call, i))),
      'add',
      checkPair(call),
    ),
  fold: (call) => foldArithmetic(call, (a, b) => a + b),
});

const mul = rule({
  versions: 7,
  options: optional('MulOptions', { fused_activation_function: fusedActivation }),
  inputs: TWO,
  run: (call) =>
    emitPair(
      call,
      call.inputs.map((_, i) => tensorOf(call, inputOf(call, i))),
      'mul',
      checkPair(call),
    ),
  fold: (call) => foldArithmetic(call, (a, b) => a * b),
});

/** a - b is a + (-b). */
const sub = rule({
  versions: 5,
  options: optional('SubOptions', addFields),
  inputs: TWO,
  run: (call) => {
    const pair = checkPair(call);
    emitPair(call, [tensorOf(call, inputOf(call, 0)), negated(call, inputOf(call, 1))], 'add', pair);
  },
  fold: (call) => foldArithmetic(call, (a, b) => a - b),
});

/**
 * The negative of a tensor. Of integers it is exact with the zero point mirrored in the type's range:
 * scale * (q - z) = -scale * ((m - q) - (m - z)), m being the sum of the type's ends.
 */
function negated(call: Call, value: Value): string {
  const { element, quant } = inputActivation(call, 1);
  const mirror = isInt(element) ? intRange(element).min + intRange(element).max : 0;
  const own = quant === undefined ? undefined : { ...quant, zeroPoint: quant.zeroPoint.map((zero) => mirror - zero) };
  const type = graphType(element, own, graphShape(value.shape));
  const { data } = value;
  if (data !== undefined) {
    return call.work.constant(value.file, 'negated', () => ({ type, data: mirrored(call, data(), mirror) }));
  }
  const base = outputOf(call).name;
  const factor = call.work.newConstant(`${base}/minus_one`, isInt(element) ? MINUS_ONE : FLOAT_MINUS_ONE);
  return call.work.node(`${base}/negated`, { kind: 'mul' }, [tensorOf(call, value), factor], type, true);
}

const MINUS_ONE: Tensor = {
  type: { shape: [1], element: int(8, true), quant: { scale: [1], zeroPoint: [0] } },
  data: Int8Array.of(-1),
};
const FLOAT_MINUS_ONE: Tensor = { type: { shape: [1], element: F32 }, data: Float32Array.of(-1) };

function mirrored(call: Call, data: TensorData, mirror: number): TensorData {
  invariant(!(data instanceof BigInt64Array), 'an activation of 64 bits');
  call.work.spendCopy(data.byteLength);
  return data.map((value) => mirror - value) as TensorData;
}

/** The larger or smaller of a tensor and one constant value: a clip. */
function limit(end: 'lo' | 'hi') {
  return rule({
    versions: 4,
    options: optional('MaximumMinimumOptions', {}),
    inputs: TWO,
    run: (call) => {
      const input = inputOf(call, 0).data === undefined ? 0 : 1;
      const limitValue = inputOf(call, 1 - input);
      if (limitValue.data === undefined)
        refuseUnlessKnown([limitValue], () => notConstant(call.spot, 'second operand'));
      const [bound, ...others] = new Set(realValues(call, limitValue, 'limit'));
      const { shape } = inputOf(call, input);
      if (bound === undefined || others.length > 0 || !broadcastsTo(limitValue.shape, shape)) {
        const text = `its constant of [${limitValue.shape.join(', ')}] is not one value for all of [${shape.join(', ')}]`;
        refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, 'limit all channels alike'));
      }
      emitClamp(call, { [end]: bound }, input);
    },
  });
}

export const ELEMENTWISE_RULES = {
  ADD: add,
  SUB: sub,
  MUL: mul,
  MAXIMUM: limit('lo'),
  MINIMUM: limit('hi'),
};
