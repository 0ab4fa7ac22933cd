import { nodeSubject, tensorSubject } from '../ir/messages.js';
import type { Diagnostic } from '../support/diagnostics.js';

/** Messages of the quantiser: E370..E389. */

function error(code: string, alias: string, subject: string, text: string, hint: string): Diagnostic {
  return { code, alias, severity: 'error', subject, text, hint };
}

export function badOption(option: string, value: unknown, wanted: string): Diagnostic {
  const text = `it is ${String(value)}, but it must be ${wanted}`;
  return error('E370', 'bad-quantize-option', `option ${option}`, text, `correct ${option}, or leave it out`);
}

export function alreadyInteger(model: string): Diagnostic {
  return error(
    'E371',
    'already-integer',
    `model '${model}'`,
    'its tensors are integers already',
    'give the float model; an integer model can be compiled as it is',
  );
}

export function noCalibrationFrames(): Diagnostic {
  return error(
    'E372',
    'no-calibration-frames',
    'the calibration data',
    'it holds no frame',
    'give at least one typical input; a hundred or more make good ranges',
  );
}

export function notFiniteActivation(tensor: string, frame: number): Diagnostic {
  return error(
    'E373',
    'not-finite-activation',
    tensorSubject(tensor),
    `calibration frame ${frame} makes it NaN or infinite`,
    'check that the calibration data is preprocessed as in training, and that the weights are sound',
  );
}

export function tableInputTooWide(node: string, kind: string, bits: number, limit: number): Diagnostic {
  return error(
    'E374',
    'table-input-too-wide',
    nodeSubject(node),
    `'${kind}' is a table over its input, which activationBits makes ${bits} bits wide; the limit is ${limit}`,
    `use activationBits of ${limit} or fewer`,
  );
}
