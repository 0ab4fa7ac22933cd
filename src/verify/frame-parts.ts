import type { ActivityResult, ProbeResult, SimResult } from '../simulate/result.js';
import { concatBytes } from '../support/bytes.js';
import { defined } from '../support/invariant.js';

/** Frames that one process of a run simulates, back to back. */
export interface FramePart {
  readonly first: number;
  readonly count: number;
}

/** Fewest frames of a part: enough to keep frames following each other, which is where a design's memories wrap. */
export const LEAST_FRAMES_OF_PART = 8;

/** Parts of nearly equal size, as many as there are jobs, or fewer where they would become too short. */
export function framePartsOf(frames: number, jobs: number): readonly FramePart[] {
  const parts = Math.max(1, Math.min(jobs, Math.floor(frames / LEAST_FRAMES_OF_PART)));
  return Array.from({ length: parts }, (_, part) => {
    const first = Math.floor((frames * part) / parts);
    return { first, count: Math.floor((frames * (part + 1)) / parts) - first };
  });
}

/** A part's share of every stream's elements, all frames of which have the same length. */
export function elementsOfPart(
  streams: ReadonlyMap<string, Uint8Array>,
  part: FramePart,
  frames: number,
): ReadonlyMap<string, Uint8Array> {
  const share = (bytes: Uint8Array): Uint8Array => {
    const frame = bytes.length / frames;
    return bytes.subarray(part.first * frame, (part.first + part.count) * frame);
  };
  return new Map([...streams].map(([name, bytes]) => [name, share(bytes)]));
}

const sumOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0);

function mergeProbes(probes: readonly ProbeResult[], parts: readonly FramePart[], blamed: number): ProbeResult {
  const first = defined(probes[0], 'a part');
  const { valid, ready } = probes[blamed] ?? first;
  const wrong = probes.findIndex((probe) => probe.firstMismatch !== undefined);
  const mismatch = probes[wrong]?.firstMismatch;
  const protocolError = probes.find((probe) => probe.firstProtocolError !== undefined)?.firstProtocolError;
  return {
    name: first.name,
    valid,
    ready,
    frameFirstCycles: first.frameFirstCycles,
    frameLastCycles: first.frameLastCycles,
    beats: sumOf(probes, (probe) => probe.beats),
    expectedBeats: sumOf(probes, (probe) => probe.expectedBeats),
    stalls: sumOf(probes, (probe) => probe.stalls),
    starves: sumOf(probes, (probe) => probe.starves),
    userBeats: sumOf(probes, (probe) => probe.userBeats),
    compared: sumOf(probes, (probe) => probe.compared),
    mismatches: sumOf(probes, (probe) => probe.mismatches),
    protocolErrors: sumOf(probes, (probe) => probe.protocolErrors),
    ...(mismatch === undefined
      ? {}
      : { firstMismatch: { ...mismatch, frame: mismatch.frame + defined(parts[wrong], 'a part').first } }),
    ...(protocolError === undefined ? {} : { firstProtocolError: protocolError }),
  };
}

const mergeActivities = (activities: readonly ActivityResult[]): ActivityResult => ({
  name: defined(activities[0], 'a part').name,
  cycles: sumOf(activities, (activity) => activity.cycles),
});

/**
 * One result of parts that ran side by side. Counts are of all; cycle numbers are those of the part in which something
 * happened, and frames' cycles those of the first part. `cycles` is of the first part that did not end, else of all.
 */
export function mergeParts(results: readonly SimResult[], parts: readonly FramePart[]): SimResult {
  const first = defined(results[0], 'a part');
  if (results.length === 1) return first;
  const stopped = results.findIndex((result) => result.status !== 'done');
  const blamed = results[stopped];
  const names = [...first.captures.keys()];
  return {
    status: blamed?.status ?? 'done',
    cycles: blamed?.cycles ?? sumOf(results, (result) => result.cycles),
    evaluations: sumOf(results, (result) => result.evaluations),
    wallSeconds: Math.max(...results.map((result) => result.wallSeconds)),
    cpuSeconds: sumOf(results, (result) => result.cpuSeconds),
    sourcesDone: results.every((result) => result.sourcesDone),
    sinksDone: results.every((result) => result.sinksDone),
    probes: first.probes.map((_, i) =>
      mergeProbes(
        results.map(({ probes }) => defined(probes[i], 'a stream')),
        parts,
        stopped,
      ),
    ),
    activities: first.activities.map((_, i) =>
      mergeActivities(results.map(({ activities }) => defined(activities[i], 'an engine'))),
    ),
    captures: new Map(
      names.map((name) => [name, concatBytes(results.map(({ captures }) => defined(captures.get(name), 'a capture')))]),
    ),
    output: results.map(({ output }) => output).join(''),
  };
}
