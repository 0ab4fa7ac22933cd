/** What the harness reports of one run. Cycle numbers count from the end of the last reset. */

export interface StreamMismatch {
  readonly frame: number;
  /** Beat of the frame. */
  readonly beat: number;
  readonly lane: number;
  /** Raw bits, not sign-extended. */
  readonly expected: number;
  readonly got: number;
  readonly cycle: number;
}

export interface ProtocolError {
  readonly kind: 'valid-dropped' | 'payload-changed' | 'early-last' | 'missing-last' | 'extra-beat';
  readonly cycle: number;
  /** Beats accepted before. */
  readonly beat: number;
}

export interface ProbeResult {
  readonly name: string;
  readonly beats: number;
  readonly expectedBeats: number;
  /** Cycles with valid and not ready. */
  readonly stalls: number;
  /** Cycles with ready and not valid. */
  readonly starves: number;
  /** At the end of the run. */
  readonly valid: boolean;
  readonly ready: boolean;
  /** Beats with tuser set. */
  readonly userBeats: number;
  /** Elements compared. */
  readonly compared: number;
  readonly mismatches: number;
  readonly firstMismatch?: StreamMismatch;
  /** Cycle of each frame's first and last beat, as far as they came. */
  readonly frameFirstCycles: readonly number[];
  readonly frameLastCycles: readonly number[];
  readonly protocolErrors: number;
  readonly firstProtocolError?: ProtocolError;
}

export interface ActivityResult {
  readonly name: string;
  /** Cycles in which the bit was high. */
  readonly cycles: number;
}

/**
 * `done`: every stream is through, those inside too. `deadlock`: nothing moved for the idle limit. `mismatch`: stopped at the
 * first one, as asked. `cycle-limit`: the run's own limit. `assertion`: one failed in the design. `finished`: the
 * design called $finish.
 */
export type SimStatus = 'done' | 'deadlock' | 'mismatch' | 'cycle-limit' | 'assertion' | 'finished';

export interface SimReport {
  readonly status: SimStatus;
  readonly cycles: number;
  readonly evaluations: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly sourcesDone: boolean;
  readonly sinksDone: boolean;
  readonly probes: readonly ProbeResult[];
  readonly activities: readonly ActivityResult[];
}

export interface SimResult extends SimReport {
  /** Elements of the streams that were captured, by name, in the format of packElements. */
  readonly captures: ReadonlyMap<string, Uint8Array>;
  /** What the design printed, and failed assertions. */
  readonly output: string;
}

function probeProblems(probe: ProbeResult, status: SimStatus): readonly string[] {
  const problems: string[] = [];
  const { firstMismatch: mismatch, firstProtocolError: error } = probe;
  if (mismatch !== undefined) {
    problems.push(
      `stream '${probe.name}': ${probe.mismatches} of ${probe.compared} elements differ, first in frame ` +
        `${mismatch.frame}, beat ${mismatch.beat}, lane ${mismatch.lane} (cycle ${mismatch.cycle}): ` +
        `expected 0x${mismatch.expected.toString(16)}, got 0x${mismatch.got.toString(16)}`,
    );
  }
  if (error !== undefined) {
    problems.push(
      `stream '${probe.name}': ${probe.protocolErrors} handshake errors, first ${error.kind} in cycle ${error.cycle}, ` +
        `after ${error.beat} beats`,
    );
  }
  if (probe.beats !== probe.expectedBeats && (status === 'done' || status === 'deadlock')) {
    const state = `valid ${probe.valid ? 1 : 0}, ready ${probe.ready ? 1 : 0}`;
    problems.push(
      `stream '${probe.name}': ${probe.beats} beats instead of ${probe.expectedBeats} (${state} at the end)`,
    );
  }
  return problems;
}

/** Everything wrong with a run, a sentence each; empty when it is clean. */
export function describeProblems(result: SimResult): readonly string[] {
  const problems = result.probes.flatMap((probe) => probeProblems(probe, result.status));
  if (result.status === 'done') return problems;
  const output = result.output.trim();
  const tail = output === '' ? '' : `: ${output.slice(-2000)}`;
  return [`the run ended with '${result.status}' in cycle ${result.cycles}${tail}`, ...problems];
}
