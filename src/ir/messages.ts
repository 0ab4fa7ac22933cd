import type { Diagnostic } from '../support/diagnostics.js';
import { plural, printable } from '../support/text.js';

/** Messages about graphs: E300..E339. Subjects are `node '...'` or `tensor '...'`; importers add the place by them. */

export function nodeSubject(name: string): string {
  return `node '${printable(name)}'`;
}

export function tensorSubject(name: string): string {
  return `tensor '${printable(name)}'`;
}

function error(code: string, alias: string, subject: string, text: string, hint: string): Diagnostic {
  return { code, alias, severity: 'error', subject, text, hint };
}

export function wrongArity(
  node: string,
  op: string,
  what: 'input' | 'output',
  wanted: string,
  got: number,
): Diagnostic {
  return error(
    'E301',
    'wrong-arity',
    nodeSubject(node),
    `'${op}' takes ${wanted} ${what}${wanted === '1' ? '' : 's'}, but ${got} ${got === 1 ? 'is' : 'are'} given`,
    `list the ${what}s in the order that the operator documents; optional ones are left out at the end`,
  );
}

export function wrongRank(
  node: string,
  role: string,
  wanted: string,
  shape: readonly number[],
  fix: string,
): Diagnostic {
  return error(
    'E302',
    'wrong-rank',
    nodeSubject(node),
    `the ${role} must be ${wanted}, but its shape is ${shapeText(shape)}`,
    fix,
  );
}

export function shapesDoNotFit(node: string, text: string, fix: string): Diagnostic {
  return error('E303', 'shapes-do-not-fit', nodeSubject(node), text, fix);
}

export function axesDoNotFit(node: string, what: string, shape: readonly number[]): Diagnostic {
  const fix = `name each of the ${shape.length} axes, counted from 0, without a batch axis`;
  return shapesDoNotFit(node, `${what} does not fit an input of the shape ${shapeText(shape)}`, fix);
}

export function badAttribute(node: string, attribute: string, value: unknown, wanted: string): Diagnostic {
  return error(
    'E304',
    'bad-attribute',
    nodeSubject(node),
    `attribute '${attribute}' is ${String(value)}, but it must be ${wanted}`,
    `correct '${attribute}'`,
  );
}

export function windowDoesNotFit(node: string, axis: string, reach: number, extent: number): Diagnostic {
  return error(
    'E305',
    'window-does-not-fit',
    nodeSubject(node),
    `the dilated kernel is ${reach} ${axis}, but the padded input has only ${extent}`,
    'use a smaller kernel or dilation, more padding, or a larger input',
  );
}

export function paddingTooLarge(node: string, side: string, pad: number, reach: number): Diagnostic {
  return error(
    'E306',
    'padding-too-large',
    nodeSubject(node),
    `the padding at the ${side} is ${pad}, which is not smaller than the dilated kernel's ${reach}`,
    'a window that lies in the padding alone computes nothing: make the padding smaller than the dilated kernel',
  );
}

export function emptyWindow(node: string, axis: string, index: number): Diagnostic {
  return error(
    'E307',
    'empty-window',
    nodeSubject(node),
    `the window at output ${axis} ${index} holds no element of the input, only padding`,
    'reduce the padding or the dilation so that every window holds at least one element',
  );
}

export function shapeDiffers(
  tensor: string,
  declared: readonly number[],
  node: string,
  inferred: readonly number[],
): Diagnostic {
  return error(
    'E308',
    'shape-differs',
    tensorSubject(tensor),
    `its declared shape is ${shapeText(declared)}, but node '${node}' produces ${shapeText(inferred)}`,
    'leave the shape out, or correct the node or its inputs',
  );
}

export function duplicateNode(name: string, times: number): Diagnostic {
  return error(
    'E310',
    'duplicate-node',
    nodeSubject(name),
    `${times} nodes have this name`,
    'give every node a name of its own',
  );
}

