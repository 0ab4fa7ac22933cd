import type { EmittedDesign } from '../emit/file-set.js';
import type { SizingRequest } from '../explore/choose.js';
import { designMultipliers } from '../hw/design.js';
import type { Prediction } from '../schedule/predict.js';
import { VERSION } from '../version.js';
import { type FifoReport, fifoReports } from './fifos.js';
import { type DesignMemory, designMemory, type LayerChoice, layerChoice } from './layers.js';
import { framesPerSecond, type SizingDocument, sizingDocument } from './sizing.js';

/** Marks report.json, and with it the folder, as Heddle's. */
export const GENERATOR = 'heddle';

/** Figures that a later version will predict. */
const NOT_MODELLED = ['dsp', 'lut', 'ff', 'bram36', 'uram'] as const;

/** report.json, and what `heddle compile --json` prints; schemas/compile.schema.json. Undefined is written as null. */
export interface CompileDocument {
  readonly generator: typeof GENERATOR;
  readonly version: string;
  readonly model: string;
  readonly modelHash: string;
  /** Relative to the output folder, sorted. */
  readonly files: readonly string[];
  readonly topModule: string;
  readonly sizing: SizingDocument;
  /** Predicted. */
  readonly fps: number | undefined;
  readonly cyclesPerFrame: number;
  readonly latencyCycles: number;
  readonly macs: number;
  readonly multipliers: number;
  readonly efficiency: number | undefined;
  readonly memoryBits: DesignMemory;
  readonly resources: Readonly<Record<string, number>>;
  readonly notModelled: readonly string[];
  readonly layers: readonly CompiledLayer[];
  readonly fifos: readonly FifoReport[];
}

export type CompiledLayer = LayerChoice & { readonly efficiency: number | undefined };

export interface CompiledDesign {
  readonly emitted: EmittedDesign;
  readonly prediction: Prediction;
  readonly modelHash: string;
}

export function compileDocument(
  compiled: CompiledDesign,
  request: SizingRequest,
  files: readonly string[],
): CompileDocument {
  const { design, names } = compiled.emitted;
  const { cyclesPerFrame, latencyCycles } = compiled.prediction;
  const macs = design.engines.reduce((sum, engine) => sum + engine.layer.macs, 0);
  const multipliers = designMultipliers(design);
  const share = (work: number, lanes: number): number | undefined =>
    lanes === 0 ? undefined : work / (lanes * cyclesPerFrame);
  return {
    generator: GENERATOR,
    version: VERSION,
    model: design.network.name,
    modelHash: compiled.modelHash,
    files,
    topModule: names.module,
    sizing: sizingDocument(request, design),
    fps: framesPerSecond(cyclesPerFrame, request.clockMHz),
    cyclesPerFrame,
    latencyCycles,
    macs,
    multipliers,
    efficiency: share(macs, multipliers),
    memoryBits: designMemory(design),
    resources: {},
    notModelled: NOT_MODELLED,
    layers: design.engines.map((engine) => {
      const choice = layerChoice(engine);
      return { ...choice, efficiency: share(choice.macs, choice.multipliers) };
    }),
    fifos: fifoReports(design),
  };
}
