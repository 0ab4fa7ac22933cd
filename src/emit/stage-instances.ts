import type { Design } from '../hw/design.js';
import { mapName, pixelCount, type StreamType } from '../hw/feature-map.js';
import { layerWindow } from '../hw/folding.js';
import { isWindowLayer, type Layer } from '../hw/layer.js';
import type {
  AdapterStage,
  EngineStage,
  FifoStage,
  ForkStage,
  InputStage,
  OutputStage,
  Reader,
  Stage,
} from '../hw/netlist.js';
import { defined } from '../support/invariant.js';
import { plural } from '../support/text.js';
import { adapterModule, engineModule, foldingText } from './instances.js';
import { hasActivity, memoryInstance, type NamedStream, readerName, type TopNames } from './names.js';
import { number, type Parameter } from './parameters.js';

/** An instance in the top as the template prints it. */
export interface InstanceContext {
  readonly comments: readonly string[];
  readonly module: string;
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly ports: readonly PortContext[];
}

interface PortContext {
  readonly name: string;
  readonly net: string;
}

/** What all instances are made from. */
export interface TopParts {
  readonly design: Design;
  readonly names: TopNames;
  readonly stages: readonly Stage[];
}

const SIGNALS = ['tvalid', 'tready', 'tdata'] as const;

/** A stream's three ports; of several streams on one packed port, the first in the low bits. */
function streamPorts(port: string, nets: readonly string[]): readonly PortContext[] {
  const joined = (signal: string): string => {
    const all = nets.map((net) => `${net}_${signal}`).reverse();
    return all.length === 1 ? (all[0] as string) : `{${all.join(', ')}}`;
  };
  return SIGNALS.map((signal) => ({ name: `${port}_${signal}`, net: joined(signal) }));
}

const CLOCKED: readonly PortContext[] = [
  { name: 'clk', net: 'clk' },
  { name: 'rst', net: 'core_rst' },
];

function frameParameters({ map, lanes }: StreamType): readonly Parameter[] {
  return [
    number('PIXELS', pixelCount(map)),
    number('CHANNELS', map.channels),
    number('LANES', lanes),
    number('BITS', map.element.bits),
  ];
}

/** Nets of the frames' marks: straight from the one input to the one output, or through hd_marks. */
export function markNets({ names }: Pick<TopParts, 'names'>): {
  in: readonly string[];
  out: readonly string[];
  joined: boolean;
} {
  const joined = names.inputs.length > 1 || names.outputs.length > 1;
  const own = (prefix: string, ports: TopNames['inputs']): readonly string[] =>
    ports.map((_, i) => (ports.length === 1 ? prefix : `${prefix}_${i}`));
  const ins = own('mark_in', names.inputs);
  return { in: ins, out: joined ? own('mark_out', names.outputs) : ins, joined };
}

