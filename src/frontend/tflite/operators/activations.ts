import { broadcastsTo } from '../../../ir/broadcast.js';
import type { Op } from '../../../ir/op.js';
import { isInt } from '../../../ir/tensor-type.js';
import { CLAMPS } from '../activation.js';
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
import { emitClamp, numbersAs } from '../keep.js';
import { notConstant, operandsDoNotFit, unsupportedOperator, unsupportedType } from '../messages.js';
import { NO_OPTIONS, type OptionFields, type OptionTable, optional, real, required, whole } from '../options.js';
import { rule, TWO } from '../rule.js';
import { graphShape, graphType } from '../value.js';
import { floatTensor } from '../weights.js';

/** A table of more entries has no engine. */
const TABLE_BITS = 10;

/** Emits an operator of one input whose output has numbers of its own. */
function emitUnary(call: Call, op: Op, x: Activation, others: readonly string[] = []): void {
  const value = inputOf(call, 0);
  const y = outputActivation(call, x);
  const type = graphType(y.element, y.quant, graphShape(value.shape));
  const numbers = numbersAs(numbersOf(call, outputOf(call)), y);
  emitSteps(call, [tensorOf(call, value)], [{ op, type, others }], { shape: value.shape, numbers });
}

/** A function of one element: a table for integers. */
function table(versions: number, op: Op, options: OptionTable<OptionFields> = NO_OPTIONS) {
  return rule({
    versions,
    options,
    run: (call) => {
      const x = inputActivation(call, 0);
      if (isInt(x.element) && x.element.bits > TABLE_BITS) {
        const text = `of int${x.element.bits} it would be a table of ${2 ** x.element.bits} entries`;
        refuse(unsupportedType(call.spot, text, 'convert this operator with int8'));
      }
      emitUnary(call, op, x);
    },
  });
}

function clampRule(versions: number, name: keyof typeof CLAMPS) {
  return rule({ versions, run: (call) => emitClamp(call, CLAMPS[name] ?? {}) });
}

const leakyRelu = rule({
  versions: 2,
  options: required('LeakyReluOptions', { alpha: real() }),
  run: (call) => emitUnary(call, { kind: 'leaky-relu', slope: call.options.alpha }, inputActivation(call, 0)),
});

/** The slopes are of the same kind of numbers as the input, and broadcast to it. */
const prelu = rule({
  versions: 1,
  inputs: TWO,
  run: (call) => {
    const x = inputActivation(call, 0);
    const slope = inputOf(call, 1);
    const { data, shape } = slope;
    if (data === undefined) refuseUnlessKnown([slope], () => notConstant(call.spot, 'slope'));
    if (!broadcastsTo(shape, inputOf(call, 0).shape)) {
      const text = `a slope of [${shape.join(', ')}] does not go with an input of [${inputOf(call, 0).shape.join(', ')}]`;
      refuseUnlessKnown(call.inputs, () =>
        operandsDoNotFit(call.spot, text, 'give one slope, or one for each channel'),
      );
    }
    if (!x.isInteger) {
      const form = { order: shape.map((_, axis) => axis), shape: graphShape(shape) };
      const make = () => floatTensor(call, slope, form, 'slope');
      return emitUnary(call, { kind: 'prelu' }, x, [call.work.constant(slope.file, 'float slope', make)]);
    }
    if (!inputActivation(call, 1).isInteger) {
      const text = 'its input is an integer, but its slope is float32';
      refuse(unsupportedType(call.spot, text, 'convert the model with an integer slope'));
    }
    emitUnary(call, { kind: 'prelu' }, x, [tensorOf(call, slope)]);
  },
});

/** TFLite's radius counts the channels to each side, and its alpha is for their sum, not for their mean. */
const localResponseNorm = rule({
  versions: 1,
  options: required('LocalResponseNormalizationOptions', {
    radius: whole(),
    bias: real(),
    alpha: real(),
    beta: real(),
  }),
  run: (call) => {
    const x = inputActivation(call, 0);
    const { radius, bias, alpha, beta } = call.options;
    if (x.isInteger) {
      const text = 'TensorFlow Lite has no integer form of it';
      refuse(unsupportedOperator(call.spot, text, 'import the float32 model and quantise it with Heddle'));
    }
    const size = 2 * radius + 1;
    emitUnary(call, { kind: 'local-response-norm', size, alpha: alpha * size, beta, bias }, x);
  },
});

export const ACTIVATION_RULES = {
  RELU: clampRule(3, 'RELU'),
  RELU6: clampRule(3, 'RELU6'),
  RELU_N1_TO_1: clampRule(1, 'RELU_N1_TO_1'),
  RELU_0_TO_1: clampRule(1, 'RELU_0_TO_1'),
  LOGISTIC: table(3, { kind: 'sigmoid' }),
  TANH: table(3, { kind: 'tanh' }),
  ELU: table(1, { kind: 'elu', alpha: 1 }),
  HARD_SWISH: table(1, { kind: 'hard-swish' }, optional('HardSwishOptions', {})),
  LEAKY_RELU: leakyRelu,
  PRELU: prelu,
  LOCAL_RESPONSE_NORMALIZATION: localResponseNorm,
};
