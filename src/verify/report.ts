import type { EmittedDesign } from '../emit/file-set.js';
import { type Engine, engineMultipliers } from '../hw/design.js';
import type { Graph } from '../ir/graph.js';
import { engineInterval, stepCycles } from '../schedule/cycles.js';
import type { Prediction } from '../schedule/predict.js';
import type { ProbeResult, SimResult, SimStatus } from '../simulate/result.js';
import { inputEnds, outputEnds } from './sim-instance.js';
import { elementPlace } from './streams.js';
import { explainWait } from './waits.js';

/** Where the RTL first differs from the golden model. */
export interface Mismatch {
  readonly layer: string;
  readonly tensor: string;
  readonly frame: number;
  readonly row: number;
  readonly column: number;
  readonly channel: number;
  readonly expected: number;
  readonly got: number;
  readonly cycle: number;
}

export interface LayerReport {
  readonly layer: string;
  readonly kind: string;
  /** Clocks a frame that the engine's array is predicted, and was seen, to work. Absent where the engine does not tell. */
  readonly predictedActiveCycles?: number;
  readonly measuredActiveCycles?: number;
  /** The engine's own interval, without its neighbours. */
  readonly predictedInterval: number;
  /** As the network's, between the last beats of frames on its output; absent with fewer than three frames. */
  readonly measuredInterval?: number;
  readonly macs: number;
  readonly multipliers: number;
  /** macs / (multipliers * the network's measured interval); absent without multipliers. */
  readonly efficiency?: number;
  readonly comparedWords: number;
  readonly mismatches: number;
}

export interface VerifyReport {
  readonly model: string;
  readonly frames: number;
  readonly seed: number;
  /** The larger of the sources' and the sinks'. */
  readonly stall: number;
  readonly bitExact: boolean;
  readonly status: SimStatus;
  readonly mismatches: number;
  readonly comparedWords: number;
  readonly layersCompared: number;
  readonly protocolErrors: number;
  /** Absent with fewer than three frames. */
  readonly cyclesPerFrame?: number;
  readonly latencyCycles?: number;
  /** Clocks from the first input beat to each frame's last output beat; of the first frames that ran in one go. */
  readonly frameEndCycles: readonly number[];
  readonly predictedCyclesPerFrame: number;
  readonly predictedLatencyCycles: number;
  readonly cycles: number;
  readonly macs: number;
  readonly multipliers: number;
  readonly efficiency?: number;
  readonly simSeconds: number;
  readonly simCpuSeconds: number;
  readonly buildSeconds: number;
  readonly buildCached: boolean;
  readonly macsPerSecond: number;
  readonly firstMismatch?: Mismatch;
  /** Why a run did not end, a line each; empty when it did. */
  readonly waits: readonly string[];
  readonly problems: readonly string[];
  readonly layers: readonly LayerReport[];
  /** Elements of each output, by the graph's tensor, as the hardware sent them, padding lanes included. */
  readonly outputs: ReadonlyMap<string, Uint8Array>;
}

export interface ReportInput {
  readonly graph: Graph;
  readonly emitted: EmittedDesign;
  readonly prediction: Prediction;
  readonly frames: number;
  readonly seed: number;
  readonly stall: number;
  readonly result: SimResult;
  readonly buildSeconds: number;
  readonly buildCached: boolean;
}

/** Fewest frames whose last beats give a steady interval. */
export const FRAMES_FOR_INTERVAL = 3;

function least(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce((low, value) => (value === undefined || (low ?? value) < value ? low : value), undefined);
}

/** The clock in which the last of several streams is through with each frame. */
function frameEnds(probes: readonly ProbeResult[]): readonly number[] {
  const through = Math.min(...probes.map(({ frameLastCycles }) => frameLastCycles.length));
  if (!Number.isFinite(through)) return [];
  return Array.from({ length: through }, (_, frame) =>
    Math.max(...probes.map(({ frameLastCycles }) => frameLastCycles[frame] ?? 0)),
  );
}

/**
 * Steady interval of frames that end in these clocks: mean over as many intervals as frames are inside at once, since these may
 * take turns in being held up, but no more than the later half of them all, as the first frames fill the buffers. Undefined with
 * fewer than three frames.
 */
export function steadyInterval(ends: readonly number[], latency: number | undefined): number | undefined {
  const last = ends.length - 1;
  if (ends.length < FRAMES_FOR_INTERVAL) return undefined;
  const mean = (intervals: number): number => ((ends[last] ?? 0) - (ends[last - intervals] ?? 0)) / intervals;
  const half = Math.floor(last / 2);
  return mean(latency === undefined ? half : Math.max(1, Math.min(half, Math.ceil(latency / mean(half)))));
}

const present = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });

