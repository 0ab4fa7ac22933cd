import { resolve } from 'node:path';
import { defined, invariant } from '../support/invariant.js';
import type { EndpointSlot, ProbeSlot, SimLayout } from './wrapper.js';

export interface TraceRequest {
  readonly file: string;
  /** First cycle to keep; 0 when left out. */
  readonly fromCycle?: number;
  /** Cycles to keep; all when left out. */
  readonly cycles?: number;
}

/** One run of a built simulator. Elements are bytes in the format of packElements, or the path of a file of them. */
export interface RunRequest {
  readonly layout: SimLayout;
  readonly frames: number;
  readonly seed: number;
  /** Probability, 0..1, that a source does not offer a beat in a cycle. */
  readonly sourceStall: number;
  /** Probability, 0..1, that a sink is not ready in a cycle. */
  readonly sinkStall: number;
  /** Every source's elements: lanes a beat, beats in order, all frames one after the other. */
  readonly data: ReadonlyMap<string, Uint8Array | string>;
  /** Expected elements of any streams, in the same order. */
  readonly expected: ReadonlyMap<string, Uint8Array | string>;
  /** Streams whose elements the result is to hold. */
  readonly captures?: readonly string[];
  /** Cycles without a beat anywhere that count as a deadlock; DEFAULT_IDLE_CYCLES when left out. */
  readonly maxIdleCycles?: number;
  /** No limit when left out. */
  readonly maxCycles?: number;
  /** Cycles to watch for surplus beats after the end; the harness's 300 when left out. */
  readonly drainCycles?: number;
  readonly stopOnMismatch?: boolean;
  /** Resets the design again after so many cycles and starts over from frame 0. */
  readonly resetAfterCycles?: number;
  readonly trace?: TraceRequest;
}

export const DEFAULT_IDLE_CYCLES = 20_000;

/** Files that the run reads and writes, by stream. */
export interface RunFiles {
  readonly data: ReadonlyMap<string, string>;
  readonly expected: ReadonlyMap<string, string>;
  readonly captures: ReadonlyMap<string, string>;
  readonly resultFile: string;
  readonly progress: boolean;
}

type Line = readonly [key: string, value: string | number | undefined];

function renderRecord(kind: string, name: string, lines: readonly Line[]): readonly string[] {
  const kept = lines.filter(([, value]) => value !== undefined);
  return [`${kind} ${name}`, ...kept.map(([key, value]) => `  ${key} ${value}`)];
}

const bit = (value: boolean | undefined): string => (value === true ? '1' : '0');

function runLines(request: RunRequest, files: RunFiles): readonly string[] {
  const lines: readonly Line[] = [
    ['frames', request.frames],
    ['seed', request.seed],
    ['source-stall', request.sourceStall],
    ['sink-stall', request.sinkStall],
    ['max-idle-cycles', request.maxIdleCycles ?? DEFAULT_IDLE_CYCLES],
    ['max-cycles', request.maxCycles],
    ['drain-cycles', request.drainCycles],
    ['reset-after-cycles', request.resetAfterCycles],
    ['stop-on-mismatch', bit(request.stopOnMismatch)],
    ['progress', bit(files.progress)],
    ['result', files.resultFile],
    ['trace', request.trace === undefined ? undefined : resolve(request.trace.file)],
    ['trace-from', request.trace?.fromCycle],
    ['trace-cycles', request.trace?.cycles],
  ];
  return lines.filter(([, value]) => value !== undefined).map(([key, value]) => `${key} ${value}`);
}

function endpointLines(kind: string, slot: EndpointSlot, data: string | undefined): readonly string[] {
  return renderRecord(kind, slot.name, [
    ['drive-word', slot.driveWord],
    ['stream', slot.stream],
    ['data', data],
  ]);
}

function probeLines(probe: ProbeSlot, files: RunFiles): readonly string[] {
  return renderRecord('probe', probe.name, [
    ['observe-word', probe.observeWord],
    ['lanes', probe.lanes],
    ['element-bits', probe.elementBits],
    ['data-bits', probe.dataBits],
    ['channels', probe.channels],
    ['beats-per-frame', probe.beatsPerFrame],
    ['has-last', bit(probe.hasLast)],
    ['expected', files.expected.get(probe.name)],
    ['capture', files.captures.get(probe.name)],
  ]);
}

function checkStreamNames(layout: SimLayout, files: RunFiles): void {
  const known = new Set(layout.probes.map((probe) => probe.name));
  for (const name of [...files.data.keys(), ...files.expected.keys(), ...files.captures.keys()]) {
    invariant(known.has(name), `the simulation has no stream '${name}'`);
  }
}

/** The text that sim/README.md describes. */
export function renderRunFile(request: RunRequest, files: RunFiles): string {
  const { layout } = request;
  checkStreamNames(layout, files);
  const sources = layout.sources.flatMap((slot) =>
    endpointLines('source', slot, defined(files.data.get(slot.name), `data of source '${slot.name}'`)),
  );
  const lines = [
    ...runLines(request, files),
    ...sources,
    ...layout.sinks.flatMap((slot) => endpointLines('sink', slot, undefined)),
    ...layout.probes.flatMap((probe) => probeLines(probe, files)),
    ...layout.activities.flatMap(({ name, observeWord, bit: index }) =>
      renderRecord('activity', name, [
        ['observe-word', observeWord],
        ['bit', index],
      ]),
    ),
  ];
  return `${lines.join('\n')}\n`;
}
