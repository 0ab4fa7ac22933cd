import { sameExtents } from '../../../ir/type-equality.js';
import { flag, optionalInteger, real, required } from '../attributes.js';
import { type Call, emit, emitMap, mapInput, operandOf, refuseIfRead, refuseNode } from '../call.js';
import { type OperandCount, type OperatorRule, type RuleTable, rule } from '../rule.js';
import { knownInput, realInput, weightTensor } from './conv-weights.js';

/** Normalisations whose numbers do not depend on the picture, and the one across neighbouring channels. */

const ROLES = ['scale', 'offset', 'mean', 'variance'] as const;

function parameters(call: Call, channels: number): readonly string[] {
  return ROLES.map((role, i) => {
    const value = knownInput(call, i + 1, role);
    if (sameExtents(value.shape, [channels]))
      return weightTensor(call, value, role, { split: value.shape, order: [0], shape: value.shape });
    const text = `its ${role} has the shape [${value.shape.join(', ')}], but its input has ${channels} channels`;
    return refuseNode(call, text, 'the file contradicts itself; export the model again');
  });
}

interface BatchNormAttributes {
  readonly epsilon: number;
  readonly training_mode?: boolean;
  readonly spatial?: boolean;
}

/** Of a map the channels are normalised, of a vector its elements. The statistics of training are outputs nobody reads. */
function runBatchNorm(call: Call<BatchNormAttributes>): void {
  const { epsilon, training_mode, spatial } = call.attributes;
  if (training_mode === true)
    refuseNode(call, "it computes as in training (attribute 'training_mode' is 1)", INFERENCE);
  if (spatial === false)
    refuseNode(call, "it has numbers for each pixel (attribute 'spatial' is 0)", 'export it with a newer opset');
  for (const index of [1, 2, 3, 4]) refuseIfRead(call, index, 'a statistic of training');
  const x = operandOf(call, 0);
  const tensor = realInput(call);
  if (x.shape.length === 2 && x.shape[0] === 1) {
    const inputs = [tensor, ...parameters(call, x.shape[1] ?? 0)];
    emit(call, { kind: 'batch-norm', epsilon }, inputs, x);
    return;
  }
  const map = mapInput(call);
  const shape = [map.height, map.width, map.channels] as const;
  const inputs = [map.tensor, ...parameters(call, map.channels)];
  emitMap(call, { kind: 'batch-norm', epsilon }, inputs, { shape, dtype: x.dtype });
}

const INFERENCE = 'export the model in inference mode';

const EPSILON = { epsilon: real(1e-5), momentum: real(0.9) };
const FIVE: OperandCount = { min: 5, max: 5 };

const BATCH_NORM: readonly OperatorRule[] = [
  rule({
    ...{ from: 7, to: 8, attributes: { ...EPSILON, spatial: flag(true) }, inputs: FIVE },
    ...{ outputs: { min: 1, max: 5 }, run: runBatchNorm },
  }),
  rule({ from: 9, to: 13, attributes: EPSILON, inputs: FIVE, outputs: { min: 1, max: 5 }, run: runBatchNorm }),
  rule({
    ...{ from: 14, attributes: { ...EPSILON, training_mode: flag(false) }, inputs: FIVE },
    ...{ outputs: { min: 1, max: 3 }, run: runBatchNorm },
  }),
];

const localResponseNorm = rule({
  from: 1,
  attributes: { alpha: real(1e-4), beta: real(0.75), bias: real(1), size: required(optionalInteger()) },
  run: (call) => {
    realInput(call);
    const { alpha, beta, bias, size = 0 } = call.attributes;
    if (!(size >= 1)) refuseNode(call, `its attribute 'size' is ${size}`, 'it must be at least 1');
    const map = mapInput(call);
    const shape = [map.height, map.width, map.channels] as const;
    const op = { kind: 'local-response-norm', size, alpha, beta, bias } as const;
    emitMap(call, op, [map.tensor], { shape, dtype: operandOf(call, 0).dtype });
  },
});

export const NORMALISE_RULES: RuleTable = { BatchNormalization: BATCH_NORM, LRN: [localResponseNorm] };
