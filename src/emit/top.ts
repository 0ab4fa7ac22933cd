import { type Design, type Engine, stages } from '../hw/design.js';
import { beatsPerFrame, type FeatureMap, mapName, pixelCount, type StreamType } from '../hw/feature-map.js';
import { layerWindow } from '../hw/folding.js';
import { isWindowLayer, type Layer } from '../hw/layer.js';
import { plural } from '../support/text.js';
import { adapterModule, engineModule, foldingText, type Parameter } from './instances.js';
import { legalName, uniqueNames } from './verilog-names.js';

/** Input of templates/top.v.hbs. Every field is always there: Handlebars prints nothing for a missing one. */
export interface TopContext {
  readonly version: string;
  readonly model: string;
  readonly modelHash: string;
  readonly module: string;
  readonly summary: readonly string[];
  readonly inputComment: string;
  readonly inputBits: number;
  readonly outputComment: string;
  readonly outputBits: number;
  readonly activeComments: readonly string[];
  readonly activeBits: number;
  /** No layer has an activity bit. */
  readonly inactive: boolean;
  readonly streams: readonly { readonly name: string; readonly bits: number; readonly comment: string }[];
  readonly instances: readonly InstanceContext[];
}

interface InstanceContext {
  readonly comments: readonly string[];
  readonly module: string;
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly ports: readonly { readonly name: string; readonly net: string }[];
}

/** A stream between two instances, and the graph tensor that it carries where a layer ends in it. */
export interface NamedStream {
  readonly name: string;
  readonly type: StreamType;
  /** Undefined for a stream behind an adapter, which repeats a tensor. */
  readonly tensor: string | undefined;
  /** Layer that makes it; undefined for the network's input. */
  readonly layer: string | undefined;
}

/** Names that everything which looks into the generated top goes by. */
export interface TopNames {
  readonly module: string;
  /** Instance name (without u_) of each engine, in order. */
  readonly engines: readonly string[];
  readonly streams: readonly NamedStream[];
  /** Layers with a bit in status_active, in bit order. */
  readonly active: readonly string[];
}

const RESERVED_IN_TOP = ['clk', 'rst', 'core_rst', 'mark_in', 'input', 'reset', 'frame_in', 'frame_out'];

export function topModuleName(model: string): string {
  return `hd_gen_${legalName(model)}`;
}

/** What the memory files of an instance are called after: the top is part of it, so that networks can share a folder. */
export function memoryInstance(names: Pick<TopNames, 'module'>, instance: string): string {
  return `${names.module}_${instance}`;
}

/** Layers whose engine tells when it works. */
function hasActivity(layer: Layer): boolean {
  return layer.kind !== 'lookup';
}

export function topNames(design: Design): TopNames {
  const engines = uniqueNames(
    design.engines.map((engine) => engine.layer.name),
    RESERVED_IN_TOP,
  );
  const streams: NamedStream[] = [
    {
      name: 'image',
      type: { map: design.chain.inputMap, lanes: design.inputLanes },
      tensor: design.chain.inputTensor,
      layer: undefined,
    },
  ];
  let index = 0;
  for (const stage of stages(design)) {
    const name = engines[index] ?? '';
    if (stage.kind === 'adapter') {
      const type = { map: stage.map, lanes: stage.lanesOut };
      streams.push({ name: `${name}_in`, type, tensor: undefined, layer: undefined });
      continue;
    }
    const { layer, lanesOut } = stage.engine;
    const type = { map: layer.output, lanes: lanesOut };
    streams.push({ name: `${name}_out`, type, tensor: layer.outputTensor, layer: layer.name });
    index++;
  }
  return {
    module: topModuleName(design.chain.name),
    engines,
    streams,
    active: design.engines.filter((engine) => hasActivity(engine.layer)).map((engine) => engine.layer.name),
  };
}

const stream = (port: string, net: string): { name: string; net: string }[] =>
  ['tvalid', 'tready', 'tdata'].map((signal) => ({ name: `${port}_${signal}`, net: `${net}_${signal}` }));

const CLOCKED = [
  { name: 'clk', net: 'clk' },
  { name: 'rst', net: 'core_rst' },
];

const number = (name: string, value: number): Parameter => ({ name, value: String(value) });

function frameParameters(map: FeatureMap, lanes: number): readonly Parameter[] {
  return [
    number('PIXELS', pixelCount(map)),
    number('CHANNELS', map.channels),
    number('LANES', lanes),
    number('BITS', map.element.bits),
  ];
}

