import { plural } from '../support/text.js';
import type { Mismatch } from '../verify/report.js';
import { chooserWords, foldingWords } from './layers.js';
import { type Paint, PLAIN } from './paint.js';
import { sizingWords } from './sizing.js';
import { count, left, percent, right, shortened, significant, textTable } from './table.js';
import type { VerifiedLayer, VerifyDocument } from './verify-document.js';

const COLUMNS = [
  left('layer'),
  left('folding'),
  left('chosen by'),
  right('active cycles: predicted'),
  right('measured'),
  right('interval: predicted'),
  right('measured'),
  right('multipliers'),
  right('efficiency'),
  right('compared'),
  right('mismatches'),
];

function layerRow(layer: VerifiedLayer): readonly string[] {
  return [
    `${shortened(layer.layer)} (${layer.kind})`,
    foldingWords(layer.folding),
    chooserWords(layer.chosenBy),
    count(layer.predictedActiveCycles),
    count(layer.measuredActiveCycles),
    count(layer.predictedInterval),
    count(layer.measuredInterval),
    layer.multipliers === 0 ? '-' : count(layer.multipliers),
    percent(layer.efficiency),
    count(layer.comparedWords),
    count(layer.mismatches),
  ];
}

/** Where the RTL first differs, in a sentence. */
export function mismatchWords(m: Mismatch): string {
  return (
    `layer '${m.layer}', tensor '${m.tensor}', frame ${m.frame}, channel ${m.channel}, row ${m.row}, ` +
    `column ${m.column}: expected ${m.expected}, got ${m.got}, in cycle ${m.cycle}`
  );
}

/** The report for people. */
export function verifyText(document: VerifyDocument, paint: Paint = PLAIN): string {
  const frames = plural(document.frames, 'frame');
  const verdict = document.bitExact
    ? paint.good(
        `bit-exact: ${document.model}, ${frames} (${document.input}), ${count(document.comparedWords)} words compared`,
      )
    : paint.bad(
        `NOT bit-exact: ${document.model}, ${frames} (${document.input}), ${count(document.mismatches)} mismatches`,
      );
  const lines = [
    verdict,
    `design: ${sizingWords(document.sizing)}`,
    '',
    ...textTable(COLUMNS, document.layers.map(layerRow)),
    '',
    ...totals(document),
    ...troubleLines(document).map(paint.bad),
  ];
  return `${lines.join('\n')}\n`;
}

function totals(document: VerifyDocument): readonly string[] {
  const { cyclesPerFrame, sizing } = document;
  const interval =
    cyclesPerFrame === undefined
      ? 'not measured (takes three frames)'
      : `${count(cyclesPerFrame)} (${significant(document.fps)} frames a second at ${significant(sizing.clockMHz)} MHz)`;
  const cached = document.buildCached ? ', from the cache' : '';
  return [
    `cycles a frame: ${interval}, predicted ${count(document.predictedCyclesPerFrame)}${steadyHint(document)}`,
    `latency: ${count(document.latencyCycles)} cycles, predicted ${count(document.predictedLatencyCycles)}`,
    `multipliers: ${count(document.multipliers)}, ${percent(document.efficiency)} busy with ${count(document.macs)} multiply-accumulates a frame`,
    `simulation: ${document.simSeconds.toFixed(2)} s (${significant(document.macsPerSecond / 1e6)} million multiply-accumulates a second), ` +
      `build ${document.buildSeconds.toFixed(1)} s${cached}; stall ${document.stall}, seed ${document.seed}`,
  ];
}

/** Frames that follow a first few need not be the steady state: buffers fill for as long as it takes to be through once. */
function steadyHint({ frames, cyclesPerFrame, latencyCycles }: VerifyDocument): string {
  if (cyclesPerFrame === undefined || latencyCycles === undefined) return '';
  const inside = Math.ceil(latencyCycles / cyclesPerFrame);
  if (frames >= inside) return '';
  return `; ${count(inside)} frames are inside at once: --frames ${2 * inside + 1} --jobs 1 measures the steady state`;
}

/** What went wrong, a line each; none where the run ended well. */
export function troubleLines(document: VerifyDocument): readonly string[] {
  const lines: string[] = [];
  const stopped = document.status === 'mismatch' ? ', which ended the simulation' : '';
  if (document.firstMismatch !== undefined)
    lines.push(`first mismatch${stopped}: ${mismatchWords(document.firstMismatch)}`);
  lines.push(...document.problems);
  if (document.waits.length > 0)
    lines.push(
      'deadlock: nothing moves any more. From the output back to the input:',
      ...document.waits.map((line) => `  ${line}`),
    );
  return lines;
}
