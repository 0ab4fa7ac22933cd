import type { EmittedDesign } from '../emit/file-set.js';
import type { SizingRequest } from '../explore/choose.js';
import type { LayerReport, Mismatch, VerifyReport } from '../verify/report.js';
import { type LayerChoice, layerChoice } from './layers.js';
import { framesPerSecond, type SizingDocument, sizingDocument } from './sizing.js';

/** A layer as it was chosen, predicted and measured. */
export type VerifiedLayer = LayerChoice & {
  /** Clocks a frame in which the engine's array works. Undefined where the engine does not tell. */
  readonly measuredActiveCycles: number | undefined;
  /** Undefined with fewer than three frames. */
  readonly measuredInterval: number | undefined;
  readonly efficiency: number | undefined;
  readonly comparedWords: number;
  readonly mismatches: number;
};

/** What `heddle verify --json` prints; schemas/verify.schema.json. Undefined is written as null. */
export interface VerifyDocument {
  readonly model: string;
  readonly frames: number;
  readonly bitExact: boolean;
  readonly mismatches: number;
  readonly comparedWords: number;
  readonly layersCompared: number;
  readonly cyclesPerFrame: number | undefined;
  readonly latencyCycles: number | undefined;
  readonly predictedCyclesPerFrame: number;
  readonly predictedLatencyCycles: number;
  readonly macs: number;
  readonly multipliers: number;
  readonly efficiency: number | undefined;
  /** At the clock that was asked for, from the measured interval. */
  readonly fps: number | undefined;
  readonly simSeconds: number;
  readonly simCpuSeconds: number;
  readonly macsPerSecond: number;
  readonly buildSeconds: number;
  readonly buildCached: boolean;
  readonly firstMismatch: Mismatch | undefined;
  readonly status: string;
  readonly protocolErrors: number;
  readonly cycles: number;
  readonly stall: number;
  readonly seed: number;
  /** `random`, or what the numbers of the input file were taken for. */
  readonly input: string;
  readonly sizing: SizingDocument;
  readonly layers: readonly VerifiedLayer[];
  readonly waits: readonly string[];
  readonly problems: readonly string[];
}

export function verifyDocument(
  report: VerifyReport,
  emitted: EmittedDesign,
  request: SizingRequest,
  input: string,
): VerifyDocument {
  const layers = new Map(report.layers.map((layer) => [layer.layer, layer]));
  return {
    model: report.model,
    frames: report.frames,
    bitExact: report.bitExact,
    mismatches: report.mismatches,
    comparedWords: report.comparedWords,
    layersCompared: report.layersCompared,
    cyclesPerFrame: report.cyclesPerFrame,
    latencyCycles: report.latencyCycles,
    predictedCyclesPerFrame: report.predictedCyclesPerFrame,
    predictedLatencyCycles: report.predictedLatencyCycles,
    macs: report.macs,
    multipliers: report.multipliers,
    efficiency: report.efficiency,
    fps: framesPerSecond(report.cyclesPerFrame, request.clockMHz),
    simSeconds: report.simSeconds,
    simCpuSeconds: report.simCpuSeconds,
    macsPerSecond: report.macsPerSecond,
    buildSeconds: report.buildSeconds,
    buildCached: report.buildCached,
    firstMismatch: report.firstMismatch,
    status: report.status,
    protocolErrors: report.protocolErrors,
    cycles: report.cycles,
    stall: report.stall,
    seed: report.seed,
    input,
    sizing: sizingDocument(request, emitted.design),
    layers: emitted.design.engines.map((engine) => verifiedLayer(layerChoice(engine), layers.get(engine.layer.name))),
    waits: report.waits,
    problems: report.problems,
  };
}

function verifiedLayer(choice: LayerChoice, measured: LayerReport | undefined): VerifiedLayer {
  return {
    ...choice,
    measuredActiveCycles: measured?.measuredActiveCycles,
    measuredInterval: measured?.measuredInterval,
    efficiency: measured?.efficiency,
    comparedWords: measured?.comparedWords ?? 0,
    mismatches: measured?.mismatches ?? 0,
  };
}
