import type { EmittedDesign } from '../emit/file-set.js';
import type { NamedStream } from '../emit/top.js';
import { beatsPerFrame } from '../hw/feature-map.js';
import type { InnerStream, SimInstance, StreamPort, StreamShape } from '../simulate/wrapper.js';
import { defined } from '../support/invariant.js';

/** Names of the two ends in the simulation; streams inside go by their net's name, which has no space. */
export const INPUT_END = 'top input';
export const OUTPUT_END = 'top output';

function shapeOf(stream: NamedStream, inside: boolean): StreamShape {
  const { lanes, map } = stream.type;
  const bits = lanes * map.element.bits;
  return {
    lanes,
    elementBits: map.element.bits,
    beatsPerFrame: beatsPerFrame(stream.type),
    hasLast: !inside,
    ...(inside ? { dataBits: bits } : {}),
  };
}

/** A generated top as the harness sees it: both ends, every stream between two instances, every activity bit. */
export function simInstance(emitted: EmittedDesign, instance = 'u_top', label?: string): SimInstance {
  const { names } = emitted;
  const first = defined(names.streams[0], 'the input stream');
  const last = defined(names.streams.at(-1), 'the output stream');
  const source: StreamPort = { name: INPUT_END, prefix: 's_axis', ...shapeOf(first, false) };
  const sink: StreamPort = { name: OUTPUT_END, prefix: 'm_axis', hasUser: true, ...shapeOf(last, false) };
  const probes = names.streams.map(
    (stream): InnerStream => ({ name: stream.name, path: stream.name, ...shapeOf(stream, true) }),
  );
  return {
    module: names.module,
    instance,
    ...(label === undefined ? {} : { label }),
    parameters: [],
    sources: [source],
    sinks: [sink],
    probes,
    activities: names.active.map((layer, bit) => ({ name: layer, path: `status_active[${bit}]` })),
    tieOffs: [
      ['status_tlast_early', ''],
      ['status_tlast_late', ''],
      ['status_active', ''],
    ],
  };
}
