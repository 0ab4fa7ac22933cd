import type { TopNames } from '../emit/names.js';
import type { ProbeResult } from '../simulate/result.js';

/**
 * Who waits for whom in a network that stands still, a line a stream from the outputs back to the inputs: a stream that
 * is ready but not valid waits for its producer, one that is valid but not ready for its consumer.
 */
export function explainWait(names: TopNames, probes: ReadonlyMap<string, ProbeResult>): readonly string[] {
  return names.streams.toReversed().flatMap(({ name, producer, consumer }) => {
    const probe = probes.get(name);
    if (probe === undefined) return [];
    const done = `${probe.beats} of ${probe.expectedBeats} beats`;
    if (probe.beats >= probe.expectedBeats) return [`stream '${name}' is through: ${done}`];
    const place = `stream '${name}' (${done})`;
    if (probe.valid && !probe.ready)
      return [`${place}: ${producer} offers a beat and waits for ${consumer} to take it`];
    if (!probe.valid && probe.ready) return [`${place}: ${consumer} is ready and waits for a beat of ${producer}`];
    if (!probe.valid) return [`${place}: ${producer} offers nothing and ${consumer} takes nothing`];
    return [`${place}: moving`];
  });
}
