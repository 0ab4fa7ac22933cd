import { rawDtypeOf } from '../execute/frame-source.js';
import { outputRaw, outputReal } from '../execute/frames.js';
import { unknownTensor } from '../execute/messages.js';
import { numeric, typeOf } from '../execute/tensor-access.js';
import type { Graph, GraphOutput, SourceLayout } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { elementCount, isInt } from '../ir/tensor-type.js';
import { DiagnosticCollector, HeddleError } from '../support/diagnostics.js';
import type { NpyArray, NpyData } from '../support/npy.js';
import { didYouMean } from '../support/text.js';
import { splitNamed } from './input-options.js';
import { badOptionValue, givenTwice, realTensor } from './messages.js';

/** A tensor's values over all frames, on their way to a file. */
export interface TensorFile {
  readonly tensor: string;
  readonly path: string;
  readonly array: NpyArray;
  readonly put: (frame: number, value: Tensor) => void;
}

interface TensorFormat {
  /** Integers as they are; else real values in float32. */
  readonly raw: boolean;
  readonly layout: SourceLayout | undefined;
}

/** `--tensor name=file`, of any tensor that flows. */
export function readTensorRequests(graph: Graph, texts: readonly string[]): readonly (readonly [string, string])[] {
  const flowing = [...graph.types.keys()].filter((name) => !graph.constants.has(name));
  const problems = new DiagnosticCollector();
  const requests = new Map<string, string>();
  for (const text of texts) {
    const { name, path } = splitNamed(text, flowing);
    const end = text.indexOf('=');
    if (name === undefined && end < 0) problems.add(badOptionValue('--tensor', text, 'NAME=FILE.npy'));
    else if (name === undefined)
      problems.add(unknownTensor(text.slice(0, end), 'flowing tensor', suggestTensor(text.slice(0, end), flowing)));
    else if (requests.has(name)) problems.add(givenTwice('--tensor', name));
    else requests.set(name, path);
  }
  problems.throwIfErrors();
  return [...requests];
}

const SHOWN_TENSORS = 30;

function suggestTensor(name: string, flowing: readonly string[]): string {
  const more = flowing.length > SHOWN_TENSORS ? ` ... (${flowing.length} in all)` : '';
  const list = flowing.slice(0, SHOWN_TENSORS).map((tensor) => `'${tensor}'`);
  return didYouMean(name, flowing) || `the tensors are ${list.join(', ')}${more}`;
}

/** Room for all frames of a tensor. An output is in its source layout, another tensor is channels-last. */
export function makeTensorFile(
  graph: Graph,
  tensor: string,
  path: string,
  frames: number,
  format: TensorFormat,
): TensorFile {
  const type = typeOf(graph, tensor);
  if (format.raw && !isInt(type.element)) throw new HeddleError([realTensor('--raw-output', tensor)]);
  const output: GraphOutput = graph.outputs.find((candidate) => candidate.tensor === tensor) ?? {
    tensor,
    layout: 'nhwc',
    classOffset: 0,
  };
  const layout = format.layout ?? output.layout;
  const convert = format.raw ? outputRaw : outputReal;
  const size = elementCount(type.shape);
  const [height = 0, width = 0, channels = 0] = type.shape;
  const shape = layout === 'nchw' && type.shape.length === 3 ? [channels, height, width] : type.shape;
  const dtype = format.raw ? rawDtypeOf(type) : 'f4';
  const data = emptyData(dtype, frames * size);
  return {
    tensor,
    path,
    array: { shape: [frames, ...shape], dtype, data },
    put: (frame, value) => data.set(numeric(convert(output, value, layout).data), frame * size),
  };
}

function emptyData(dtype: NpyArray['dtype'], count: number): Exclude<NpyData, BigInt64Array> {
  const classes = { u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, i4: Int32Array } as const;
  return dtype === 'f4' || dtype === 'f8' || dtype === 'i8' ? new Float32Array(count) : new classes[dtype](count);
}
