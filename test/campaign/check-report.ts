import type { EmittedDesign } from '../../src/emit/file-set.js';
import type { VerifyReport } from '../../src/verify/report.js';

/** Predicted and measured clocks between frames. */
export interface IntervalCheck {
  readonly predicted: number;
  readonly measured: number;
  /** |measured - predicted| / predicted. */
  readonly error: number;
  readonly predictedLatency: number;
  readonly measuredLatency: number;
}

/** The model is off by no more than this, or by two clocks. */
const INTERVAL_SHARE = 0.01;
const INTERVAL_CLOCKS = 2;

export function intervalOf(report: VerifyReport): IntervalCheck | undefined {
  const { cyclesPerFrame: measured, predictedCyclesPerFrame: predicted, latencyCycles } = report;
  if (measured === undefined || report.stall !== 0) return undefined;
  return {
    predicted,
    measured,
    error: Math.abs(measured - predicted) / predicted,
    predictedLatency: report.predictedLatencyCycles,
    measuredLatency: latencyCycles ?? Number.NaN,
  };
}

/** Everything in a report that is not as it has to be, a line each. */
export function reportFailures(report: VerifyReport, emitted: EmittedDesign): readonly string[] {
  const run = `stall ${report.stall}, seed ${report.seed}`;
  return [
    ...comparisonFailures(report),
    ...(report.stall === 0 && report.bitExact ? [...timingFailures(report), ...sizeFailures(report, emitted)] : []),
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

function isNear(predicted: number, measured: number): boolean {
  return Math.abs(measured - predicted) <= Math.max(INTERVAL_CLOCKS, INTERVAL_SHARE * predicted);
}

function timingFailures(report: VerifyReport): readonly string[] {
  const interval = intervalOf(report);
  if (interval === undefined) return ['no interval was measured'];
  const { predicted, measured, predictedLatency, measuredLatency } = interval;
  return [
    ...(isNear(predicted, measured) ? [] : [`interval: predicted ${predicted} cycles a frame, measured ${measured}`]),
    ...(isNear(predictedLatency, measuredLatency)
      ? []
      : [`latency: predicted ${predictedLatency} cycles, measured ${measuredLatency}`]),
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