const RESET: InstanceContext = {
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

/** An end's own name, where there are several. */
function suffix(ports: TopNames['inputs'], index: number): string {
  const [prefix = ''] = ports.length === 1 ? [''] : [defined(ports[index], 'a port').port.slice('s_axis'.length)];
  return prefix;
}

function inputInstance(parts: TopParts, { input }: InputStage): InstanceContext {
  const { inputs, streams } = parts.names;
  const { port, stream } = defined(inputs[input], 'an input');
  const { name, type } = defined(streams[stream], 'a stream');
  const status = (signal: string): PortContext => ({
    name: signal,
    net: inputs.length === 1 ? signal : `${signal}[${input}]`,
  });
  const mark = defined(markNets(parts).in[input], 'a mark');
  return {
    comments: [`Input frames: ${mapName(type.map)}, ${plural(type.lanes, 'lane')}.`],
    module: 'hd_frame_in',
    name: `u_frame_in${suffix(inputs, input)}`,
    parameters: frameParameters(type),
    ports: [
      ...CLOCKED,
      ...streamPorts('s_axis', [port]),
      { name: 's_axis_tlast', net: `${port}_tlast` },
      ...streamPorts('m_axis', [name]),
      ...streamPorts('m_axis_mark', [mark]),
      status('status_tlast_early'),
      status('status_tlast_late'),
    ],
  };
}

function outputInstance(parts: TopParts, { output }: OutputStage): InstanceContext {
  const { outputs, streams } = parts.names;
  const { port, stream } = defined(outputs[output], 'an output');
  const { name, type } = defined(streams[stream], 'a stream');
  const mark = defined(markNets(parts).out[output], 'a mark');
  return {
    comments: [`Output frames: ${mapName(type.map)}, ${plural(type.lanes, 'lane')}.`],
    module: 'hd_frame_out',
    name: `u_frame_out${suffix(outputs, output)}`,
    parameters: [...frameParameters(type), number('MARKS', markDepth(parts.design))],
    ports: [
      ...CLOCKED,
      ...streamPorts('s_axis', [name]),
      ...streamPorts('s_axis_mark', [mark]),
      ...streamPorts('m_axis', [port]),
      { name: 'm_axis_tlast', net: `${port}_tlast` },
      { name: 'm_axis_tuser', net: `${port}_tuser` },
    ],
  };
}

/** Every engine, and every FIFO, may hold parts of three frames: one leaving, one inside, one arriving. */
function markDepth({ engines, fifos }: Design): number {
  return 16 + 3 * (engines.length + fifos.size);
}

/** Joins the inputs' marks and deals them out to the outputs; absent between one input and one output. */
export function marksInstance(parts: TopParts): InstanceContext | undefined {
  const marks = markNets(parts);
  if (!marks.joined) return undefined;
  return {
    comments: ['A frame is marked at every output when any of its inputs was.'],
    module: 'hd_marks',
    name: 'u_marks',
    parameters: [number('INPUTS', marks.in.length), number('OUTPUTS', marks.out.length)],
    ports: [...CLOCKED, ...streamPorts('s_axis', marks.in), ...streamPorts('m_axis', marks.out)],
  };
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
  const from = layer.inputs.map(({ map }) => mapName(map)).join(' + ');
  return `${what}${kernel}${stride}${groups}, ${from} -> ${mapName(layer.output)}`;
}

/** A user's name inside a comment: one line, nothing that would end it. */
export function quoted(name: string): string {
  return JSON.stringify(name);
}

function engineInstance(parts: TopParts, stage: EngineStage): InstanceContext {
  const { names } = parts;
  const { engine } = stage;
  const name = defined(names.engines[stage.index], 'an engine');
  const { module, parameters } = engineModule(engine, memoryInstance(names, name));
  const active = names.active.indexOf(engine.layer.name);
  return {
    comments: [`${quoted(engine.layer.name)}: ${layerText(engine.layer)}`, foldingText(engine)],
    module,
    name: `u_${name}`,
    parameters,
    ports: [
      ...CLOCKED,
      ...streamPorts('s_axis', netNames(names, stage.inputs)),
      ...streamPorts('m_axis', netNames(names, stage.outputs)),
      ...(hasActivity(engine.layer) ? [{ name: 'status_active', net: `status_active[${active}]` }] : []),
    ],
  };
}

function netNames({ streams }: TopNames, nets: readonly number[]): readonly string[] {
  return nets.map((net) => defined(streams[net], 'a stream').name);
}

function streamOf({ streams }: TopNames, nets: readonly number[]): NamedStream {
  return defined(streams[defined(nets[0], 'a net')], 'a stream');
}

const streamWidth = ({ type }: NamedStream): number => type.lanes * type.map.element.bits;

function forkInstance({ names }: TopParts, stage: ForkStage): InstanceContext {
  const input = streamOf(names, stage.inputs);
  const outputs = netNames(names, stage.outputs);
  return {
    comments: [`${quoted(input.tensor)} for ${plural(outputs.length, 'reader')}`],
    module: 'hd_fork',
    // Two underscores: a legal name has no such pair, so no layer's instance is called this.
    name: `u_${input.name}__fork`,
    parameters: [number('OUTPUTS', outputs.length), number('WIDTH', streamWidth(input))],
    ports: [...CLOCKED, ...streamPorts('s_axis', [input.name]), ...streamPorts('m_axis', outputs)],
  };
}

/** What stands in front of a reader is called after its port. */
function placeName({ design, names }: TopParts, reader: Reader): string {
  return readerName(design, names.engines, reader);
}

function fifoInstance(parts: TopParts, stage: FifoStage): InstanceContext {
  const { names } = parts;
  const input = streamOf(names, stage.inputs);
  const { depth, memory } = stage.fifo;
  return {
    comments: [`${plural(depth, 'beat')} of ${quoted(input.tensor)} in front of ${quoted(stage.edge)}`],
    module: memory === 'block' ? 'hd_fifo_block' : 'hd_fifo',
    name: `u_${placeName(parts, stage.reader)}__fifo`,
    parameters: [number('WIDTH', streamWidth(input)), number('DEPTH', depth)],
    ports: [
      ...CLOCKED,
      ...streamPorts('s_axis', [input.name]),
      ...streamPorts('m_axis', netNames(names, stage.outputs)),
    ],
  };
}

function adapterInstance(parts: TopParts, stage: AdapterStage): InstanceContext {
  const { names } = parts;
  const from = streamOf(names, stage.inputs);
  const to = streamOf(names, stage.outputs);
  return {
    comments: [
      `${from.type.lanes} to ${plural(to.type.lanes, 'lane')}, in front of ${stage.reader.kind === 'engine' ? quoted(parts.design.engines[stage.reader.engine]?.layer.name ?? '') : 'an output'}`,
    ],
    ...adapterModule({ map: from.type.map, lanesIn: from.type.lanes, lanesOut: to.type.lanes }),
    name: `u_${placeName(parts, stage.reader)}__width`,
    ports: [...CLOCKED, ...streamPorts('s_axis', [from.name]), ...streamPorts('m_axis', [to.name])],
  };
}

function stageInstance(parts: TopParts, stage: Stage): InstanceContext {
  switch (stage.kind) {
    case 'input':
      return inputInstance(parts, stage);
    case 'engine':
      return engineInstance(parts, stage);
    case 'fork':
      return forkInstance(parts, stage);
    case 'fifo':
      return fifoInstance(parts, stage);
    case 'adapter':
      return adapterInstance(parts, stage);
    case 'output':
      return outputInstance(parts, stage);
  }
}

/** Every instance of the top, in the order of the stages. */
export function topInstances(parts: TopParts): readonly InstanceContext[] {
  const marks = marksInstance(parts);
  return [RESET, ...parts.stages.map((stage) => stageInstance(parts, stage)), ...(marks === undefined ? [] : [marks])];
}