export function badName(what: 'node' | 'tensor' | 'model', name: string): Diagnostic {
  const shown = JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}...` : name);
  return error(
    'E311',
    'bad-name',
    `${what} ${shown}`,
    'the name is empty, longer than 200 characters or holds control characters',
    'use 1 to 200 printable characters',
  );
}

export function producedTwice(tensor: string, makers: readonly string[]): Diagnostic {
  return error(
    'E312',
    'produced-twice',
    tensorSubject(tensor),
    `it has ${makers.length} sources: ${makers.join(', ')}`,
    'every tensor comes from exactly one source: an input, a constant or one node; rename all but one',
  );
}

export function danglingTensor(node: string, tensor: string, suggestion: string): Diagnostic {
  return error(
    'E313',
    'dangling-tensor',
    nodeSubject(node),
    `it reads tensor '${tensor}', which no input, constant or node provides`,
    suggestion === '' ? 'correct the name, or add what provides the tensor' : suggestion,
  );
}

export function cycle(path: readonly string[]): Diagnostic {
  return error(
    'E314',
    'cycle',
    nodeSubject(path[0] ?? ''),
    `the nodes form a cycle: ${path.map((name) => `'${name}'`).join(' -> ')}`,
    'a network must flow from its inputs to its outputs; correct the input names of one of these nodes',
  );
}

export function wrongOrder(node: string, tensor: string, producer: string): Diagnostic {
  return error(
    'E315',
    'wrong-order',
    nodeSubject(node),
    `it reads tensor '${tensor}' before node '${producer}' produces it`,
    'sort the nodes topologically',
  );
}

export function missingOutput(tensor: string, suggestion: string): Diagnostic {
  return error(
    'E316',
    'missing-output',
    tensorSubject(tensor),
    'it is an output of the network, but no node produces it',
    suggestion === '' ? 'correct the name under outputs' : suggestion,
  );
}

export function missingType(tensor: string): Diagnostic {
  return error('E317', 'missing-type', tensorSubject(tensor), 'it has no type', 'give it a shape and an element type');
}

export function unusedTensor(tensor: string): Diagnostic {
  return error(
    'E318',
    'unused-tensor',
    tensorSubject(tensor),
    'it has a type, but it is neither an input nor a constant, and no node produces it',
    'remove it, or correct its name',
  );
}

export function unusedInput(tensor: string): Diagnostic {
  return error(
    'E319',
    'unused-input',
    tensorSubject(tensor),
    'it is an input of the network, but no node reads it',
    'remove the input, or connect it',
  );
}

export function mixedElements(float: string, integer: string): Diagnostic {
  return error(
    'E320',
    'mixed-elements',
    tensorSubject(float),
    `it is float32, but tensor '${integer}' is an integer; a network is float or integer as a whole`,
    'give every tensor an integer type with its quantization, or none',
  );
}

export function missingQuantization(tensor: string, type: string): Diagnostic {
  return error(
    'E321',
    'missing-quantization',
    tensorSubject(tensor),
    `its type is ${type}, but it has no quantization`,
    'give scale and zeroPoint: real = scale * (q - zeroPoint)',
  );
}

export function badQuantization(tensor: string, text: string, fix: string): Diagnostic {
  return error('E322', 'bad-quantization', tensorSubject(tensor), text, fix);
}

export function badElement(tensor: string, role: string, type: string, wanted: string): Diagnostic {
  return error(
    'E323',
    'bad-element',
    tensorSubject(tensor),
    `it is ${role} of type ${type}, but only ${wanted} can be used there`,
    'change the type of the tensor, or quantise to fewer bits',
  );
}

export function badClamp(node: string, text: string, fix: string): Diagnostic {
  return error('E325', 'bad-clamp', nodeSubject(node), text, fix);
}

export function quantizationDiffers(node: string, op: string, input: string, output: string): Diagnostic {
  return error(
    'E326',
    'quantization-differs',
    nodeSubject(node),
    `'${op}' keeps the quantization of its input, but tensor '${output}' has another type, scale or zeroPoint than '${input}'`,
    "give both the same type, scale and zeroPoint, or put a 'requantise' node behind it",
  );
}

export function wrongGraphKind(node: string, op: string, only: 'float' | 'integer', fix: string): Diagnostic {
  return error(
    'E327',
    'wrong-graph-kind',
    nodeSubject(node),
    `'${op}' can stand in a${only === 'float' ? ' float' : 'n integer'} network only`,
    fix,
  );
}

export function notInNetwork(node: string, op: string): Diagnostic {
  return error(
    'E309',
    'not-in-network',
    nodeSubject(node),
    `'${op}' stands between float and integer tensors, which a network has not side by side`,
    'give every operator between a dequantise and the next quantise a quantised output, or remove both',
  );
}

export function badRequantBits(bits: number): Diagnostic {
  return error(
    'E328',
    'bad-requant-bits',
    'requantBits',
    `it is ${bits}, but it must be 8 to 31`,
    'leave it out for 18',
  );
}

export function badExtent(tensor: string, shape: readonly number[], limit: number): Diagnostic {
  return error(
    'E329',
    'bad-extent',
    tensorSubject(tensor),
    `its shape is ${shapeText(shape)}, but every extent must be an integer from 1 to ${limit}`,
    'correct the shape; unknown or dynamic extents must be fixed before the import',
  );
}

export function tooLarge(subject: string, what: string, count: number, limit: number): Diagnostic {
  return error(
    'E330',
    'too-large',
    subject,
    `it has ${count} ${what}, more than the ${limit} that Heddle accepts`,
    'check the sizes; a network of this size cannot be meant',
  );
}

export function notConstant(node: string, role: string, tensor: string): Diagnostic {
  return error(
    'E331',
    'not-constant',
    nodeSubject(node),
    `the ${role}, tensor '${tensor}', must be a constant`,
    'store its values in the weights file and mark it as a constant',
  );
}

export function notFinite(tensor: string, count: number, first: number): Diagnostic {
  return error(
    'E332',
    'not-finite',
    tensorSubject(tensor),
    `${plural(count, 'value')} ${count === 1 ? 'is' : 'are'} NaN or infinite, the first at index ${first}`,
    'repair the model (training may have diverged), then export it again',
  );
}

export function valueOutOfType(tensor: string, type: string, count: number, first: number, value: string): Diagnostic {
  return error(
    'E333',
    'value-out-of-type',
    tensorSubject(tensor),
    `${plural(count, 'value')} ${count === 1 ? 'does' : 'do'} not fit ${type}, the first is ${value} at index ${first}`,
    'declare the type that the values have, or correct the values',
  );
}

export function badConstantData(tensor: string, text: string): Diagnostic {
  return error('E334', 'bad-constant-data', tensorSubject(tensor), text, 'store one value per element, in C order');
}

export function badPreprocessing(tensor: string, text: string): Diagnostic {
  return error(
    'E335',
    'bad-preprocessing',
    tensorSubject(tensor),
    text,
    'give finite mean and positive std, one value each or one per channel',
  );
}

export function badVariance(node: string, tensor: string, index: number, value: number): Diagnostic {
  return error(
    'E336',
    'bad-variance',
    nodeSubject(node),
    `variance plus epsilon is ${value} at index ${index} of tensor '${tensor}', but it must be positive`,
    'repair the statistics of the batch normalisation',
  );
}

export function badClassOffset(tensor: string, value: number): Diagnostic {
  return error(
    'E337',
    'bad-class-offset',
    tensorSubject(tensor),
    `its classOffset is ${value}, but it must be an integer from 0 to the number of classes`,
    'use 1 where class 0 is a background, 0 otherwise',
  );
}

export function listedTwice(tensor: string): Diagnostic {
  return error(
    'E338',
    'output-listed-twice',
    tensorSubject(tensor),
    'it is listed twice under outputs',
    'list it once',
  );
}

export function emptyNetwork(what: 'inputs' | 'outputs'): Diagnostic {
  return error('E339', 'empty-network', 'the network', `it has no ${what}`, `add at least one of its ${what}`);
}

export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