/** Makes the report of a run. */
export function makeReport(input: ReportInput): VerifyReport {
  const { emitted, prediction, result, frames } = input;
  const { names, design } = emitted;
  const probes = new Map(result.probes.map((probe) => [probe.name, probe]));
  const inner = names.streams.flatMap((stream) => probes.get(stream.name) ?? []);
  const sources = inputEnds(names).flatMap(({ name }) => probes.get(name) ?? []);
  const sinks = outputEnds(names).flatMap(({ name }) => probes.get(name) ?? []);
  const ends = [...sources, ...sinks];
  const mismatches = [...inner, ...ends].reduce((sum, probe) => sum + probe.mismatches, 0);
  const protocolErrors = result.probes.reduce((sum, probe) => sum + probe.protocolErrors, 0);
  const complete = result.status === 'done' && result.probes.every((probe) => probe.beats === probe.expectedBeats);
  const macs = design.engines.reduce((sum, engine) => sum + engine.layer.macs, 0);
  const multipliers = design.engines.reduce((sum, engine) => sum + engineMultipliers(engine), 0);
  const started = least(sources.map(({ frameFirstCycles }) => frameFirstCycles[0]));
  const frameEndCycles = started === undefined ? [] : frameEnds(sinks).map((end) => end - started);
  const latencyCycles = frameEndCycles[0];
  const cyclesPerFrame = steadyInterval(frameEndCycles, latencyCycles);
  const efficiency =
    cyclesPerFrame === undefined || multipliers === 0 ? undefined : macs / (multipliers * cyclesPerFrame);
  return {
    model: design.network.name,
    frames,
    seed: input.seed,
    stall: input.stall,
    bitExact: complete && mismatches === 0 && protocolErrors === 0,
    status: result.status,
    mismatches,
    comparedWords:
      inner.reduce((sum, probe) => sum + probe.compared, 0) + sinks.reduce((sum, probe) => sum + probe.compared, 0),
    layersCompared: names.streams.filter((stream) => stream.layer !== undefined).length,
    protocolErrors,
    ...present('cyclesPerFrame', cyclesPerFrame),
    ...present('latencyCycles', latencyCycles),
    frameEndCycles,
    predictedCyclesPerFrame: prediction.cyclesPerFrame,
    predictedLatencyCycles: prediction.latencyCycles,
    cycles: result.cycles,
    macs,
    multipliers,
    ...present('efficiency', efficiency),
    simSeconds: result.wallSeconds,
    simCpuSeconds: result.cpuSeconds,
    buildSeconds: input.buildSeconds,
    buildCached: input.buildCached,
    macsPerSecond: result.wallSeconds === 0 ? 0 : (macs * frames * shareDone(result)) / result.wallSeconds,
    ...present('firstMismatch', firstMismatch(input, probes)),
    waits: result.status === 'deadlock' ? explainWait(names, probes) : [],
    problems: protocolProblems(result),
    layers: design.engines.map((engine) => layerReport(engine, input, probes, { latencyCycles, cyclesPerFrame })),
    outputs: new Map(
      outputEnds(names).map(({ name, port }) => [port.tensor, result.captures.get(name) ?? new Uint8Array()]),
    ),
  };
}

function protocolProblems(result: SimResult): readonly string[] {
  const broken = result.probes.filter((probe) => probe.firstProtocolError !== undefined);
  const lines = broken.map((probe) => {
    const error = probe.firstProtocolError;
    return `stream '${probe.name}': ${probe.protocolErrors} handshake errors, first '${error?.kind}' in cycle ${error?.cycle}`;
  });
  if (result.status !== 'done' && result.status !== 'deadlock' && result.status !== 'mismatch')
    lines.push(`the simulation ended with '${result.status}' in cycle ${result.cycles}: ${result.output.trim()}`);
  return lines;
}

/** How much of the run was simulated, by the beats of all streams. */
function shareDone({ probes }: SimResult): number {
  const beats = probes.reduce((sum, probe) => sum + probe.beats, 0);
  const expected = probes.reduce((sum, probe) => sum + probe.expectedBeats, 0);
  return expected === 0 ? 0 : Math.min(1, beats / expected);
}

function signExtend(bits: number, width: number, signed: boolean): number {
  return signed && bits >= 2 ** (width - 1) ? bits - 2 ** width : bits;
}

/** The first difference in stream order: the earliest layer that is wrong, not the first clock. */
function firstMismatch(input: ReportInput, probes: ReadonlyMap<string, ProbeResult>): Mismatch | undefined {
  for (const stream of input.emitted.names.streams) {
    const found = probes.get(stream.name)?.firstMismatch;
    if (found === undefined) continue;
    const { element } = stream.type.map;
    const place = elementPlace(stream, found.beat, found.lane);
    return {
      layer: stream.layer ?? stream.name,
      tensor: stream.tensor,
      frame: found.frame,
      row: place.row,
      column: place.column,
      channel: place.channel,
      expected: signExtend(found.expected, element.bits, element.signed),
      got: signExtend(found.got, element.bits, element.signed),
      cycle: found.cycle,
    };
  }
  return undefined;
}

function layerReport(
  engine: Engine,
  input: ReportInput,
  probes: ReadonlyMap<string, ProbeResult>,
  { latencyCycles, cyclesPerFrame }: { latencyCycles: number | undefined; cyclesPerFrame: number | undefined },
): LayerReport {
  const { layer } = engine;
  const { names } = input.emitted;
  const stream = names.streams.find((candidate) => candidate.layer === layer.name);
  const probe = stream === undefined ? undefined : probes.get(stream.name);
  const activity = input.result.activities.find((candidate) => candidate.name === layer.name);
  const multipliers = engineMultipliers(engine);
  const tells = names.active.includes(layer.name);
  const efficiency =
    multipliers === 0 || cyclesPerFrame === undefined ? undefined : layer.macs / (multipliers * cyclesPerFrame);
  return {
    layer: layer.name,
    kind: layer.kind,
    ...present('predictedActiveCycles', tells ? stepCycles(engine) : undefined),
    ...present('measuredActiveCycles', activity === undefined ? undefined : activity.cycles / input.frames),
    predictedInterval: engineInterval(engine),
    ...present('measuredInterval', steadyInterval(frameEnds(probe === undefined ? [] : [probe]), latencyCycles)),
    macs: layer.macs,
    multipliers,
    ...present('efficiency', efficiency),
    comparedWords: probe?.compared ?? 0,
    mismatches: probe?.mismatches ?? 0,
  };
}
