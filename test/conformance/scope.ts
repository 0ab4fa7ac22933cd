import type { ModelProto, NodeProto } from '../../src/frontend/onnx/model-proto.js';
import { domainOf } from '../../src/frontend/onnx/operator.js';
import { OPERATOR_RULES } from '../../src/frontend/onnx/registry.js';

/** Operators that no accelerator of CNNs computes, by the reason. Those that the front end knows cannot stand here. */
const REASONS: readonly (readonly [string, string])[] = [
  [
    'it trains a network, or measures how well that went',
    'Adagrad Adam Momentum NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss',
  ],
  ['its result is random', 'Bernoulli RandomUniformLike'],
  ['it has graphs inside, which it runs as the data say', 'If Loop Scan SequenceMap'],
  [
    'it computes with sequences or optional values',
    'OptionalGetElement OptionalHasElement SequenceEmpty SequenceInsert SequenceLength',
  ],
  ['it is a recurrent layer', 'GRU LSTM RNN'],
  ['it computes with texts', 'StringNormalizer TfIdfVectorizer'],
  [
    'it is for signals in time',
    'BlackmanWindow CumSum DFT HammingWindow HannWindow MelWeightMatrix ReverseSequence STFT',
  ],
  [
    'it chooses elements by computed values',
    'Compress GatherElements GatherND GridSample MaxUnpool NonMaxSuppression NonZero OneHot RoiAlign Scatter ' +
      'ScatterElements ScatterND TopK Unique',
  ],
  [
    'it normalises with statistics of the picture itself, or is a part of that',
    'InstanceNormalization LayerNormalization MeanVarianceNormalization',
  ],
  [
    'it is a reduction that is no layer of a CNN',
    'ArgMin ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare',
  ],
  ['it is about matrices', 'Det Einsum EyeLike Trilu'],
  ['it is about bits and logic', 'BitShift IsInf IsNaN'],
  [
    'it is a function of elements that layers of CNNs do not use',
    'Acos Acosh Asin Asinh Atan Atanh Celu Cos Cosh Erf Hardmax Selu Shrink Sign Sin Sinh Softplus Softsign ' +
      'Tan ThresholdedRelu',
  ],
];

const REASON_OF: ReadonlyMap<string, string> = new Map(
  REASONS.flatMap(([reason, operators]) => operators.split(' ').map((operator) => [operator, reason] as const)),
);

/** Operators that are said to be out of scope although the front end reads them: a mistake of this table. */
export function contradictions(): readonly string[] {
  return [...REASON_OF.keys()].filter((operator) => OPERATOR_RULES.get('')?.has(operator) === true);
}

/** Why a case is none of a CNN; undefined where it could be. */
export function outOfScope({ graph }: ModelProto): string | undefined {
  const reasons = (graph?.node ?? []).flatMap((node) => reasonOf(node) ?? []);
  return reasons[0];
}

function reasonOf({ opType, domain }: NodeProto): string | undefined {
  const reason = REASON_OF.get(opType);
  if (reason === undefined) return undefined;
  return `${domainOf(domain) === '' ? '' : `${domain} `}${opType}: ${reason}`;
}
