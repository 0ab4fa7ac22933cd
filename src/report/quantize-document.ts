import type { LayerFidelity, QuantizeReport } from '../quantize/compare.js';
import { plural } from '../support/text.js';
import { type Paint, PLAIN } from './paint.js';
import { left, percent, right, textTable } from './table.js';

/** What `heddle quantize --json` prints; schemas/quantize.schema.json. Undefined is written as null. */
export interface QuantizeDocument {
  readonly model: string;
  readonly output: string;
  readonly frames: number;
  readonly weightBits: number;
  readonly activationBits: number;
  readonly requantBits: number;
  readonly rangeMethod: string;
  /** Undefined unless the method is percentile. */
  readonly percentile: number | undefined;
  /** Share of frames whose best class is the same in float and in integers; undefined for maps. */
  readonly top1Agreement: number | undefined;
  readonly layers: readonly FidelityDocument[];
}

/** Signal to noise of a node's integers against the float network; undefined without noise or without a signal. */
export type FidelityDocument = Omit<LayerFidelity, 'snrDb'> & { readonly snrDb: number | undefined };

export type QuantizeSettings = Pick<
  QuantizeDocument,
  'model' | 'output' | 'weightBits' | 'activationBits' | 'requantBits' | 'rangeMethod' | 'percentile'
>;

export function quantizeDocument(report: QuantizeReport, settings: QuantizeSettings): QuantizeDocument {
  return {
    ...settings,
    frames: report.frames,
    top1Agreement: report.top1Agreement,
    layers: report.layers.map((layer) => ({ ...layer, snrDb: layer.snrDb })),
  };
}

const COLUMNS = [left('node'), left('op'), left('type'), right('scale'), right('zero point'), right('SNR')];

/** The result for people. */
export function quantizeText(document: QuantizeDocument, paint: Paint = PLAIN): string {
  const rows = document.layers.map((layer) => [
    layer.node,
    layer.op,
    layer.element,
    layer.scale.toPrecision(4),
    String(layer.zeroPoint),
    layer.snrDb === undefined ? 'exact' : `${layer.snrDb.toFixed(1)} dB`,
  ]);
  const agreement =
    document.top1Agreement === undefined
      ? 'the first output is a map: no classes to compare'
      : `best class as in float: ${percent(document.top1Agreement, 2)} of the frames`;
  const lines = [
    paint.good(
      `quantised ${document.model} to ${document.output} with ${plural(document.frames, 'calibration frame')}`,
    ),
    `${document.weightBits}-bit weights, ${document.activationBits}-bit activations, ${document.requantBits}-bit multipliers, ranges by ${document.rangeMethod}`,
    '',
    ...textTable(COLUMNS, rows),
    '',
    agreement,
  ];
  return `${lines.join('\n')}\n`;
}
