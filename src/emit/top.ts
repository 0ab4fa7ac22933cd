import type { Design } from '../hw/design.js';
import { beatsPerFrame, mapName, type StreamType } from '../hw/feature-map.js';
import { netlistOf } from '../hw/netlist.js';
import { defined } from '../support/invariant.js';
import { plural } from '../support/text.js';
import { foldingText } from './instances.js';
import type { NamedPort, NamedStream, TopNames } from './names.js';
import { type InstanceContext, markNets, quoted, topInstances } from './stage-instances.js';

/** Input of templates/top.v.hbs. Every field is always there: Handlebars prints nothing for a missing one. */
export interface TopContext {
  readonly version: string;
  readonly model: string;
  readonly modelHash: string;
  readonly module: string;
  readonly summary: readonly string[];
  readonly inputs: readonly EndContext[];
  readonly outputs: readonly EndContext[];
  /** Several inputs have a status bit each, the first in bit 0. */
  readonly severalInputs: boolean;
  readonly inputCount: number;
  readonly activeComments: readonly string[];
  readonly activeBits: number;
  /** No layer has an activity bit. */
  readonly inactive: boolean;
  /** Nets of the frames' marks. */
  readonly marks: readonly string[];
  readonly streams: readonly { readonly name: string; readonly bits: number; readonly comment: string }[];
  readonly instances: readonly InstanceContext[];
}

interface EndContext {
  readonly port: string;
  readonly comment: string;
  readonly bits: number;
}

const byteBits = (bits: number): number => Math.ceil(bits / 8) * 8;
const streamBits = (type: StreamType): number => type.lanes * type.map.element.bits;

function endContext(
  { streams }: TopNames,
  ports: readonly NamedPort[],
  { port, tensor, stream }: NamedPort,
): EndContext {
  const { type } = defined(streams[stream], 'a stream');
  const text = `${mapName(type.map)}, ${plural(type.lanes, 'channel')} a beat, ${plural(beatsPerFrame(type), 'beat')} a frame; pixels in raster order.`;
  return {
    port,
    comment: ports.length === 1 ? text : `${quoted(tensor)}: ${text}`,
    bits: byteBits(streamBits(type)),
  };
}

/** A line for each bit of status_active. */
function activeComments({ active }: TopNames): readonly string[] {
  return active.map((layer, bit) => `[${bit}] ${quoted(layer)}`);
}

function streamComment({ type, tensor, repeats }: NamedStream): string {
  return repeats ? mapName(type.map) : `${quoted(tensor)}: ${mapName(type.map)}`;
}

/** Everything that the top's template prints. */
export function topContext(design: Design, names: TopNames, version: string, modelHash: string): TopContext {
  const parts = { design, names, stages: netlistOf(design).stages };
  const marks = markNets(parts);
  return {
    version,
    model: JSON.stringify(design.network.name).slice(1, -1),
    modelHash,
    module: names.module,
    summary: design.engines.map((engine) => `${quoted(engine.layer.name)}: ${foldingText(engine)}`),
    inputs: names.inputs.map((port) => endContext(names, names.inputs, port)),
    outputs: names.outputs.map((port) => endContext(names, names.outputs, port)),
    severalInputs: names.inputs.length > 1,
    inputCount: names.inputs.length,
    activeComments: names.active.length === 0 ? ['none tells'] : activeComments(names),
    activeBits: Math.max(1, names.active.length),
    inactive: names.active.length === 0,
    marks: [...new Set([...marks.in, ...marks.out])],
    streams: names.streams.map((stream) => ({
      name: stream.name,
      bits: streamBits(stream.type),
      comment: streamComment(stream),
    })),
    instances: topInstances(parts),
  };
}
