import type { Accuracy, Arithmetic } from '../execute/run-model.js';
import { plural } from '../support/text.js';
import { type Paint, PLAIN } from './paint.js';
import { percent, significant } from './table.js';

export interface RunTensor {
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly type: string;
  /** Where its values were written; undefined where they were not. */
  readonly file: string | undefined;
}

/** What `heddle run --json` prints; schemas/run.schema.json. Undefined is written as null. */
export interface RunDocument {
  readonly model: string;
  /** `integer`: the golden model, exactly what the hardware computes; `float32`: the float reference. */
  readonly arithmetic: Arithmetic;
  readonly frames: number;
  readonly inputs: readonly { readonly tensor: string; readonly file: string; readonly kind: string }[];
  readonly outputs: readonly RunTensor[];
  /** Intermediate tensors that were asked for. */
  readonly tensors: readonly RunTensor[];
  /** The best class of each frame; undefined where the first output is a map. */
  readonly classes: readonly number[] | undefined;
  readonly labelOffset: number | undefined;
  readonly top1: number | undefined;
  readonly top5: number | undefined;
  readonly seconds: number;
}

export function accuracyFields(
  accuracy: Accuracy | undefined,
  offset: number,
): Pick<RunDocument, 'labelOffset' | 'top1' | 'top5'> {
  return { labelOffset: accuracy === undefined ? undefined : offset, top1: accuracy?.top1, top5: accuracy?.top5 };
}

const SHOWN_CLASSES = 20;

const ARITHMETIC: Readonly<Record<Arithmetic, string>> = {
  integer: 'golden model, integers',
  float32: 'float model, float32 reference',
};

/** The result for people. */
export function runText(document: RunDocument, paint: Paint = PLAIN): string {
  const rate = document.frames / Math.max(document.seconds, 1e-9);
  const lines = [
    paint.strong(
      `${document.model} (${ARITHMETIC[document.arithmetic]}): ${plural(document.frames, 'frame')} in ${document.seconds.toFixed(2)} s, ${significant(rate)} a second`,
    ),
    ...document.inputs.map(({ tensor, file, kind }) => `input '${tensor}': ${file}, taken as ${kind}`),
    ...[...document.outputs, ...document.tensors].map(tensorLine),
    ...classLines(document.classes),
    ...(document.top1 === undefined
      ? []
      : [paint.good(`top-1 ${percent(document.top1, 2)}, top-5 ${percent(document.top5, 2)}`)]),
  ];
  return `${lines.join('\n')}\n`;
}

function tensorLine({ tensor, shape, type, file }: RunTensor): string {
  return `tensor '${tensor}' (${shape.join('x')} ${type})${file === undefined ? ', not written' : `: ${file}`}`;
}

function classLines(classes: readonly number[] | undefined): readonly string[] {
  if (classes === undefined) return [];
  const more = classes.length > SHOWN_CLASSES ? ` ... (${classes.length} in all)` : '';
  return [`best class of each frame: ${classes.slice(0, SHOWN_CLASSES).join(' ')}${more}`];
}
