import { type Engine, engineMultipliers } from '../hw/design.js';
import { type Folding, layerWindow } from '../hw/folding.js';
import { isWindowLayer, type Layer } from '../hw/layer.js';
import { type Paint, PLAIN } from './paint.js';
import { drawPicture, type Picture } from './picture.js';
import { count, left, percent, right, significant, textTable } from './table.js';
import type { VerifyDocument } from './verify-document.js';
import { troubleLines } from './verify-text.js';

/** A picture with its right class, and the class that the hardware gave. */
export interface Answer {
  readonly picture: Picture;
  readonly label: number;
  /** Undefined where the hardware did not finish the frame. */
  readonly answer: number | undefined;
}

export interface DemoStyle {
  readonly utf8: boolean;
  readonly paint: Paint;
}

/** Seven pictures in 98 columns; there is empty space around their ink. */
const PICTURE_COLUMNS = 14;
const PICTURES_A_ROW = 7;

/** `   1.23 s  quantise  what was done`: one step of the demo. */
export function stepLine(seconds: number, name: string, text: string, paint: Paint = PLAIN): string {
  return `${seconds.toFixed(2).padStart(7)} s  ${paint.strong(name.padEnd(8))}  ${text}\n`;
}

/** The pictures side by side, under each its label, the hardware's answer and whether that is right. */
export function answersText(answers: readonly Answer[], style: DemoStyle): string {
  const arrow = style.utf8 ? '→' : '->';
  const lines: string[] = [`Each digit: what it is ${arrow} what the hardware answered`, ''];
  for (let start = 0; start < answers.length; start += PICTURES_A_ROW) {
    const row = answers.slice(start, start + PICTURES_A_ROW);
    const drawn = row.map(({ picture }) => drawPicture(picture, { utf8: style.utf8, columns: PICTURE_COLUMNS }));
    for (let line = 0; line < PICTURE_COLUMNS / 2; line++)
      lines.push(drawn.map((picture) => picture[line] ?? '').join(''));
    lines.push(
      row.map((answer) => caption(answer, style)).join(''),
      ...(start + PICTURES_A_ROW < answers.length ? [''] : []),
    );
  }
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function isRight({ label, answer }: Answer): boolean {
  return label === answer;
}

function caption(answer: Answer, { utf8, paint }: DemoStyle): string {
  const [arrow, good, bad] = utf8 ? ['→', '✓', '✗'] : ['->', 'ok', 'WRONG'];
  const right = isRight(answer);
  const text = `${answer.label} ${arrow} ${answer.answer ?? '?'}  ${right ? good : bad}`;
  const before = ' '.repeat(Math.max(0, Math.floor((PICTURE_COLUMNS - text.length) / 2)));
  const after = ' '.repeat(Math.max(0, PICTURE_COLUMNS - before.length - text.length));
  return `${before}${(right ? paint.good : paint.bad)(text)}${after}`;
}

/** The figures of the whole run. */
export function totalsText(document: VerifyDocument, answers: readonly Answer[], paint: Paint = PLAIN): string {
  const { cyclesPerFrame: cycles, latencyCycles: latency, sizing } = document;
  const clock = `${significant(sizing.clockMHz)} MHz`;
  const microseconds = latency === undefined ? undefined : latency / sizing.clockMHz;
  const rightOnes = answers.filter(isRight).length;
  const lines = [
    ['right', `${rightOnes} of ${answers.length} digits`],
    ['bit-exact', exactWords(document, paint)],
    ['cycles', `${count(cycles)} a frame measured, ${count(document.predictedCyclesPerFrame)} predicted`],
    ['speed', `${significant(document.fps)} frames a second at ${clock}`],
    [
      'latency',
      `${significant(microseconds)} microseconds (${count(latency)} cycles, ${count(document.predictedLatencyCycles)} predicted)`,
    ],
    [
      'hardware',
      `${count(document.multipliers)} multipliers of 8x8 bits for ${count(document.macs)} multiply-accumulates a frame`,
    ],
    ['efficiency', `${percent(document.efficiency)} of the multipliers' cycles do useful work`],
  ];
  const trouble = troubleLines(document).map((line) => `${paint.bad(line)}\n`);
  return [...lines.map(([name = '', text = '']) => `${paint.strong(name.padEnd(10))}  ${text}\n`), ...trouble].join('');
}

function exactWords(document: VerifyDocument, paint: Paint): string {
  const compared = `${count(document.comparedWords)} words compared, ${count(document.mismatches)} mismatches`;
  return document.bitExact
    ? `${paint.good('yes')}, every layer equals the integer model: ${compared}`
    : `${paint.bad('NO')}: ${compared}`;
}

const COLUMNS = [
  left('layer'),
  left('what it does'),
  left('at once'),
  right('multipliers'),
  right('predicted'),
  right('measured'),
  right('efficiency'),
];

/** A line a layer: its parallelism, and the cycles of a frame in which it works. */
export function layersText(engines: readonly Engine[], document: VerifyDocument): string {
  const rows = engines.map((engine, i) => {
    const measured = document.layers[i];
    const multipliers = engineMultipliers(engine);
    return [
      engine.layer.name,
      layerWords(engine.layer),
      atOnce(engine.folding),
      multipliers === 0 ? '-' : count(multipliers),
      count(measured?.predictedActiveCycles),
      count(measured?.measuredActiveCycles),
      percent(measured?.efficiency),
    ];
  });
  const title = 'Each layer: what it works on at once, and in how many cycles of a frame it works';
  return `${[title, '', ...textTable(COLUMNS, rows)].join('\n')}\n`;
}

/** `conv 5x5 to 28x28x6`. */
function layerWords(layer: Layer): string {
  const window = isWindowLayer(layer) ? layerWindow(layer) : layer.kind === 'pool-stream' ? layer.window : undefined;
  const isVector = layer.kind === 'dense' || window === undefined;
  const what = layer.kind === 'lookup' ? layer.of : 'mode' in layer ? `${layer.mode} pool` : layer.kind;
  const { height, width, channels } = layer.output;
  const shape = height * width === 1 ? `${channels}` : `${height}x${width}x${channels}`;
  return `${what}${isVector ? '' : ` ${window.kernelH}x${window.kernelW}`} to ${shape}`;
}

/** `16 out x 6 in x 5 taps`: output channels, input channels and kernel positions at once. */
function atOnce(folding: Folding | undefined): string {
  if (folding === undefined) return 'as its input comes';
  const { pe, simd, taps } = folding;
  return [`${pe} out`, ...(simd > 1 ? [`${simd} in`] : []), ...(taps > 1 ? [`${taps} taps`] : [])].join(' x ');
}
