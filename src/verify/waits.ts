import type { TopNames } from '../emit/top.js';
import type { ProbeResult } from '../simulate/result.js';

/**
 * Who waits for whom in a chain that stands still, a line a stream from the output back to the input: a stream that is
 * ready but not valid waits for its producer, one that is valid but not ready for its consumer.
 */
export function explainWait(names: TopNames, probes: ReadonlyMap<string, ProbeResult>): readonly string[] {
  const lines: string[] = [];
  for (let i = names.streams.length - 1; i >= 0; i--) {
    const stream = names.streams[i];
    const probe = stream === undefined ? undefined : probes.get(stream.name);
    if (stream === undefined || probe === undefined) continue;
    const done = `${probe.beats} of ${probe.expectedBeats} beats`;
    const producer = stream.layer === undefined ? 'what feeds it' : `'${stream.layer}'`;
    const next = names.streams.slice(i + 1).find((later) => later.layer !== undefined)?.layer;
    const consumer = next === undefined ? 'the output' : `'${next}'`;
    if (probe.beats >= probe.expectedBeats) lines.push(`stream '${stream.name}' is through: ${done}`);
    else if (probe.valid && !probe.ready)
      lines.push(`stream '${stream.name}' (${done}): ${producer} offers a beat and waits for ${consumer} to take it`);
    else if (!probe.valid && probe.ready)
      lines.push(`stream '${stream.name}' (${done}): ${consumer} is ready and waits for a beat of ${producer}`);
    else if (!probe.valid)
      lines.push(`stream '${stream.name}' (${done}): ${producer} offers nothing and ${consumer} takes nothing`);
    else lines.push(`stream '${stream.name}' (${done}): moving`);
  }
  return lines;
}
