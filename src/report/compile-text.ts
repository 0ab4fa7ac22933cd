import type { CompileDocument, CompiledLayer } from './compile-document.js';
import { fifoWords } from './fifos.js';
import { chooserWords, foldingWords } from './layers.js';
import { type Paint, PLAIN } from './paint.js';
import { sizingWords } from './sizing.js';
import { type Column, count, left, markdownTable, percent, right, shortened, significant, textTable } from './table.js';

const COLUMNS: readonly Column[] = [
  left('layer'),
  left('folding'),
  left('chosen by'),
  right('lanes in'),
  right('lanes out'),
  right('active cycles'),
  right('interval'),
  right('multipliers'),
  right('efficiency'),
  right('memory bits'),
];

function layerRow(layer: CompiledLayer): readonly string[] {
  const { weights, window, parameters, fifo } = layer.memoryBits;
  return [
    `${shortened(layer.layer)} (${layer.kind})`,
    foldingWords(layer.folding),
    chooserWords(layer.chosenBy),
    count(layer.lanesIn),
    count(layer.lanesOut),
    count(layer.predictedActiveCycles),
    count(layer.predictedInterval),
    layer.multipliers === 0 ? '-' : count(layer.multipliers),
    percent(layer.efficiency),
    count(weights + window + parameters + fifo),
  ];
}

function figures(document: CompileDocument): readonly string[] {
  const { memoryBits: bits, sizing } = document;
  return [
    `design: ${sizingWords(sizing)}`,
    `cycles a frame: ${count(document.cyclesPerFrame)} predicted, ${significant(document.fps)} frames a second at ${significant(sizing.clockMHz)} MHz`,
    `latency: ${count(document.latencyCycles)} cycles predicted`,
    `multipliers: ${count(document.multipliers)}, ${percent(document.efficiency)} busy with ${count(document.macs)} multiply-accumulates a frame`,
    `memory bits: ${count(bits.total)} (weights ${count(bits.weights)}, windows ${count(bits.window)}, parameters ${count(bits.parameters)}, FIFOs ${count(bits.fifo)})`,
    ...fifoWords(document.fifos),
    `not modelled yet: ${document.notModelled.join(', ')}`,
  ];
}

/** What `heddle compile` prints for people. */
export function compileText(document: CompileDocument, folder: string, paint: Paint = PLAIN): string {
  const lines = [
    paint.good(
      `compiled ${document.model} to ${folder}: ${document.files.length} files, top module ${document.topModule}`,
    ),
    '',
    ...textTable(COLUMNS, document.layers.map(layerRow)),
    '',
    ...figures(document),
  ];
  return `${lines.join('\n')}\n`;
}

/** report.md of an output folder. */
export function compileMarkdown(document: CompileDocument): string {
  const lines = [
    `# ${document.model}`,
    '',
    `Compiled by Heddle ${document.version}; model hash ${document.modelHash}; top module \`${document.topModule}\`. ` +
      'Everything here is predicted; `heddle verify` measures it.',
    '',
    ...figures(document).map((line) => `- ${line}`),
    '',
    '## Layers',
    '',
    ...markdownTable(COLUMNS, document.layers.map(layerRow)),
    '',
    '## Work',
    '',
    ...markdownTable(
      [left('layer'), left('operation'), right('multiply-accumulates a frame')],
      document.layers.map((layer) => [layer.layer, layer.description, count(layer.macs)]),
    ),
    '',
    '## Memory bits',
    '',
    ...markdownTable(
      [left('layer'), right('weights'), right('window'), right('parameters'), right('FIFO')],
      document.layers.map(({ layer, memoryBits: bits }) => [
        layer,
        ...[bits.weights, bits.window, bits.parameters, bits.fifo].map(count),
      ]),
    ),
    '',
    '## Files',
    '',
    ...document.files.map((file) => `- \`${file}\``),
  ];
  return `${lines.join('\n')}\n`;
}
