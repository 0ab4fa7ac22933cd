import type { Diagnostic, FilePlace, Severity } from '../../support/diagnostics.js';
import { plural } from '../../support/text.js';

/** Messages about TFLite files: E260..E289, and the warnings W283..W286 beside them. */

/** Where a message points to, and what it is about. */
export interface Spot {
  readonly place: FilePlace;
  readonly subject?: string;
}

export const CONTRADICTION = 'the file contradicts itself; convert the model again';
const DAMAGED = 'the file is cut short, damaged or not a TFLite model; export it again';

function message(severity: Severity, code: string, alias: string, spot: Spot, text: string, hint: string): Diagnostic {
  return { code, alias, severity, ...spot, text, hint };
}

function error(code: string, alias: string, spot: Spot, text: string, hint: string): Diagnostic {
  return message('error', code, alias, spot, text, hint);
}

export function notTflite(file: string): Diagnostic {
  const text = 'this is not a TFLite model: bytes 4 to 7 are not the file identifier TFL3';
  return error('E260', 'not-tflite', { place: { file } }, text, 'give a .tflite file');
}

/** `section` is the path of the table, such as `subgraphs[0].tensors[3]`. */
export function corruptFile(file: string, section: string, reason: string): Diagnostic {
  return error('E261', 'corrupt-tflite', { place: { file, pointer: section } }, reason, DAMAGED);
}

export function schemaVersion(file: string, version: number, known: number): Diagnostic {
  const text = `the model has schema version ${version}, but only version ${known} can be read`;
  return error('E262', 'tflite-schema', { place: { file } }, text, 'convert it with a current TFLite converter');
}

/** A field that is not known may mean anything. */
export function newerField(file: string, section: string, field: number, known: number): Diagnostic {
  const text = `it has field ${field}, of a newer schema: fields up to ${known} are known`;
  const fix = 'use a newer Heddle, or convert the model with an older converter';
  return error('E283', 'newer-schema', { place: { file, pointer: section } }, text, fix);
}

export function tooMuch(file: string, what: string, limit: number): Diagnostic {
  const text = `it has more than ${limit} ${what}`;
  return error(
    'E263',
    'tflite-too-large',
    { place: { file } },
    text,
    'a network of this size cannot be meant; check it',
  );
}

export function noMainGraph(file: string, reason: string): Diagnostic {
  return error('E264', 'no-main-graph', { place: { file } }, reason, 'export the model with an inference graph');
}

export function outsideBuffer(spot: Spot): Diagnostic {
  const text = 'its values are stored outside of the FlatBuffer, as in models of more than 2 GB';
  return error('E265', 'outside-buffer', spot, text, 'convert the model with its constants inside the FlatBuffer');
}

export function unsupportedOperator(spot: Spot, reason: string, fix: string): Diagnostic {
  return error('E266', 'unsupported-operator', spot, reason, fix);
}

export function operatorVersion(spot: Spot, version: number, newest: number): Diagnostic {
  const text = `it is version ${version} of the operator, but only versions up to ${newest} are known`;
  return error('E267', 'operator-version', spot, text, 'use a newer Heddle, or convert for an older TFLite');
}

export function wrongOptions(spot: Spot, got: string, wanted: string): Diagnostic {
  const text = `its options are ${got}, but the operator's are ${wanted}`;
  return error('E268', 'wrong-options', spot, text, DAMAGED);
}

export function unsupportedOption(spot: Spot, option: string, reason: string, fix: string): Diagnostic {
  return error('E269', 'unsupported-option', spot, `option '${option}' ${reason}`, fix);
}

export function unsupportedType(spot: Spot, reason: string, fix: string): Diagnostic {
  return error('E270', 'unsupported-type', spot, reason, fix);
}

export function dynamicShape(spot: Spot, shape: readonly number[]): Diagnostic {
  const text = `its shape [${shape.join(', ')}] is dynamic (-1) outside of the batch`;
  return error('E271', 'dynamic-shape', spot, text, 'convert the model with a fixed input shape');
}

