import { nodeSubject, tensorSubject } from '../ir/messages.js';
import type { Diagnostic } from '../support/diagnostics.js';
import { MAX_SHIFT, MIN_SHIFT } from '../support/fixed-point.js';

/** Messages about running a graph and about values at its boundary: E340..E359, E390..E399. */

function error(code: string, alias: string, subject: string, text: string, hint: string): Diagnostic {
  return { code, alias, severity: 'error', subject, text, hint };
}

function inputSubject(name: string): string {
  return `input '${name}'`;
}

export function scaleDoesNotFit(node: string, what: string, realScale: number, requantBits: number): Diagnostic {
  return error(
    'E340',
    'scale-does-not-fit',
    nodeSubject(node),
    `${what} needs the multiplier ${realScale}, which no ${requantBits}-bit integer shifted right by ${MIN_SHIFT} to ${MAX_SHIFT} gives`,
    'the scales of its input, weight and output differ by too many powers of two; recalibrate, or correct them in the model',
  );
}

export function responseNotPositive(node: string, least: number): Diagnostic {
  return error(
    'E395',
    'response-not-positive',
    nodeSubject(node),
    `what its input is divided by, before the power, reaches ${least} for the values that the input's type holds`,
    'correct its bias and alpha: bias + alpha / size * sum of squares has to be positive',
  );
}

export function responseTooCoarse(node: string, steps: number): Diagnostic {
  return error(
    'E396',
    'response-too-coarse',
    nodeSubject(node),
    `its table leaves errors of up to ${steps.toFixed(2)} steps of the output, and a whole one is too much`,
    'quantise its output to 8 bits or fewer, calibrate it with a larger scale, or give the network more requantBits',
  );
}

export function wrongElementKind(tensor: string, found: string, wanted: 'integer' | 'float32'): Diagnostic {
  return error(
    'E341',
    'wrong-element-kind',
    tensorSubject(tensor),
    `it is ${found}, but only ${wanted} networks can be run here`,
    wanted === 'integer'
      ? "quantise the model first: 'heddle quantize'"
      : 'give the float model that the integer model was made from',
  );
}

export function missingInput(tensor: string): Diagnostic {
  return error(
    'E342',
    'missing-input',
    inputSubject(tensor),
    'no value was given for it',
    'give a value for every input of the model',
  );
}

export function wrongInputType(tensor: string, found: string, wanted: string): Diagnostic {
  return error(
    'E343',
    'wrong-input-type',
    inputSubject(tensor),
    `the value given is ${found}, but the model takes ${wanted}`,
    `give ${wanted}, without a batch axis`,
  );
}

export function wrongInputArray(tensor: string, found: string, wanted: string, element: string): Diagnostic {
  return error(
    'E393',
    'wrong-input-array',
    inputSubject(tensor),
    `the values given are of the class ${found}, but those of ${element} are kept in ${wanted}`,
    `give them as ${wanted}`,
  );
}

export function inputOutOfRange(tensor: string, index: number, value: number, min: number, max: number): Diagnostic {
  return error(
    'E344',
    'input-out-of-range',
    inputSubject(tensor),
    `element ${index} is ${value}, outside ${min} to ${max}`,
    'give integers of the input type; real values and pixels have to be converted first',
  );
}

export function unknownTensor(tensor: string, what: 'flowing tensor' | 'input', suggestion: string): Diagnostic {
  return error(
    'E345',
    'unknown-tensor',
    tensorSubject(tensor),
    `the model has no ${what} of this name`,
    suggestion === '' ? "the names of the model's tensors stand in its .json file" : suggestion,
  );
}

export function sumTooWide(node: string, bound: number): Diagnostic {
  return error(
    'E346',
    'sum-too-wide',
    nodeSubject(node),
    `its sums can reach ${bound}, beyond the 2^53 up to which they are computed exactly`,
    'check its bias values: no layer of 8-bit weights comes near this',
  );
}

export function productTooWide(node: string, bound: number): Diagnostic {
  return error(
    'E392',
    'product-too-wide',
    nodeSubject(node),
    `its products can reach ${bound}, beyond the 2^53 up to which they are computed exactly`,
    'multiply fewer tensors at once, or tensors of fewer bits',
  );
}

/** `range`: the real range of a quantised input, as the text goes on; empty for a float one, which has no integers. */
export function noPreprocessing(tensor: string, range: string): Diagnostic {
  const raw = range === '' ? '' : ', or --raw for the integers of a quantised input';
  return error(
    'E350',
    'no-preprocessing',
    inputSubject(tensor),
    `pixels were given, but the model does not say how they become real values${range}`,
    `give --mean and --std, or real values as float32${raw}`,
  );
}

export function frameSize(tensor: string, found: number, wanted: number, shape: string): Diagnostic {
  return error(
    'E351',
    'frame-size',
    inputSubject(tensor),
    `a frame has ${found} elements, but the model takes ${wanted} (${shape})`,
    'a tensor file holds the frames in front, then the shape of one input',
  );
}

