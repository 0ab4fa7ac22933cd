import type { Diagnostic } from '../support/diagnostics.js';
import { isZooName } from '../zoo/name.js';

/** Messages of lowering and folding: E400..E439. */

function error(code: string, alias: string, subject: string, text: string, hint: string): Diagnostic {
  return { code, alias, severity: 'error', subject, text, hint };
}

/** A word as a shell takes it: in quotes where it holds anything special. */
function shellWord(text: string): string {
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** `path` is the model's file, where it came from one: the command line is then ready to use but for the frames. */
export function quantiseFirst(model: string, path?: string): Diagnostic {
  const source = path === undefined ? '<model>' : shellWord(path);
  const target =
    path === undefined ? '<integer model>' : shellWord(`${path.replace(/\.(?:json|onnx|tflite)$/, '')}-int8.json`);
  const isZoo = path !== undefined && isZooName(path);
  return error(
    'E400',
    'float-model',
    `model '${model}'`,
    'this is a float model; hardware is made from integer models',
    isZoo
      ? "leave the option 'float' out, or quantise it with frames of your own by heddle quantize"
      : `quantise first: heddle quantize ${source} --calibration x.npy -o ${target}`,
  );
}

export function noEngine(node: string, op: string): Diagnostic {
  return error(
    'E401',
    'no-engine',
    `node '${node}'`,
    `the operator '${op}' has no engine yet`,
    'the golden model runs it (heddle run); for hardware take it out of the model or compute it on the host',
  );
}

export function joinedMapsDiffer(node: string, maps: readonly string[]): Diagnostic {
  return error(
    'E403',
    'joined-maps-differ',
    `node '${node}'`,
    `its inputs come as streams of different maps (${maps.join('; ')}), whose elements do not meet`,
    'give its inputs one shape in the model, without a reshape of one of them',
  );
}

export function constantJoined(node: string, tensor: string): Diagnostic {
  return error(
    'E408',
    'constant-in-concat',
    `node '${node}'`,
    `its input '${tensor}' is a constant, which no engine puts beside a stream`,
    'the golden model runs it (heddle run); for hardware pad the channels, or leave the constant out',
  );
}

export function steppedSlice(node: string, step: readonly number[]): Diagnostic {
  return error(
    'E409',
    'slice-with-steps',
    `node '${node}'`,
    `a slice in steps of [${step.join(', ')}] has no engine; those of rows, columns and channels have steps of 1`,
    'the golden model runs it (heddle run); for hardware take every element, or a pooling layer with a stride',
  );
}

export function otherMap(node: string, stream: string, own: string): Diagnostic {
  return error(
    'E410',
    'other-map',
    `node '${node}'`,
    `its input is read as ${own}, but the stream that carries it has the pixels of ${stream}`,
    'leave out the flatten or reshape in front of it, or compute it on the host',
  );
}

export function padMode(node: string, mode: string): Diagnostic {
  return error(
    'E411',
    'pad-mode-without-engine',
    `node '${node}'`,
    `padding by '${mode}' has no engine; a map is padded with a constant`,
    'the golden model runs it (heddle run); for hardware pad with a constant, or on the host',
  );
}

export function padOnBothSides(node: string): Diagnostic {
  return error(
    'E412',
    'pad-of-pixels-and-channels',
    `node '${node}'`,
    'it pads both pixels and channels, which are two engines',
    'pad the channels in one node and the pixels in another one behind it',
  );
}

export function productOperands(node: string, streams: number, operands: number): Diagnostic {
  return error(
    'E413',
    'product-without-engine',
    `node '${node}'`,
    streams < operands
      ? 'it multiplies by a constant that is neither one value nor one a channel'
      : `it multiplies ${operands} streams, and an engine takes two`,
    streams < operands
      ? 'the golden model runs it (heddle run); for hardware multiply by one value a channel, or compute it on the host'
      : 'multiply two at a time; each product has a scale of its own then, so quantise the model anew',
  );
}

export function slopesOfPixels(node: string): Diagnostic {
  return error(
    'E414',
    'slopes-of-pixels',
    `node '${node}'`,
    'its slopes differ from pixel to pixel; an engine has one for all, or one a channel',
    'the golden model runs it (heddle run); for hardware train it with shared axes 1 and 2',
  );
}

export function responseTooWide(node: string, size: number, most: number): Diagnostic {
  return error(
    'E415',
    'response-too-wide',
    `node '${node}'`,
    `it sums over ${size} channels, and its engine over ${most} at most`,
    'the golden model runs it (heddle run); for hardware take a smaller size, or compute it on the host',
  );
}

export function badRank(tensor: string, shape: readonly number[]): Diagnostic {
  return error(
    'E405',
    'no-stream-shape',
    `tensor '${tensor}'`,
    `its shape [${shape.join(', ')}] is neither a vector [C] nor a line [W][C] nor a map [H][W][C]`,
    'reshape it in the model; streams carry vectors, lines and maps',
  );
}

export function tableTooWide(node: string, op: string, bits: number): Diagnostic {
  return error(
    'E406',
    'table-too-wide',
    `node '${node}'`,
    `'${op}' of a ${bits}-bit input would be a table of ${2 ** bits} entries; tables take up to 10 bits`,
    'quantise its input to 10 bits or fewer',
  );
}

export function emptyNetwork(model: string): Diagnostic {
  return error(
    'E407',
    'nothing-to-build',
    `model '${model}'`,
    'no operator of the model needs hardware',
    'give the model at least one layer besides flatten',
  );
}