function frameInstances(design: Design, names: TopNames): { first: InstanceContext[]; last: InstanceContext } {
  const input = names.streams[0] as NamedStream;
  const output = names.streams.at(-1) as NamedStream;
  const mark = stream('axis_mark', 'mark_in');
  const reset = {
    comments: [],
    module: 'hd_reset',
    name: 'u_reset',
    parameters: [],
    ports: [
      { name: 'clk', net: 'clk' },
      { name: 'rst', net: 'rst' },
      { name: 'core_rst', net: 'core_rst' },
    ],
  };
  const frameIn = {
    comments: [`Input frames: ${mapName(input.type.map)}, ${plural(input.type.lanes, 'lane')}.`],
    module: 'hd_frame_in',
    name: 'u_frame_in',
    parameters: frameParameters(input.type.map, input.type.lanes),
    ports: [
      ...CLOCKED,
      ...stream('s_axis', 's_axis'),
      { name: 's_axis_tlast', net: 's_axis_tlast' },
      ...stream('m_axis', input.name),
      ...mark.map(({ name, net }) => ({ name: `m_${name}`, net })),
      { name: 'status_tlast_early', net: 'status_tlast_early' },
      { name: 'status_tlast_late', net: 'status_tlast_late' },
    ],
  };
  const frameOut = {
    comments: [`Output frames: ${mapName(output.type.map)}, ${plural(output.type.lanes, 'lane')}.`],
    module: 'hd_frame_out',
    name: 'u_frame_out',
    // Every engine may hold parts of three frames: one leaving, one inside, one arriving.
    parameters: [
      ...frameParameters(output.type.map, output.type.lanes),
      number('MARKS', 16 + 3 * design.engines.length),
    ],
    ports: [
      ...CLOCKED,
      ...stream('s_axis', output.name),
      ...mark.map(({ name, net }) => ({ name: `s_${name}`, net })),
      ...stream('m_axis', 'm_axis'),
      { name: 'm_axis_tlast', net: 'm_axis_tlast' },
      { name: 'm_axis_tuser', net: 'm_axis_tuser' },
    ],
  };
  return { first: [reset, frameIn], last: frameOut };
}

/** `conv 5x5 stride 1, 28x28x1 uint8 -> 28x28x6 uint8`. */
export function layerText(layer: Layer): string {
  const window = isWindowLayer(layer) ? layerWindow(layer) : layer.kind === 'pool-stream' ? layer.window : undefined;
  const kernel = window === undefined ? '' : ` ${window.kernelH}x${window.kernelW}`;
  const stride =
    window === undefined || (window.strideH === 1 && window.strideW === 1)
      ? ''
      : ` stride ${window.strideH}x${window.strideW}`;
  const groups = layer.kind === 'conv' && layer.groups > 1 ? ` in ${layer.groups} groups` : '';
  const what = layer.kind === 'lookup' ? layer.of : 'mode' in layer ? `${layer.mode} pool` : layer.kind;
  return `${what}${kernel}${stride}${groups}, ${mapName(layer.input)} -> ${mapName(layer.output)}`;
}

/** A user's name inside a comment: one line, nothing that would end it. */
function quoted(name: string): string {
  return JSON.stringify(name);
}

function engineInstance(engine: Engine, name: string, input: string, output: string, names: TopNames): InstanceContext {
  const { module, parameters } = engineModule(engine, memoryInstance(names, name));
  const active = names.active.indexOf(engine.layer.name);
  return {
    comments: [`${quoted(engine.layer.name)}: ${layerText(engine.layer)}`, foldingText(engine)],
    module,
    name: `u_${name}`,
    parameters,
    ports: [
      ...CLOCKED,
      ...stream('s_axis', input),
      ...stream('m_axis', output),
      ...(hasActivity(engine.layer) ? [{ name: 'status_active', net: `status_active[${active}]` }] : []),
    ],
  };
}

function stageInstances(design: Design, names: TopNames): readonly InstanceContext[] {
  let index = 0;
  return stages(design).map((stage, place) => {
    const input = (names.streams[place] as NamedStream).name;
    const output = (names.streams[place + 1] as NamedStream).name;
    if (stage.kind === 'engine') {
      const name = names.engines[index++] as string;
      return engineInstance(stage.engine, name, input, output, names);
    }
    return {
      comments: [`${stage.lanesIn} to ${plural(stage.lanesOut, 'lane')}, in front of ${quoted(stage.before)}`],
      ...adapterModule(stage),
      // Two underscores: a legal name has no such pair, so no layer's instance is called this.
      name: `u_${names.engines[index]}__width`,
      ports: [...CLOCKED, ...stream('s_axis', input), ...stream('m_axis', output)],
    };
  });
}

const byteBits = (bits: number): number => Math.ceil(bits / 8) * 8;
const streamBits = (type: StreamType): number => type.lanes * type.map.element.bits;

function portComment(type: StreamType): string {
  return `${mapName(type.map)}, ${plural(type.lanes, 'channel')} a beat, ${plural(beatsPerFrame(type), 'beat')} a frame; pixels in raster order.`;
}

/** A line for each bit of status_active. */
function activeComments({ active }: TopNames): readonly string[] {
  return active.map((layer, bit) => `[${bit}] ${quoted(layer)}`);
}

/** Everything that the top's template prints. */
export function topContext(design: Design, names: TopNames, version: string, modelHash: string): TopContext {
  const { first, last } = frameInstances(design, names);
  const input = (names.streams[0] as NamedStream).type;
  const output = (names.streams.at(-1) as NamedStream).type;
  return {
    version,
    model: JSON.stringify(design.chain.name).slice(1, -1),
    modelHash,
    module: names.module,
    summary: design.engines.map((engine) => `${quoted(engine.layer.name)}: ${foldingText(engine)}`),
    inputComment: portComment(input),
    inputBits: byteBits(streamBits(input)),
    outputComment: portComment(output),
    outputBits: byteBits(streamBits(output)),
    activeComments: names.active.length === 0 ? ['none tells'] : activeComments(names),
    activeBits: Math.max(1, names.active.length),
    inactive: names.active.length === 0,
    streams: names.streams.map(({ name, type, tensor }) => ({
      name,
      bits: streamBits(type),
      comment: tensor === undefined ? mapName(type.map) : `${quoted(tensor)}: ${mapName(type.map)}`,
    })),
    instances: [...first, ...stageInstances(design, names), last],
  };
}
