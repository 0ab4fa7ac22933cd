import type { EdgeFifo } from '../hw/design.js';
import { beatsPerFrame } from '../hw/feature-map.js';
import { type AdapterStage, type Netlist, netOf, type Stage } from '../hw/netlist.js';
import { defined } from '../support/invariant.js';
import { type AdapterShape, adapterProcess, engineProcess, ONE } from './engine-process.js';
import { HOLDS, LATENCY } from './latency.js';
import { fork } from './token-branches.js';
import {
  type Channel,
  makeChannel,
  type Process,
  pacedSource,
  type Sink,
  type Source,
  settle,
  sink,
} from './token-network.js';
import { fifo, stream, type UnboundedFifo, unboundedFifo } from './token-stages.js';

/** A netlist, or a part of one, as processes between channels. */

export interface RunOptions {
  /** Clocks from frame to frame of the sources; 0 for sources that offer all at once. */
  readonly interval: number;
  /** Stages that are run, between sources and sinks of their own; all of them where left out. */
  readonly part?: ReadonlySet<Stage>;
  /** Edges whose FIFOs hold any number of beats. */
  readonly unbounded?: ReadonlySet<string>;
}

export interface DesignRun {
  /** Runs on to so many frames; for each that came out whole, the clock in which the last sink had its last beat. */
  run(frames: number): readonly number[];
  /** The depths that the unbounded FIFOs needed. */
  depths(): ReadonlyMap<string, number>;
  /** The most whole frames that one of these FIFOs held; undefined where there are none. */
  wholeFrames(): number | undefined;
  /**
   * When all that was offered is through: the clocks on which all frames to come depend, counted from clock `from` on. Frames
   * behind equal states are alike, as far apart as the clocks are from which these count: the equations know no other time than
   * differences. With sources of a pace `from` is when the next frame begins, and what is over before it delays nothing and
   * counts as if it had never been.
   */
  state(from: number): readonly number[];
}

/** A run of a netlist that has not begun. */
export function prepareRun(netlist: Netlist, options: RunOptions): DesignRun {
  const { processes, sources, sinks, fifos } = makeTokens(netlist, options);
  // A source keeps nothing of its own; the order of its beats alone makes it wait.
  const looksBack = processes.flatMap((process) =>
    process.outputs.map((channel) => ({ channel, beats: process.inputs.length === 0 ? 1 : channel.lookBack })),
  );
  const isEager = options.interval === 0;
  return {
    run(frames) {
      for (const [source, beats] of sources) source.extend(frames * beats);
      settle(processes);
      const done = Math.min(...sinks.map(({ frameEnds }) => frameEnds.length));
      const end = (frame: number): number => Math.max(...sinks.map(({ frameEnds }) => frameEnds[frame] as number));
      return Array.from({ length: done }, (_, frame) => end(frame));
    },
    depths: () => new Map([...fifos].map(([edge, { process }]) => [edge, process.depthNeeded()])),
    wholeFrames() {
      const held = [...fifos.values()].map(({ process, beats }) => Math.floor(process.depthNeeded() / beats));
      return held.length === 0 ? undefined : Math.max(...held);
    },
    state(from) {
      const state: number[] = [];
      const tell = (clock: number): void => {
        state.push(isEager ? clock - from : Math.max(clock - from, -1));
      };
      for (const { channel, beats } of looksBack) tellTaken(channel, beats, tell);
      for (const { kept } of processes) kept?.(tell);
      return state;
    },
  };
}

/** Tells the clocks in which a channel's last beats were taken; no number where some wait. */
function tellTaken({ taken, gone, offered, mask }: Channel, beats: number, tell: (clock: number) => void): void {
  if (gone < offered) tell(Number.NaN);
  for (let i = gone - beats; i < gone; i++) tell(i < 0 ? -1 : (taken[i & mask] as number));
}

interface Tokens {
  readonly processes: readonly Process[];
  /** With the beats of their frames. */
  readonly sources: ReadonlyMap<Source, number>;
  readonly sinks: readonly Sink[];
  readonly fifos: ReadonlyMap<string, { readonly process: UnboundedFifo; readonly beats: number }>;
}

