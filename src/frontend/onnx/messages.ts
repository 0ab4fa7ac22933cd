import { tensorSubject } from '../../ir/messages.js';
import type { Diagnostic } from '../../support/diagnostics.js';
import { plural, printable } from '../../support/text.js';

/** Messages about ONNX files: E230..E259. Those about nodes have the operator in the subject. */

interface Spot {
  readonly file: string;
  readonly pointer?: string;
  readonly subject?: string;
}

function make(code: string, alias: string, { file, pointer, subject }: Spot, text: string, hint: string): Diagnostic {
  const place = pointer === undefined ? { file } : { file, pointer };
  const severity = code.startsWith('W') ? 'warning' : 'error';
  return { code, alias, severity, place, ...(subject === undefined ? {} : { subject }), text, hint };
}

/** A node of the file as messages name it. */
export interface NodeSpot {
  readonly file: string;
  readonly node: string;
  readonly opType: string;
}

function nodeSpot({ file, node, opType }: NodeSpot): Spot {
  return { file, subject: `node '${printable(node)}' (${printable(opType)})` };
}

export function damagedFile(file: string, message: string, byte: number, reason: string): Diagnostic {
  const hint = 'the file is damaged, cut short, or no ONNX model; export or copy it again';
  return make('E230', 'damaged-onnx', { file, pointer: `${message}, byte ${byte}` }, reason, hint);
}

export function tooManyParts(file: string, what: string, most: number): Diagnostic {
  const text = `the file holds more than ${most} ${what}`;
  return make(
    'E231',
    'onnx-too-many-parts',
    { file },
    text,
    'no network is so large; check that the file is the right one',
  );
}

export function irVersion(file: string, version: bigint, least: number, most: number): Diagnostic {
  const text = `its IR version is ${version}, but this Heddle reads versions ${least} to ${most}`;
  return make(
    'E232',
    'onnx-ir-version',
    { file },
    text,
    'export the model with an onnx package that writes one of these',
  );
}

export function opsetVersion(file: string, domain: string, version: bigint, least: number, most: number): Diagnostic {
  const name = domain === '' ? 'ai.onnx' : printable(domain);
  const text = `its operators are those of ${name} opset ${version}, but this Heddle knows opsets ${least} to ${most}`;
  const hint = 'export the model with another opset_version, or convert it with onnx.version_converter';
  return make('E233', 'onnx-opset', { file }, text, hint);
}

export function noGraph(file: string): Diagnostic {
  const text = 'it holds no network';
  return make(
    'E257',
    'onnx-no-graph',
    { file },
    text,
    'check that the file is the right one, and that it is not cut off',
  );
}

export function opsetMissing(file: string): Diagnostic {
  const text = 'it does not say which opset of ai.onnx its operators are from (opset_import)';
  return make('E234', 'onnx-no-opset', { file }, text, 'export the model again with a current exporter');
}

export function unreadFeature(file: string, what: string, hint: string): Diagnostic {
  return make('E235', 'onnx-feature', { file }, `the model has ${what}, which this Heddle does not read`, hint);
}

export function unknownOperator(spot: NodeSpot, domain: string, hint: string): Diagnostic {
  const from = domain === '' ? '' : ` of domain '${printable(domain)}'`;
  const text = `the operator ${printable(spot.opType)}${from} is not supported`;
  return make('E236', 'unsupported-operator', nodeSpot(spot), text, hint);
}

export function operatorVersion(spot: NodeSpot, opset: number, known: string): Diagnostic {
  const text = `the operator ${spot.opType} is known for opsets ${known}, but the model uses opset ${opset}`;
  const hint = 'export the model with another opset_version, or convert it with onnx.version_converter';
  return make('E237', 'operator-version', nodeSpot(spot), text, hint);
}

export function unknownAttribute(spot: NodeSpot, attribute: string, opset: number, suggestion: string): Diagnostic {
  const text = `attribute '${printable(attribute)}' is not known for ${spot.opType} of opset ${opset}`;
  const hint = suggestion === '' ? 'export the model without it' : suggestion;
  return make('E238', 'unknown-attribute', nodeSpot(spot), text, hint);
}

export function badAttribute(spot: NodeSpot, attribute: string, value: string, wanted: string): Diagnostic {
  const text = `attribute '${printable(attribute)}' is ${value}, but it must be ${wanted}`;
  return make('E239', 'bad-onnx-attribute', nodeSpot(spot), text, 'correct it, or export the model again');
}

export function missingAttribute(spot: NodeSpot, attribute: string): Diagnostic {
  const text = `the required attribute '${attribute}' is missing`;
  return make('E240', 'missing-onnx-attribute', nodeSpot(spot), text, 'export the model again');
}

