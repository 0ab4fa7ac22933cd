import { flag, integer } from '../attributes.js';
import { type Call, define, normalAxis, operandOf, refuseNode } from '../call.js';
import { leftOut } from '../messages.js';
import { type RuleTable, rule } from '../rule.js';

/** Operators that weigh or choose classes: at the end of a network they are left out, and the user is told. */

/** Refuses the node where its values are read further on. Returns the words for the axis that it goes along. */
function requireEnd(call: Call, axis: number): string {
  const value = operandOf(call, 0);
  if (value.kind !== 'flowing') refuseNode(call, 'its input is a constant', 'fold constants when exporting');
  if (!call.isTail) {
    const text = 'it stands inside the network, where its values are computed with';
    refuseNode(call, text, 'only at the end can it be left out; cut the network before it');
  }
  const along = normalAxis(call, axis, value.shape.length);
  return value.shape.length > 2 ? ` along axis ${along} of [${value.shape.join(', ')}]` : '';
}

/** The input stands for the output: the same shape, and the same order of classes. */
function passLogits(call: Call, what: string, axis: number): void {
  const along = requireEnd(call, axis);
  const value = operandOf(call, 0);
  if (value.kind !== 'flowing') return;
  call.work.note(leftOut(call.spot, `${what}${along}`, 'logits'));
  define(call, { shape: value.shape, dtype: value.dtype, pastEnd: 'logits' }, value.tensor);
}

function softmax(what: string) {
  return [
    rule({
      from: 1,
      to: 12,
      attributes: { axis: integer(1) },
      run: (call) => passLogits(call, what, call.attributes.axis),
    }),
    rule({ from: 13, attributes: { axis: integer(-1) }, run: (call) => passLogits(call, what, call.attributes.axis) }),
  ];
}

const CHOICE = { axis: integer(0), keepdims: flag(true) };

function passScores(call: Call<{ readonly axis: number }>): void {
  const along = requireEnd(call, call.attributes.axis);
  const value = operandOf(call, 0);
  if (value.kind !== 'flowing') return;
  call.work.note(leftOut(call.spot, `an arg-max${along}`, 'the scores, of which it takes the largest'));
  define(call, { shape: value.shape, dtype: value.dtype, pastEnd: 'scores' }, value.tensor);
}

const argMax = [
  rule({ from: 1, to: 11, attributes: CHOICE, run: passScores }),
  rule({ from: 12, attributes: { ...CHOICE, select_last_index: flag(false) }, run: passScores }),
];

export const END_RULES: RuleTable = {
  Softmax: softmax('a softmax'),
  LogSoftmax: softmax('a log-softmax'),
  ArgMax: argMax,
};
