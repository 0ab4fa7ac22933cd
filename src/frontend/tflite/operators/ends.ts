import {
  type Call,
  constantInts,
  defineOutput,
  inputActivation,
  inputOf,
  normalAxis,
  refuse,
  tensorOf,
} from '../call.js';
import { leftOut, notAtTheEnd, unsupportedOption } from '../messages.js';
import { elementType, optional, real, required } from '../options.js';
import { rule, TWO } from '../rule.js';

/** Operators that choose or weigh classes: at the end of a network they are left out, and the user is told. */

function requireEnd(call: Call): void {
  inputActivation(call, 0);
  if (!call.work.tail.has(call.operator.index)) refuse(notAtTheEnd(call.spot, call.operator.kind));
}

/** The input stands for the output: the same shape, and the same order of classes. */
function passLogits(call: Call): void {
  const value = inputOf(call, 0);
  const tensor = tensorOf(call, value);
  defineOutput(call, 0, { shape: value.shape, numbers: value.numbers, standIn: 'logits' }, tensor);
}

const softmax = rule({
  versions: 3,
  options: required('SoftmaxOptions', { beta: real() }),
  run: (call) => {
    requireEnd(call);
    const { beta } = call.options;
    if (beta !== 1)
      refuse(unsupportedOption(call.spot, 'beta', `is ${beta}`, 'export the softmax with beta 1, or without it'));
    call.work.note(leftOut(call.spot, 'a softmax', 'logits'));
    passLogits(call);
  },
});

const logSoftmax = rule({
  versions: 2,
  options: optional('LogSoftmaxOptions', {}),
  run: (call) => {
    requireEnd(call);
    call.work.note(leftOut(call.spot, 'a log-softmax', 'logits'));
    passLogits(call);
  },
});

const argMax = rule({
  versions: 2,
  options: optional('ArgMaxOptions', { output_type: elementType() }),
  inputs: TWO,
  run: (call) => {
    requireEnd(call);
    const value = inputOf(call, 0);
    const [axis = 0] = constantInts(call, inputOf(call, 1), 'axis');
    const along = normalAxis(call, axis, value.shape.length, 'axis');
    call.work.note(leftOut(call.spot, 'an arg-max', `the scores, of which it takes the largest along axis ${along}`));
    defineOutput(call, 0, { shape: value.shape, numbers: value.numbers, standIn: 'scores' }, tensorOf(call, value));
  },
});

export const END_RULES = { SOFTMAX: softmax, LOG_SOFTMAX: logSoftmax, ARG_MAX: argMax };
