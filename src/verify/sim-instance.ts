import type { EmittedDesign } from '../emit/file-set.js';
import type { NamedPort, NamedStream, TopNames } from '../emit/names.js';
import { beatsPerFrame } from '../hw/feature-map.js';
import type { InnerStream, SimInstance, StreamPort, StreamShape } from '../simulate/wrapper.js';
import { defined } from '../support/invariant.js';

/** An end of a network in the simulation, and the tensor of the graph that goes through it. */
export interface SimEnd {
  /** Streams inside go by their net's name, which has no space. */
  readonly name: string;
  readonly port: NamedPort;
  readonly stream: NamedStream;
}

function endsOf(names: TopNames, ports: readonly NamedPort[], what: string): readonly SimEnd[] {
  return ports.map((port) => ({
    name: ports.length === 1 ? `top ${what}` : `top ${what} ${JSON.stringify(port.tensor)}`,
    port,
    stream: defined(names.streams[port.stream], 'the stream of an end'),
  }));
}

export function inputEnds(names: TopNames): readonly SimEnd[] {
  return endsOf(names, names.inputs, 'input');
}

export function outputEnds(names: TopNames): readonly SimEnd[] {
  return endsOf(names, names.outputs, 'output');
}

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

/** A generated top as the harness sees it: all ends, every stream between two instances, every activity bit. */
export function simInstance(emitted: EmittedDesign, instance = 'u_top', label?: string): SimInstance {
  const { names } = emitted;
  const sources = inputEnds(names).map(
    ({ name, port, stream }): StreamPort => ({ name, prefix: port.port, ...shapeOf(stream, false) }),
  );
  const sinks = outputEnds(names).map(
    ({ name, port, stream }): StreamPort => ({ name, prefix: port.port, hasUser: true, ...shapeOf(stream, false) }),
  );
  const probes = names.streams.map(
    (stream): InnerStream => ({ name: stream.name, path: stream.name, ...shapeOf(stream, true) }),
  );
  return {
    module: names.module,
    instance,
    ...(label === undefined ? {} : { label }),
    parameters: [],
    sources,
    sinks,
    probes,
    activities: names.active.map((layer, bit) => ({ name: layer, path: `status_active[${bit}]` })),
    tieOffs: [
      ['status_tlast_early', ''],
      ['status_tlast_late', ''],
      ['status_active', ''],
    ],
  };
}