export function preprocessingChannels(tensor: string, found: number, channels: number): Diagnostic {
  return error(
    'E352',
    'preprocessing-channels',
    inputSubject(tensor),
    `mean or std has ${found} values for ${channels} channels`,
    'give one value, or one for each channel',
  );
}

export function notPixel(tensor: string, index: number, value: number): Diagnostic {
  return error(
    'E353',
    'not-a-pixel',
    inputSubject(tensor),
    `element ${index} is ${value}, which is not a pixel of 0 to 255`,
    'give pixels of 0 to 255, real values as float32, or --raw for the integers of a quantised input',
  );
}

export function bgrChannels(tensor: string, channels: number): Diagnostic {
  return error(
    'E354',
    'bgr-channels',
    inputSubject(tensor),
    `bgr is asked for, but it has ${channels} channels, not 3`,
    'leave bgr out',
  );
}

export function rawIntoFloat(tensor: string): Diagnostic {
  return error(
    'E355',
    'raw-into-float',
    inputSubject(tensor),
    'raw integers were given, but the input is float32',
    'give real values as float32, or pixels',
  );
}

export function notFiniteInput(tensor: string, index: number): Diagnostic {
  return error(
    'E356',
    'input-not-finite',
    inputSubject(tensor),
    `element ${index} is NaN or infinite`,
    'repair the tensor file',
  );
}

export function framesShape(
  file: string,
  tensor: string,
  found: readonly number[],
  wanted: readonly number[],
  layout: string,
): Diagnostic {
  return {
    ...error(
      'E347',
      'frames-shape',
      inputSubject(tensor),
      `the array's shape is (${found.join(', ')}), but the model takes (frames, ${wanted.join(', ')})${wanted.length === 3 ? `, which is ${layout}` : ''}`,
      'give the frames in front, then the shape of one input; --layout says otherwise where the axes stand in another order',
    ),
    place: { file },
  };
}

export function tooFewFrames(file: string, held: number, wanted: number): Diagnostic {
  const text = held === 0 ? 'it holds no frame' : `it holds ${held} frames, but ${wanted} are asked for`;
  return {
    code: 'E348',
    alias: 'too-few-frames',
    severity: 'error',
    place: { file },
    text,
    hint: held === 0 ? 'give at least one frame' : `ask for at most ${held} frames`,
  };
}

export function rawReal(file: string, tensor: string, element: string): Diagnostic {
  return {
    ...error(
      'E349',
      'raw-real-values',
      inputSubject(tensor),
      `--raw wants the integers of the input (${element}), but the array holds real values`,
      'leave --raw out: real values are quantised as the model says',
    ),
    place: { file },
  };
}

export function rawDtype(file: string, tensor: string, found: string, wanted: string, element: string): Diagnostic {
  return {
    ...error(
      'E357',
      'raw-type',
      inputSubject(tensor),
      `--raw wants the integers of the input (${element}) as '${wanted}', but the array holds '${found}'`,
      `convert it with array.astype('${wanted}'), or leave --raw out where it holds pixels`,
    ),
    place: { file },
  };
}

export function preprocessedReal(file: string, tensor: string): Diagnostic {
  return {
    ...error(
      'E358',
      'preprocessing-of-real-values',
      inputSubject(tensor),
      '--mean, --std and --bgr turn pixels into real values, but the array holds real values already',
      'leave them out, or give the pixels as integers',
    ),
    place: { file },
  };
}

export function labelsShape(file: string, found: readonly number[], frames: number): Diagnostic {
  return {
    code: 'E359',
    alias: 'labels-shape',
    severity: 'error',
    place: { file },
    text: `the labels have the shape (${found.join(', ')}), but the input holds ${frames} frames`,
    hint: `give one integer for each frame, an array of the shape (${frames},)`,
  };
}

export function labelsNotIntegers(file: string): Diagnostic {
  return {
    code: 'E390',
    alias: 'labels-not-integers',
    severity: 'error',
    place: { file },
    text: 'the labels are real values',
    hint: 'give the index of the right class of each frame as an integer',
  };
}

export function labelOutsideClasses(
  file: string,
  frame: number,
  label: number,
  offset: number,
  classes: number,
): Diagnostic {
  const shifted = offset === 0 ? '' : `, which the offset ${offset} makes ${label + offset}`;
  return {
    code: 'E394',
    alias: 'label-outside-classes',
    severity: 'error',
    place: { file },
    text: `label ${frame} is ${label}${shifted}, but the model has the classes 0 to ${classes - 1}`,
    hint: 'give the labels of this model, and with --label-offset the index of the class of label 0',
  };
}

export function notAClassifier(tensor: string, shape: readonly number[]): Diagnostic {
  return error(
    'E391',
    'not-a-classifier',
    tensorSubject(tensor),
    `labels were given, but the model's first output has the shape (${shape.join(', ')}), not one value a class`,
    'leave --labels out',
  );
}
