import type { LayerFidelity, QuantizeReport } from '../quantize/compare.js';
import { plural } from '../support/text.js';
import { type Paint, PLAIN } from './paint.js';
import { left, percent, right, shortened, textTable } from './table.js';

/** What `heddle quantize --json` prints; schemas/quantize.schema.json. Undefined is written as null. */
export interface QuantizeDocument {
  readonly model: string;
  readonly output: string;
  readonly frames: number;
  readonly weightBits: number;
  /** Layers with other bits. */
  readonly layerWeightBits: Readonly<Record<string, number>>;
  readonly activationBits: number;
  readonly requantBits: number;
  readonly rangeMethod: string;
  /** Undefined unless the method is percentile. */
  readonly percentile: number | undefined;
  readonly equalisation: boolean;
  readonly biasCorrection: boolean;
  /** Of the first output: share of frames whose best class is the same in float and in integers; undefined for maps. */
  readonly top1Agreement: number | undefined;
  /** End to end: every output of the network against the float network's. */
  readonly outputs: readonly OutputDocument[];
  readonly layers: readonly FidelityDocument[];
}

/** Signal to noise of a node's integers against the float network; undefined without noise or without a signal. */
export type FidelityDocument = Omit<LayerFidelity, 'snrDb'> & { readonly snrDb: number | undefined };

export interface OutputDocument {
  readonly tensor: string;
  readonly snrDb: number | undefined;
  readonly top1Agreement: number | undefined;
}

export type QuantizeSettings = Omit<QuantizeDocument, 'frames' | 'top1Agreement' | 'outputs' | 'layers'>;

export function quantizeDocument(report: QuantizeReport, settings: QuantizeSettings): QuantizeDocument {
  return {
    ...settings,
    frames: report.frames,
    top1Agreement: report.outputs[0]?.top1Agreement,
    outputs: report.outputs.map(({ tensor, snrDb, top1Agreement }) => ({ tensor, snrDb, top1Agreement })),
    layers: report.layers.map((layer) => ({ ...layer, snrDb: layer.snrDb })),
  };
}

const COLUMNS = [left('node'), left('op'), left('type'), right('scale'), right('zero point'), right('SNR')];

/** The result for people. */
export function quantizeText(document: QuantizeDocument, paint: Paint = PLAIN): string {
  const rows = document.layers.map((layer) => [
    shortened(layer.node),
    layer.op,
    layer.element,
    layer.scale.toPrecision(4),
    String(layer.zeroPoint),
    decibels(layer.snrDb),
  ]);
  const lines = [
    paint.good(
      `quantised ${document.model} to ${document.output} with ${plural(document.frames, 'calibration frame')}`,
    ),
    settingsText(document),
    '',
    ...textTable(COLUMNS, rows),
    '',
    ...document.outputs.map(outputLine),
  ];
  return `${lines.join('\n')}\n`;
}

function decibels(snrDb: number | undefined): string {
  return snrDb === undefined ? 'exact' : `${snrDb.toFixed(1)} dB`;
}

function settingsText(document: QuantizeDocument): string {
  const { activationBits, requantBits, rangeMethod, equalisation, biasCorrection } = document;
  return [
    `${weightsText(document)}, ${activationBits}-bit activations, ${requantBits}-bit multipliers, ranges by ${rangeMethod}`,
    ...(equalisation ? ['channels equalised'] : []),
    ...(biasCorrection ? ['biases corrected'] : []),
  ].join(', ');
}

function weightsText({ weightBits, layerWeightBits }: QuantizeDocument): string {
  const others = Object.entries(layerWeightBits).map(([layer, bits]) => `${shortened(layer)} ${bits}`);
  return `${weightBits}-bit weights${others.length === 0 ? '' : ` (${others.join(', ')})`}`;
}

function outputLine({ tensor, snrDb, top1Agreement }: OutputDocument): string {
  const classes =
    top1Agreement === undefined ? '' : `best class as in float in ${percent(top1Agreement, 2)} of the frames, `;
  return `output '${shortened(tensor)}': ${classes}signal to noise ${decibels(snrDb)}`;
}