export function wrongCount(spot: NodeSpot, what: 'input' | 'output', wanted: string, got: number): Diagnostic {
  const text = `it has ${plural(got, what)}, but ${spot.opType} takes ${wanted}`;
  return make('E241', 'onnx-arity', nodeSpot(spot), text, 'export the model again with a current exporter');
}

export function missingInput(spot: NodeSpot, index: number): Diagnostic {
  const text = `its input ${index} is left out, but ${spot.opType} needs it`;
  return make('E242', 'onnx-missing-input', nodeSpot(spot), text, 'export the model again with a current exporter');
}

/** A refusal with a translator's own words. */
export function notSupported(spot: NodeSpot, reason: string, hint: string): Diagnostic {
  return make('E243', 'not-supported', nodeSpot(spot), reason, hint);
}

export function noSuchTensor(spot: NodeSpot, tensor: string, suggestion: string): Diagnostic {
  const text = `it reads tensor '${printable(tensor)}', which no node, input or initializer provides`;
  const hint = suggestion === '' ? 'export the model again; a part of it is missing' : suggestion;
  return make('E244', 'no-such-tensor', nodeSpot(spot), text, hint);
}

export function providedTwice(file: string, tensor: string, makers: string): Diagnostic {
  const spot = { file, subject: tensorSubject(tensor) };
  return make(
    'E245',
    'provided-twice',
    spot,
    `it is provided by ${makers}`,
    'export the model again; names must be unique',
  );
}

export function inputType(file: string, tensor: string, reason: string, hint: string): Diagnostic {
  return make('E246', 'onnx-input', { file, subject: tensorSubject(tensor) }, reason, hint);
}

export function batchFixed(file: string, tensor: string, batch: number): Diagnostic {
  const text = `its batch dimension is ${batch}, but Heddle computes one picture at a time`;
  const hint = 'export the model with batch size 1, or with a dynamic batch dimension';
  return make('E247', 'batch-not-one', { file, subject: tensorSubject(tensor) }, text, hint);
}

export function dynamicShape(file: string, tensor: string, shape: string, pin: string): Diagnostic {
  const text = `its shape is ${shape}, but hardware is built for one size: only the batch may be left open`;
  const hint = `export the model for one size of input, or give it: --input-shape ${pin}`;
  return make('E248', 'dynamic-shape', { file, subject: tensorSubject(tensor) }, text, hint);
}

export function badPin(file: string, tensor: string, reason: string, hint: string): Diagnostic {
  return make('E249', 'bad-input-shape', { file, subject: tensorSubject(tensor) }, reason, hint);
}

export function badTensor(file: string, tensor: string, reason: string): Diagnostic {
  const hint = 'the file is damaged or was written wrongly; export it again';
  return make('E250', 'bad-onnx-tensor', { file, subject: tensorSubject(tensor) }, reason, hint);
}

export function tensorType(file: string, tensor: string, type: string): Diagnostic {
  const text = `its elements are of type ${type}, which this Heddle does not read`;
  return make('E251', 'onnx-tensor-type', { file, subject: tensorSubject(tensor) }, text, 'convert it when exporting');
}

export function externalData(file: string, tensor: string, reason: string, hint: string): Diagnostic {
  return make('E252', 'onnx-external-data', { file, subject: tensorSubject(tensor) }, reason, hint);
}

export function noSuchOutput(file: string, tensor: string, suggestion: string): Diagnostic {
  const text = 'it is an output of the model, but no node provides it';
  const hint = suggestion === '' ? 'export the model again; a part of it is missing' : suggestion;
  return make('E253', 'no-such-output', { file, subject: tensorSubject(tensor) }, text, hint);
}

export function constantOutput(file: string, tensor: string): Diagnostic {
  const text = 'it is an output of the model, but a constant: it does not depend on any input';
  return make(
    'E254',
    'constant-output',
    { file, subject: tensorSubject(tensor) },
    text,
    'export the model without this output',
  );
}

export function tooMuchCopied(file: string, most: number): Diagnostic {
  const text = `its constants would be copied and enlarged beyond ${most} bytes before anything is computed`;
  const hint = 'no network needs that; check that the file is the right one, and that it is not damaged';
  return make('E255', 'onnx-too-much-copied', { file }, text, hint);
}

/** `what`: softmax, say; `meaning`: what the output is instead. */
export function leftOut(spot: NodeSpot, what: string, meaning: string): Diagnostic {
  const text = `${what} at the end is left out, and the output is ${meaning}`;
  return make(
    'W256',
    'left-out',
    nodeSpot(spot),
    text,
    'compute it on the host, if it is needed at all; the top class is the same',
  );
}
