import { defined, invariant } from '../support/invariant.js';
import type { Design, EdgeFifo, Engine } from './design.js';
import type { StreamType } from './feature-map.js';
import { type LayerGraph, streamTensor } from './layer.js';

/**
 * A design as the stages that are instantiated and the nets between them. Every net has one stage that drives it and
 * one that reads it: where a stream has several readers a fork stands behind it. On the way to each reader follow, as
 * far as there are any, the edge's FIFO and a width adapter, the FIFO on the side of the wider beats.
 */

/** Who reads a stream in the end: a port of an engine, or an output of the network. */
export type Reader =
  | { readonly kind: 'engine'; readonly engine: number; readonly port: number }
  | { readonly kind: 'output'; readonly output: number };

export interface Net {
  readonly type: StreamType;
  /** Graph tensor whose elements it carries. */
  readonly tensor: string;
}

interface StageEnds {
  /** Indices into the netlist's nets. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export interface InputStage extends StageEnds {
  readonly kind: 'input';
  /** Which of the network's inputs. */
  readonly input: number;
}

export interface EngineStage extends StageEnds {
  readonly kind: 'engine';
  readonly index: number;
  readonly engine: Engine;
}

/** One stream for several readers, in the order of its outputs. */
export interface ForkStage extends StageEnds {
  readonly kind: 'fork';
  readonly readers: readonly Reader[];
}

export interface FifoStage extends StageEnds {
  readonly kind: 'fifo';
  readonly edge: string;
  readonly fifo: EdgeFifo;
  readonly reader: Reader;
}

/** Makes beats wider or narrower. */
export interface AdapterStage extends StageEnds {
  readonly kind: 'adapter';
  readonly reader: Reader;
}

export interface OutputStage extends StageEnds {
  readonly kind: 'output';
  /** Which of the network's outputs. */
  readonly output: number;
}

export type Stage = InputStage | EngineStage | ForkStage | FifoStage | AdapterStage | OutputStage;

export interface Netlist {
  readonly nets: readonly Net[];
  /** Every stage after those that drive its inputs. */
  readonly stages: readonly Stage[];
}

export function netOf({ nets }: Netlist, net: number | undefined): Net {
  return defined(nets[defined(net, 'a net')], 'a net');
}

/** What an edge goes by in reports and folding files: the layer and port, or the output, that reads it. */
export function edgeName(network: LayerGraph, reader: Reader): string {
  if (reader.kind === 'engine') return `${defined(network.layers[reader.engine], 'a layer').name}.${reader.port}`;
  return `output.${defined(network.outputs[reader.output], 'an output').tensor}`;
}

/** The readers of each stream, by the stream's tensor, in a fixed order: layers first, then outputs. */
export function streamReaders(network: LayerGraph): ReadonlyMap<string, readonly Reader[]> {
  const readers = new Map<string, Reader[]>();
  const add = (tensor: string, reader: Reader): void => {
    const stream = streamTensor(network, tensor);
    const known = readers.get(stream);
    if (known === undefined) readers.set(stream, [reader]);
    else known.push(reader);
  };
  network.layers.forEach((layer, engine) => {
    layer.inputs.forEach(({ tensor }, port) => {
      add(tensor, { kind: 'engine', engine, port });
    });
  });
  network.outputs.forEach(({ tensor }, output) => {
    add(tensor, { kind: 'output', output });
  });
  return readers;
}

/** The stages and nets of a design. */
export function netlistOf(design: Design): Netlist {
  const { network } = design;
  const readers = streamReaders(network);
  const nets: Net[] = [];
  const stages: Stage[] = [];
  /** Nets that end in each engine's ports and in the outputs. */
  const enginePorts = network.layers.map((layer) => layer.inputs.map(() => -1));
  const outputPorts = network.outputs.map(() => -1);

  const addNet = (net: Net): number => nets.push(net) - 1;
  const wanted = (reader: Reader): number | undefined =>
    reader.kind === 'engine' ? defined(design.engines[reader.engine], 'an engine').lanesIn : undefined;

  function addFifo(from: number, reader: Reader): number {
    const edge = edgeName(network, reader);
    const fifo = design.fifos.get(edge);
    if (fifo === undefined) return from;
    const to = addNet(defined(nets[from], 'a net'));
    stages.push({ kind: 'fifo', edge, fifo, reader, inputs: [from], outputs: [to] });
    return to;
  }

  function addAdapter(from: number, reader: Reader): number {
    const { type, tensor } = defined(nets[from], 'a net');
    const lanes = wanted(reader) ?? type.lanes;
    if (lanes === type.lanes) return from;
    const to = addNet({ type: { ...type, lanes }, tensor });
    stages.push({ kind: 'adapter', reader, inputs: [from], outputs: [to] });
    return to;
  }

  /** From a stream's net, or a fork's branch, to a reader's port. */
  function connect(from: number, reader: Reader): void {
    const { lanes } = defined(nets[from], 'a net').type;
    const widens = (wanted(reader) ?? lanes) > lanes;
    // The FIFO has the wider beats: what waits in it then goes as fast as either side can.
    const at = widens ? addFifo(addAdapter(from, reader), reader) : addAdapter(addFifo(from, reader), reader);
    if (reader.kind === 'engine') defined(enginePorts[reader.engine], 'ports')[reader.port] = at;
    else outputPorts[reader.output] = at;
  }

  /** A new stream and the ways to all who read it. */
  function addStream(type: StreamType, tensor: string, drive: (net: number) => Stage): void {
    const net = addNet({ type, tensor });
    stages.push(drive(net));
    const all = readers.get(tensor) ?? [];
    const [only] = all;
    invariant(only !== undefined, `nobody reads the stream of '${tensor}'`);
    if (all.length === 1) {
      connect(net, only);
      return;
    }
    const branches = all.map(() => addNet({ type, tensor }));
    stages.push({ kind: 'fork', readers: all, inputs: [net], outputs: branches });
    all.forEach((reader, i) => {
      connect(defined(branches[i], 'a branch'), reader);
    });
  }

  network.inputs.forEach(({ tensor, map }, input) => {
    const lanes = defined(design.inputLanes[input], 'the lanes of an input');
    addStream({ map, lanes }, tensor, (net) => ({ kind: 'input', input, inputs: [], outputs: [net] }));
  });
  design.engines.forEach((engine, index) => {
    const { layer, lanesOut } = engine;
    addStream({ map: layer.output, lanes: lanesOut }, layer.outputTensor, (net) => ({
      kind: 'engine',
      index,
      engine,
      inputs: defined(enginePorts[index], 'ports'),
      outputs: [net],
    }));
  });
  outputPorts.forEach((net, output) => {
    stages.push({ kind: 'output', output, inputs: [net], outputs: [] });
  });
  return { nets, stages };
}
