import type { Diagnostic, FilePlace } from '../../support/diagnostics.js';
import { printable } from '../../support/text.js';

/** Messages about model files: E200..E229. What concerns the graph itself is in src/ir/messages.ts. */

/** Where a message points to, and what it is about. */
export interface Spot {
  readonly place: FilePlace;
  readonly subject?: string;
}

/** An object in a sentence, and what its members are called: properties, or attributes of an operator. */
export interface Owner {
  readonly owner: string;
  readonly noun: 'property' | 'attribute';
}

function error(code: string, alias: string, spot: Spot, text: string, hint: string): Diagnostic {
  return { code, alias, severity: 'error', ...spot, text, hint };
}

export function newerFormat(spot: Spot, version: number, known: number): Diagnostic {
  return error(
    'E200',
    'newer-format',
    spot,
    `the file has format version ${version}, but this Heddle reads versions up to ${known}`,
    'use a newer Heddle, or export the model for the older format',
  );
}

export function missingProperty(spot: Spot, { owner, noun }: Owner, property: string, fix: string): Diagnostic {
  return error('E201', 'missing-property', spot, `${owner} lacks the required ${noun} '${property}'`, fix);
}

export function unknownProperty(spot: Spot, { owner, noun }: Owner, property: string, fix: string): Diagnostic {
  return error('E202', 'unknown-property', spot, `${owner} has no ${noun} '${printable(property)}'`, fix);
}

export function unknownOp(spot: Spot, op: string, fix: string): Diagnostic {
  return error('E203', 'unknown-op', spot, `there is no operator ${op}`, fix);
}

export function wrongValue(spot: Spot, value: string, wanted: string, fix: string): Diagnostic {
  return error('E204', 'wrong-value', spot, `the value is ${value}, but it must be ${wanted}`, fix);
}

export function weightsUnreadable(spot: Spot, name: string, reason: string): Diagnostic {
  const text = `the weights file '${name}' cannot be used: ${reason}`;
  return error('E205', 'weights-unreadable', spot, text, 'keep the .safetensors file beside the .json file');
}

export function weightsNotNamed(spot: Spot, constants: number): Diagnostic {
  const text = `there are ${constants} constants, but no "weights" names the file with their values`;
  return error('E206', 'weights-not-named', spot, text, 'add "weights": "NAME.safetensors"');
}

export function weightsNotNeeded(spot: Spot): Diagnostic {
  return error(
    'E207',
    'weights-not-needed',
    spot,
    'a weights file is named, but there are no constants',
    'remove "weights"',
  );
}

export function notInWeights(spot: Spot, weights: string, fix: string): Diagnostic {
  return error('E208', 'not-in-weights', spot, `it is a constant, but '${weights}' has no values for it`, fix);
}

export function notDeclared(spot: Spot, weights: string, fix: string): Diagnostic {
  const text = `'${weights}' holds values for it, but the model has no such constant`;
  return error('E209', 'not-declared', spot, text, fix);
}

export function dtypeDiffers(spot: Spot, type: string, wanted: string, got: string): Diagnostic {
  const text = `its type ${type} is stored as ${wanted}, but the weights file has ${got}`;
  return error(
    'E210',
    'dtype-differs',
    spot,
    text,
    'correct the type, or store the values in the type that is declared',
  );
}

export function noStorage(spot: Spot, type: string): Diagnostic {
  return error(
    'E211',
    'no-storage',
    spot,
    `there is no stored form of ${type}`,
    'use a signed type for more than 16 bits',
  );
}

export function storedShapeDiffers(spot: Spot, declared: string, stored: string): Diagnostic {
  const text = `its declared shape is ${declared}, but the weights file has ${stored}`;
  return error('E212', 'stored-shape-differs', spot, text, 'declare the shape that the values are stored in');
}

export function undeclaredInteger(spot: Spot, node: string): Diagnostic {
  const text = `node '${node}' produces it from integers, but it has no declared type`;
  return error('E213', 'undeclared-integer', spot, text, 'list it under "tensors" with its type and quantization');
}

export function inputListedAgain(spot: Spot): Diagnostic {
  const text = 'it is an input, whose type stands under "inputs", but it is listed under "tensors" too';
  return error('E214', 'input-listed-again', spot, text, 'remove it from "tensors"');
}

export function countIncludePadNeeded(spot: Spot): Diagnostic {
  const text =
    "'average-pool' has padding, but countIncludePad does not say whether padded positions count in the divisor";
  return error('E215', 'count-include-pad-needed', spot, text, 'add "countIncludePad": true or false');
}

export function unusedConstant(spot: Spot): Diagnostic {
  return error(
    'E216',
    'unused-constant',
    spot,
    'it is a constant that no node reads',
    'remove it, or correct its name',
  );
}

export function moreBreaches(file: string, count: number): Diagnostic {
  const text = `${count} more places do not follow the format`;
  return error('E218', 'more-breaches', { place: { file } }, text, 'correct the first ones, and try again');
}

export function badTensorName(spot: Spot, shownName: string): Diagnostic {
  const text = `the tensor name ${shownName} is empty, longer than 200 characters or holds control characters`;
  return error('E217', 'bad-tensor-name', spot, text, 'use 1 to 200 printable characters');
}
