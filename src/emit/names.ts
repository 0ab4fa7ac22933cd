import type { Design } from '../hw/design.js';
import type { StreamType } from '../hw/feature-map.js';
import type { Layer } from '../hw/layer.js';
import { netlistOf, type Reader, type Stage } from '../hw/netlist.js';
import { InternalError } from '../support/invariant.js';
import { distinctNames, legalName, uniqueNames } from './verilog-names.js';

/** A stream between two instances, and the graph tensor that it carries. */
export interface NamedStream {
  readonly name: string;
  readonly type: StreamType;
  readonly tensor: string;
  /** Layer that makes it; undefined for a network's input and for a stream that repeats another one. */
  readonly layer: string | undefined;
  /** It stands behind a fork, a FIFO or a width adapter, and repeats what comes in there. */
  readonly repeats: boolean;
  /** Who drives and who reads it, for people: `layer 'conv1'`, `the output`. */
  readonly producer: string;
  readonly consumer: string;
}

/** An AXI4-Stream port of the top. */
export interface NamedPort {
  /** `s_axis`, or where there are several `s_axis_` and the tensor's name. */
  readonly port: string;
  /** Graph tensor of the network's input or output. */
  readonly tensor: string;
  /** Index into the streams: the first stream of an input, the last one of an output. */
  readonly stream: number;
}

/** Names that everything which looks into the generated top goes by. */
export interface TopNames {
  readonly module: string;
  /** Instance name (without u_) of each engine, in order. */
  readonly engines: readonly string[];
  /** One a net of the netlist, in its order. */
  readonly streams: readonly NamedStream[];
  readonly inputs: readonly NamedPort[];
  readonly outputs: readonly NamedPort[];
  /** Layers with a bit in status_active, in bit order. */
  readonly active: readonly string[];
}

const RESERVED_IN_TOP = [
  'clk',
  'rst',
  'core_rst',
  'mark_in',
  'mark_out',
  'input',
  'reset',
  'frame_in',
  'frame_out',
  'marks',
];

export function topModuleName(model: string): string {
  return `hd_gen_${legalName(model)}`;
}

/** What the memory files of an instance are called after: the top is part of it, so that networks can share a folder. */
export function memoryInstance(names: Pick<TopNames, 'module'>, instance: string): string {
  return `${names.module}_${instance}`;
}

/** Layers whose engine tells when it works. */
export function hasActivity(layer: Layer): boolean {
  return (
    layer.kind === 'conv' ||
    layer.kind === 'depthwise' ||
    layer.kind === 'dense' ||
    layer.kind === 'pool' ||
    layer.kind === 'pool-stream'
  );
}

/** Port names of several streams: with the tensor's name behind where there is more than one. */
function portNames(prefix: string, tensors: readonly string[]): readonly string[] {
  return tensors.length === 1 ? [prefix] : uniqueNames(tensors, []).map((name) => `${prefix}_${name}`);
}

/** What a reader's end of an edge is called after: `conv2_in`, the second port of a join `add1_in1`. */
export function readerName(design: Design, engines: readonly string[], reader: Reader): string {
  if (reader.kind === 'output') {
    const { outputs } = design.network;
    return outputs.length === 1 ? 'result' : `result_${legalName(outputs[reader.output]?.tensor ?? '')}`;
  }
  const several = (design.engines[reader.engine]?.layer.inputs.length ?? 1) > 1;
  return `${engines[reader.engine]}_in${several ? reader.port : ''}`;
}

/** Net by net: who drives it, and who reads it. */
interface NetEnds {
  readonly driver: Stage;
  readonly reader: Stage;
}

function netEnds(stages: readonly Stage[], nets: number): readonly NetEnds[] {
  const drivers = new Map(stages.flatMap((stage) => stage.outputs.map((net) => [net, stage] as const)));
  const readers = new Map(stages.flatMap((stage) => stage.inputs.map((net) => [net, stage] as const)));
  return Array.from({ length: nets }, (_, net) => ({
    driver: drivers.get(net) as Stage,
    reader: readers.get(net) as Stage,
  }));
}

function stageWords(design: Design, stage: Stage): string {
  switch (stage.kind) {
    case 'input':
      return design.network.inputs.length === 1
        ? 'what feeds it'
        : `what feeds '${design.network.inputs[stage.input]?.tensor}'`;
    case 'engine':
      return `'${stage.engine.layer.name}'`;
    case 'fork':
      return 'the fork';
    case 'fifo':
      return `the FIFO of ${stage.edge}`;
    case 'adapter':
      return 'the width adapter';
    case 'output':
      return design.network.outputs.length === 1
        ? 'the output'
        : `the output '${design.network.outputs[stage.output]?.tensor}'`;
  }
}

function streamName(design: Design, engines: readonly string[], net: number, { driver, reader }: NetEnds): string {
  switch (driver.kind) {
    case 'input': {
      const { inputs } = design.network;
      return inputs.length === 1 ? 'image' : `image_${legalName(inputs[driver.input]?.tensor ?? '')}`;
    }
    case 'engine':
      return `${engines[driver.index]}_out`;
    case 'fork': {
      const branch = driver.readers[driver.outputs.indexOf(net)] as Reader;
      const name = readerName(design, engines, branch);
      return reader.kind === 'fifo' || reader.kind === 'adapter' ? `${name}_branch` : name;
    }
    case 'fifo': {
      const name = readerName(design, engines, driver.reader);
      return reader.kind === 'adapter' ? `${name}_fifo` : name;
    }
    case 'adapter': {
      const name = readerName(design, engines, driver.reader);
      return reader.kind === 'fifo' ? `${name}_wide` : name;
    }
    default:
      throw new InternalError('an output stage drives no net');
  }
}

export function topNames(design: Design): TopNames {
  const { network } = design;
  const engines = uniqueNames(
    design.engines.map((engine) => engine.layer.name),
    RESERVED_IN_TOP,
  );
  const { nets, stages } = netlistOf(design);
  const ends = netEnds(stages, nets.length);
  const wanted = ends.map((pair, net) => streamName(design, engines, net, pair));
  const used = distinctNames(wanted, RESERVED_IN_TOP);
  const streams = nets.map(({ type, tensor }, net): NamedStream => {
    const { driver, reader } = ends[net] as NetEnds;
    return {
      name: used[net] as string,
      type,
      tensor,
      layer: driver.kind === 'engine' ? driver.engine.layer.name : undefined,
      repeats: driver.kind !== 'engine' && driver.kind !== 'input',
      producer: stageWords(design, driver),
      consumer: stageWords(design, reader),
    };
  });
  const ports = (kind: 'input' | 'output', prefix: string, tensors: readonly string[]): readonly NamedPort[] => {
    const names = portNames(prefix, tensors);
    return stages.flatMap((stage) => {
      if (stage.kind !== kind) return [];
      const index = stage.kind === 'input' ? stage.input : stage.output;
      const stream = (stage.kind === 'input' ? stage.outputs[0] : stage.inputs[0]) as number;
      return [{ port: names[index] as string, tensor: tensors[index] as string, stream }];
    });
  };
  return {
    module: topModuleName(network.name),
    engines,
    streams,
    inputs: ports(
      'input',
      's_axis',
      network.inputs.map(({ tensor }) => tensor),
    ),
    outputs: ports(
      'output',
      'm_axis',
      network.outputs.map(({ tensor }) => tensor),
    ),
    active: design.engines.filter((engine) => hasActivity(engine.layer)).map((engine) => engine.layer.name),
  };
}
