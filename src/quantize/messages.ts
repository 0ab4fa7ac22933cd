import { nodeSubject, tensorSubject } from '../ir/messages.js';
import type { Diagnostic } from '../support/diagnostics.js';

/** Messages of the quantiser: E290..E299. */

function error(code: string, alias: string, subject: string, text: string, hint: string): Diagnostic {
  return { code, alias, severity: 'error', subject, text, hint };
}

export function badOption(option: string, value: unknown, wanted: string): Diagnostic {
  const text = `it is ${String(value)}, but it must be ${wanted}`;
  return error('E293', 'bad-quantize-option', `option ${option}`, text, `correct ${option}, or leave it out`);
}

export function alreadyInteger(model: string): Diagnostic {
  return error(
    'E294',
    'already-integer',
    `model '${model}'`,
    'it is quantised already, and its own scales and zero points are kept',
    'use it as it is, or give the float model that it was made from',
  );
}

export function noCalibrationFrames(): Diagnostic {
  return error(
    'E295',
    'no-calibration-frames',
    'the calibration data',
    'it holds no frame',
    'give at least one typical input; a hundred or more make good ranges',
  );
}

export function notFiniteActivation(tensor: string, frame: number): Diagnostic {
  return error(
    'E296',
    'not-finite-activation',
    tensorSubject(tensor),
    `calibration frame ${frame} makes it NaN or infinite`,
    'check that the calibration data is preprocessed as in training, and that the weights are sound',
  );
}

export function tableInputTooWide(node: string, kind: string, bits: number, limit: number): Diagnostic {
  return error(
    'E297',
    'table-input-too-wide',
    nodeSubject(node),
    `'${kind}' is a table over its input, which activationBits makes ${bits} bits wide; the limit is ${limit}`,
    `use activationBits of ${limit} or fewer`,
  );
}

export function noIntegerForm(node: string, kind: string): Diagnostic {
  const hints: Readonly<Record<string, string>> = {
    'reduce-mean': 'average over height and width only, which is a global pool',
  };
  const hint = hints[kind] ?? 'replace it, or keep the model in float';
  return error('E290', 'no-integer-form', nodeSubject(node), `'${kind}' has no integer form yet`, hint);
}

export function padValueOutside(node: string, value: number, min: number, max: number): Diagnostic {
  return error(
    'E291',
    'pad-value-outside',
    nodeSubject(node),
    `it pads with ${value}, but its tensor has the numbers of its input, which reach from ${min} to ${max} only`,
    'pad with a value in that range',
  );
}

export function unknownLayer(layer: string, suggestion: string): Diagnostic {
  return error(
    'E292',
    'unknown-layer',
    'option weightBits',
    `the model has no layer with weights that is called '${layer}'`,
    suggestion,
  );
}