function makeTokens(netlist: Netlist, options: RunOptions): Tokens {
  const stages = netlist.stages.filter((stage) => options.part?.has(stage) ?? true);
  const channels = netlist.nets.map(makeChannel);
  const marks = makeMarks(stages);
  const processes: Process[] = [];
  const sources = new Map<Source, number>();
  const sinks: Sink[] = [];
  const fifos = new Map<string, { readonly process: UnboundedFifo; readonly beats: number }>();

  const frameBeats = (net: number | undefined): number => beatsPerFrame(netOf(netlist, net).type);
  const channelOf = (net: number | undefined): Channel => defined(channels[defined(net, 'a net')], 'a channel');

  function addSource(output: Channel, net: number | undefined): void {
    const process = pacedSource(output, frameBeats(net), options.interval);
    sources.set(process, frameBeats(net));
    processes.push(process);
  }

  function addSink(input: Channel, net: number | undefined): void {
    const process = sink(input, frameBeats(net));
    sinks.push(process);
    processes.push(process);
  }

  function addStage(stage: Stage): void {
    const [from, to] = [stage.inputs[0], stage.outputs[0]];
    if (stage.kind === 'input') {
      const outside = makeChannel();
      addSource(outside, to);
      processes.push(frameIn(outside, channelOf(to), frameBeats(to), marks.from(stage)));
    } else if (stage.kind === 'output') {
      const outside = makeChannel();
      processes.push(frameOut(channelOf(from), outside, frameBeats(from), marks.to(stage)));
      addSink(outside, from);
    } else if (stage.kind === 'fifo' && options.unbounded?.has(stage.edge) === true) {
      const process = unboundedFifo(stage.edge, channelOf(from), channelOf(to), fifoLatency(stage.fifo.memory));
      fifos.set(stage.edge, { process, beats: frameBeats(from) });
      processes.push(process);
    } else processes.push(innerProcess(netlist, stage, stage.inputs.map(channelOf), stage.outputs.map(channelOf)));
  }

  for (const stage of stages) addStage(stage);
  const driven = new Set(stages.flatMap(({ outputs }) => outputs));
  const read = new Set(stages.flatMap(({ inputs }) => inputs));
  for (const net of read) if (!driven.has(net)) addSource(channelOf(net), net);
  for (const net of driven) if (!read.has(net)) addSink(channelOf(net), net);
  return { processes, sources, sinks, fifos };
}

/** A channel from every input to every output for the marks of frames' ends (hd_marks). */
function makeMarks(stages: readonly Stage[]): {
  readonly from: (input: Stage) => readonly Channel[];
  readonly to: (output: Stage) => readonly Channel[];
} {
  const inputs = stages.filter(({ kind }) => kind === 'input');
  const outputs = stages.filter(({ kind }) => kind === 'output');
  const marks = inputs.map(() => outputs.map(makeChannel));
  return {
    from: (input) => marks[inputs.indexOf(input)] ?? [],
    to: (output) => marks.map((row) => defined(row[outputs.indexOf(output)], 'a mark')),
  };
}

function frameIn(input: Channel, output: Channel, beats: number, channels: readonly Channel[]): Process {
  return stream('frame_in', input, output, {
    latency: LATENCY.frameIn,
    holds: [HOLDS.frameIn],
    outputs: ONE,
    marks: { beats, latency: LATENCY.mark, channels },
  });
}

/** Whether a frame was cut short is known at its end: a network that needs no more of it waits there. */
function frameOut(input: Channel, output: Channel, beats: number, channels: readonly Channel[]): Process {
  return stream('frame_out', input, output, {
    latency: LATENCY.frameOut,
    holds: [HOLDS.frameOut],
    outputs: ONE,
    waitsFor: { beats, channels },
  });
}

/** The process of a stage inside the network. */
function innerProcess(
  netlist: Netlist,
  stage: Exclude<Stage, { kind: 'input' | 'output' }>,
  inputs: readonly Channel[],
  outputs: readonly Channel[],
): Process {
  const input = defined(inputs[0], 'the input of a stage');
  const output = defined(outputs[0], 'the output of a stage');
  switch (stage.kind) {
    case 'engine':
      return engineProcess(stage.engine, inputs, output);
    case 'fork':
      return fork('fork', input, outputs);
    case 'adapter':
      return adapterProcess(adapterShape(netlist, stage), input, output);
    case 'fifo':
      return fifo(stage.edge, input, output, stage.fifo.depth, fifoLatency(stage.fifo.memory));
  }
}

function fifoLatency(memory: EdgeFifo['memory']): number {
  return memory === 'block' ? LATENCY.fifoBlock : LATENCY.fifo;
}

function adapterShape(netlist: Netlist, stage: AdapterStage): AdapterShape {
  const from = netOf(netlist, stage.inputs[0]).type;
  return { map: from.map, lanesIn: from.lanes, lanesOut: netOf(netlist, stage.outputs[0]).type.lanes };
}