export function danglingOperand(spot: Spot, tensor: string, reason: string): Diagnostic {
  const text = `it reads ${tensor}, ${reason}`;
  return error(
    'E272',
    'dangling-operand',
    spot,
    text,
    'every tensor is an input, a constant or made by an earlier operator',
  );
}

export function tensorSource(spot: Spot, reason: string): Diagnostic {
  const fix = 'every tensor comes from exactly one source; export the model again';
  return error('E273', 'tensor-source', spot, reason, fix);
}

export function constantSize(
  spot: Spot,
  shape: readonly number[],
  element: string,
  needed: number,
  got: number,
): Diagnostic {
  const text = `its shape [${shape.join(', ')}] of ${element} needs ${plural(needed, 'byte')}, but its buffer holds ${got}`;
  return error('E274', 'constant-size', spot, text, DAMAGED);
}

export function badQuantization(spot: Spot, reason: string, fix: string): Diagnostic {
  return error('E275', 'bad-tflite-quantization', spot, reason, fix);
}

export function outputShape(spot: Spot, declared: readonly number[], computed: readonly number[]): Diagnostic {
  const text = `it computes the shape [${computed.join(', ')}], but its output is declared as [${declared.join(', ')}]`;
  return error('E276', 'output-shape', spot, text, 'the file contradicts itself; export it again');
}

export function notConstant(spot: Spot, role: string): Diagnostic {
  const text = `its ${role} is computed while the network runs`;
  return error('E277', 'operand-not-constant', spot, text, `export the model so that the ${role} is a constant`);
}

export function operandCount(spot: Spot, what: 'input' | 'output', wanted: string, got: number): Diagnostic {
  const text = `it has ${plural(got, what)}, but the operator has ${wanted}`;
  return error('E278', 'operand-count', spot, text, DAMAGED);
}

export function operandsDoNotFit(spot: Spot, reason: string, fix: string): Diagnostic {
  return error('E279', 'operands-do-not-fit', spot, reason, fix);
}

export function sparseTensor(spot: Spot): Diagnostic {
  const text = 'its values are stored sparsely';
  return error('E280', 'sparse-tensor', spot, text, 'convert the model without sparsity; its zeros are kept as values');
}

export function variableTensor(spot: Spot): Diagnostic {
  const text = 'it is a variable, which keeps its value from frame to frame';
  return error('E281', 'variable-tensor', spot, text, 'export the network without state');
}

export function notAtTheEnd(spot: Spot, operator: string): Diagnostic {
  const text = `a ${operator} whose result is computed with has no engine; only at the end of a network it is left out`;
  return error('E282', 'not-at-the-end', spot, text, 'cut the network before it');
}

/** The spot of the end operator; `what` is what the output holds instead. */
export function leftOut(spot: Spot, operator: string, what: string): Diagnostic {
  const text = `${operator} at the end is left out: the output holds ${what}`;
  return message(
    'warning',
    'W283',
    'left-out',
    spot,
    text,
    'compute it on the host where it is needed; the order of classes is the same',
  );
}

export function otherSubgraphs(file: string, names: readonly string[]): Diagnostic {
  const text = `only the main subgraph is read; ${plural(names.length, 'other')} of the file ${names.length === 1 ? 'is' : 'are'} not: ${names.join(', ')}`;
  return message(
    'warning',
    'W284',
    'other-subgraphs',
    { place: { file } },
    text,
    'nothing, unless one of them was meant',
  );
}

export function floatWeights(spot: Spot): Diagnostic {
  const text =
    'its weights are integers, but it computes on float32: they are read as the real values that they stand for';
  const hint = 'quantise the network with Heddle, or convert it with integer activations';
  return message('warning', 'W285', 'float-weights', spot, text, hint);
}

export function sameOutput(spot: Spot, other: string): Diagnostic {
  const text = `without what was left out it is the same tensor as output '${other}', and is listed once`;
  return message('warning', 'W286', 'same-output', spot, text, `read '${other}'`);
}
