import { nodeSubject } from '../ir/messages.js';
import type { Diagnostic } from '../support/diagnostics.js';

/** Messages of the passes: E360..E369. */

export function cannotFoldBatchNorm(node: string, shape: readonly number[]): Diagnostic {
  return {
    code: 'E360',
    alias: 'cannot-fold-batch-norm',
    severity: 'error',
    subject: nodeSubject(node),
    text: `it normalises a vector of the shape [${shape.join(', ')}] that is not the output of a dense layer which it alone reads, so there is nothing to fold it into`,
    hint: 'fold it into the layer behind it when the model is exported, or apply it to a feature map [H, W, C]',
  };
}

export function onlyDeadReaders(input: string): Diagnostic {
  return {
    code: 'E361',
    alias: 'only-dead-readers',
    severity: 'error',
    subject: `input '${input}'`,
    text: 'no output of the network depends on it',
    hint: 'remove the input and the nodes that read it, or list what they compute under outputs',
  };
}

/** Messages of fold-quantise: E370..E379 and W370. */

const QUANTISE_WHOLE =
  'quantise the whole network when it is exported, with a quantise behind every operator, or export it in float32 and let Heddle quantise it';

export function unquantisedOutput(node: string, op: string, reason: string): Diagnostic {
  return {
    code: 'E370',
    alias: 'unquantised-output',
    severity: 'error',
    subject: nodeSubject(node),
    text: `'${op}' has quantised inputs, but its output has no integer type: ${reason}`,
    hint: QUANTISE_WHOLE,
  };
}

export function unquantisedInput(node: string, op: string, tensor: string, reason: string): Diagnostic {
  return {
    code: 'E371',
    alias: 'unquantised-input',
    severity: 'error',
    subject: nodeSubject(node),
    text: `'${op}' stands in a quantised network, but its input '${tensor}' ${reason}`,
    hint: QUANTISE_WHOLE,
  };
}

export function unusableParameter(node: string, role: string, tensor: string, reason: string, fix: string): Diagnostic {
  return {
    code: 'E372',
    alias: 'unusable-parameter',
    severity: 'error',
    subject: nodeSubject(node),
    text: `its ${role} '${tensor}' ${reason}`,
    hint: fix,
  };
}

export function noIntegerForm(node: string, op: string, reason: string, fix: string): Diagnostic {
  return {
    code: 'E373',
    alias: 'no-integer-form',
    severity: 'error',
    subject: nodeSubject(node),
    text: `'${op}' cannot be computed in integers here: ${reason}`,
    hint: fix,
  };
}

export function valueBetweenSteps(node: string, what: string, value: number, scale: number): Diagnostic {
  return {
    code: 'E374',
    alias: 'value-between-steps',
    severity: 'error',
    subject: nodeSubject(node),
    text: `${what} ${value} is no multiple of its tensor's scale ${scale}, and its output is not quantised`,
    hint: 'put a quantise behind this node when the network is exported, or choose a scale that divides the value',
  };
}

export function unquantisedNetworkInput(input: string, reason: string): Diagnostic {
  return {
    code: 'E375',
    alias: 'unquantised-network-input',
    severity: 'error',
    subject: `input '${input}'`,
    text: `the network is quantised, but this input has no integer type: ${reason}`,
    hint: 'quantise the input once, before anything else reads it, when the network is exported',
  };
}

export function unfoldedSums(node: string, op: string, reason: string): Diagnostic {
  return {
    code: 'E376',
    alias: 'unfolded-sums',
    severity: 'error',
    subject: nodeSubject(node),
    text: `'${op}' hands out 32-bit sums, ${reason}`,
    hint: 'follow it by a cast, a multiplication by a constant scale and a quantise, or export with QLinearConv and QLinearMatMul or with quantise and dequantise nodes',
  };
}

export function quantisedPerAxis(node: string, tensor: string): Diagnostic {
  return {
    code: 'E377',
    alias: 'quantised-per-axis',
    severity: 'error',
    subject: nodeSubject(node),
    text: `tensor '${tensor}' flows, but it is quantised per axis`,
    hint: 'quantise activations per tensor; only weights may be quantised per output channel',
  };
}

export function biasesRounded(nodes: readonly string[]): Diagnostic {
  const shown = nodes.slice(0, 3).map((name) => `'${name}'`);
  const rest = nodes.length > shown.length ? ` and ${nodes.length - shown.length} more` : '';
  return {
    code: 'W370',
    alias: 'biases-rounded',
    severity: 'warning',
    subject: 'the network',
    text: `the biases of ${shown.join(', ')}${rest} were rounded, half to even, to the scale of their layers' sums (input scale times weight scale)`,
    hint: 'nothing need be done: the change is at most half a step of the sum; export biases as int32 of that scale to keep them as they are',
  };
}
