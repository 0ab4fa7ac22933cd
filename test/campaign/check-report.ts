import type { Compiled } from '../../src/compile.js';
import type { EmittedDesign } from '../../src/emit/file-set.js';
import { predictFrameEnds } from '../../src/schedule/predict.js';
import { steadyInterval, type VerifyReport } from '../../src/verify/report.js';

/** Everything in a report that is not as it has to be, a line each, given the clocks in which frames are predicted to end. */
export function reportFailures(
  report: VerifyReport,
  emitted: EmittedDesign,
  predictedEnds: readonly number[],
): readonly string[] {
  const run = `stall ${report.stall}, seed ${report.seed}`;
  return [
    ...comparisonFailures(report),
    ...(report.stall === 0 && report.bitExact
      ? [...timingFailures(report, predictedEnds), ...sizeFailures(report, emitted)]
      : []),
  ].map((line) => `${line} (${run})`);
}

function comparisonFailures(report: VerifyReport): readonly string[] {
  if (report.bitExact) return [];
  const first = report.firstMismatch;
  const place =
    first === undefined
      ? []
      : [
          `layer '${first.layer}' frame ${first.frame} row ${first.row} column ${first.column} channel ${first.channel}: ` +
            `expected ${first.expected}, got ${first.got}, ${report.mismatches} of ${report.comparedWords} words differ`,
        ];
  const lines = [...place, ...report.problems, ...report.waits];
  return lines.length > 0 ? lines : [`not bit-exact, status '${report.status}', ${report.mismatches} mismatches`];
}

/** Exact: a model that is off by a single clock has a wrong rule. */
function timingFailures(report: VerifyReport, predictedEnds: readonly number[]): readonly string[] {
  const { frames, frameEndCycles: ends, predictedLatencyCycles, latencyCycles } = report;
  const wrong = Array.from({ length: frames }, (_, frame) => frame).find(
    (frame) => predictedEnds[frame] === undefined || predictedEnds[frame] !== ends[frame],
  );
  return [
    ...(predictedLatencyCycles === latencyCycles
      ? []
      : [`latency: predicted ${predictedLatencyCycles} cycles, measured ${latencyCycles}`]),
    ...(wrong === undefined
      ? []
      : [`frame ${wrong}: predicted to end in cycle ${predictedEnds[wrong]}, ended in ${ends[wrong]}`]),
    ...report.layers.flatMap((layer) =>
      layer.predictedActiveCycles === layer.measuredActiveCycles
        ? []
        : [
            `layer '${layer.layer}': predicted ${layer.predictedActiveCycles} active cycles a frame, ` +
              `measured ${layer.measuredActiveCycles}`,
          ],
    ),
  ];
}

/** Frames after which the interval is taken for the one that stays; and what frames that take turns may be off by then. */
const STEADY_FRAMES = 64;
const TURNS_SHARE = 0.01;

/** The interval that users are told, against that of many frames in the model, of which the RTL runs the first few. */
export function steadyFailures({ emitted, prediction }: Compiled): readonly string[] {
  const ends = predictFrameEnds(emitted.design, STEADY_FRAMES);
  const { cyclesPerFrame: told } = prediction;
  const found = steadyInterval(ends, ends[0]) ?? Number.NaN;
  if (Math.abs(found - told) <= TURNS_SHARE * told) return [];
  return [`interval: predicted ${told} cycles a frame for ever, but ${found} in ${STEADY_FRAMES} frames of the model`];
}

/** Multipliers as the generated Verilog declares them: the product of what each array is instantiated with. */
function declaredMultipliers(top: string): number {
  const instances = top.match(/^ {2}hd_(?:conv|dense|depthwise) #\([\s\S]*?\n {2}\) /gm) ?? [];
  return instances.reduce((sum, text) => {
    const value = (name: string): number => Number(new RegExp(`\\.${name} *\\((\\d+)\\)`).exec(text)?.[1] ?? 1);
    const results = text.includes('hd_depthwise') ? value('CH') * value('MULTIPLIER') : value('PE') * value('SIMD');
    return sum + results * value('TAPS_H') * value('TAPS_W');
  }, 0);
}

function sizeFailures(report: VerifyReport, emitted: EmittedDesign): readonly string[] {
  const declared = declaredMultipliers(emitted.verilog.get(`${emitted.names.module}.v`) ?? '');
  return declared === report.multipliers
    ? []
    : [`multipliers: predicted ${report.multipliers}, the Verilog declares ${declared}`];
}
