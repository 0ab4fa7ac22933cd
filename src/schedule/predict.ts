import type { Design } from '../hw/design.js';
import { beatsPerFrame } from '../hw/feature-map.js';
import { type AdapterStage, type Net, type Netlist, netlistOf, type Stage } from '../hw/netlist.js';
import { defined } from '../support/invariant.js';
import { type AdapterShape, adapterProcess, engineProcess, ONE } from './engine-process.js';
import { HOLDS, LATENCY } from './latency.js';
import { fork } from './token-branches.js';
import { type Channel, makeChannel, type Process, type Sink, settle, sink, source } from './token-network.js';
import { fifo, stream, type UnboundedFifo, unboundedFifo } from './token-stages.js';

/** What the token-level model says of a design with an eager source and sink. */
export interface Prediction {
  /** Clocks between the last output beats of consecutive frames, in the steady state. */
  readonly cyclesPerFrame: number;
  /** Clocks from the first input beat to the last output beat of the first frame. */
  readonly latencyCycles: number;
  /** Undefined, or the frame that never came out: buffers too small. */
  readonly deadlockInFrame?: number;
}

/** Frames after which a design that has not become periodic is taken at its mean interval. */
const MOST_FRAMES = 24;
const FIRST_FRAMES = 6;

/** Predicts frame interval and latency. Deterministic; time grows with beats and folds a frame. */
export function predict(design: Design): Prediction {
  for (let frames = FIRST_FRAMES; ; frames *= 2) {
    const prediction = predictOver(design, frames);
    if (prediction.settled || frames >= MOST_FRAMES) return prediction.result;
  }
}

/** Frames that `occupancies` looks at. */
const OCCUPANCY_FRAMES = 3;

/** The depth that each FIFO of a design would have needed had it had no bound, by edge. */
export function occupancies(design: Design): ReadonlyMap<string, number> {
  const { processes, unbounded } = tokenNetwork(design, OCCUPANCY_FRAMES, true);
  settle(processes);
  return new Map([...unbounded].map(([edge, process]) => [edge, Math.max(1, process.depthNeeded())]));
}

/** A netlist as processes between channels, one for each net. */
interface TokenNetwork {
  readonly processes: readonly Process[];
  readonly sinks: readonly Sink[];
  /** FIFOs by edge, where they have no bound. */
  readonly unbounded: ReadonlyMap<string, UnboundedFifo>;
}

function predictOver(design: Design, frames: number): { result: Prediction; settled: boolean } {
  const { processes, sinks } = tokenNetwork(design, frames, false);
  settle(processes);
  return summary(sinks, frames);
}

function tokenNetwork(design: Design, frames: number, isUnbounded: boolean): TokenNetwork {
  const netlist = netlistOf(design);
  const channels = netlist.nets.map(makeChannel);
  const sinks: Sink[] = [];
  const unbounded = new Map<string, UnboundedFifo>();
  // Whether a frame was cut short is known at its end: a network that needs no more of it waits there.
  const marks = design.network.inputs.map(() => design.network.outputs.map(() => makeChannel()));
  const processes = netlist.stages.flatMap((stage): readonly Process[] => {
    const ins = stage.inputs.map((net) => defined(channels[net], 'a channel'));
    const outs = stage.outputs.map((net) => defined(channels[net], 'a channel'));
    if (stage.kind === 'input') {
      const beats = beatsPerFrame(netOf(netlist, stage.outputs[0]).type);
      return frameIn(defined(outs[0], 'a stream'), beats, frames, defined(marks[stage.input], 'marks'));
    }
    if (stage.kind === 'output') {
      const beats = beatsPerFrame(netOf(netlist, stage.inputs[0]).type);
      const own = marks.map((ofInput) => defined(ofInput[stage.output], 'a mark'));
      const [first, last] = frameOut(defined(ins[0], 'a stream'), beats, own);
      sinks.push(last);
      return [first, last];
    }
    if (stage.kind === 'fifo' && isUnbounded) {
      const process = unboundedFifo(
        stage.edge,
        defined(ins[0], 'a stream'),
        defined(outs[0], 'a stream'),
        LATENCY.fifoBlock,
      );
      unbounded.set(stage.edge, process);
      return [process];
    }
    return [stageProcess(netlist, stage, ins, outs)];
  });
  return { processes, sinks, unbounded };
}

function netOf({ nets }: Netlist, net: number | undefined): Net {
  return defined(nets[defined(net, 'a net')], 'a net');
}

/** An eager source and hd_frame_in behind it. */
function frameIn(output: Channel, beats: number, frames: number, marks: readonly Channel[]): readonly Process[] {
  const input = makeChannel();
  return [
    source(input, frames * beats),
    stream('frame_in', input, output, {
      latency: LATENCY.frameIn,
      holds: [HOLDS.frameIn],
      outputs: ONE,
      marks: { beats, latency: LATENCY.mark, channels: marks },
    }),
  ];
}

/** hd_frame_out and an eager sink behind it. */
function frameOut(input: Channel, beats: number, marks: readonly Channel[]): readonly [Process, Sink] {
  const output = makeChannel();
  const process = stream('frame_out', input, output, {
    latency: LATENCY.frameOut,
    holds: [HOLDS.frameOut],
    outputs: ONE,
    waitsFor: { beats, channels: marks },
  });
  return [process, sink(output, beats)];
}

/** The process of a stage inside the network. */
function stageProcess(
  netlist: Netlist,
  stage: Exclude<Stage, { kind: 'input' | 'output' }>,
  ins: readonly Channel[],
  outs: readonly Channel[],
): Process {
  const input = defined(ins[0], 'the input of a stage');
  const output = defined(outs[0], 'the output of a stage');
  switch (stage.kind) {
    case 'engine':
      return engineProcess(stage.engine, ins, output);
    case 'fork':
      return fork('fork', input, outs);
    case 'adapter':
      return adapterProcess(adapterShape(netlist, stage), input, output);
    case 'fifo': {
      const latency = stage.fifo.memory === 'block' ? LATENCY.fifoBlock : LATENCY.fifo;
      return fifo(stage.edge, input, output, stage.fifo.depth, latency);
    }
  }
}

function adapterShape(netlist: Netlist, stage: AdapterStage): AdapterShape {
  const from = netOf(netlist, stage.inputs[0]).type;
  return { map: from.map, lanesIn: from.lanes, lanesOut: netOf(netlist, stage.outputs[0]).type.lanes };
}

function summary(sinks: readonly Sink[], frames: number): { result: Prediction; settled: boolean } {
  const done = Math.min(...sinks.map(({ frameEnds }) => frameEnds.length));
  if (done < frames) {
    const never = { cyclesPerFrame: Number.NaN, latencyCycles: Number.NaN, deadlockInFrame: done };
    return { result: never, settled: true };
  }
  /** The clock in which the last output has a frame's last beat. */
  const end = (frame: number): number => Math.max(...sinks.map(({ frameEnds }) => frameEnds[frame] as number));
  const interval = end(frames - 1) - end(frames - 2);
  const before = end(frames - 2) - end(frames - 3);
  const half = Math.floor(frames / 2);
  const settled = interval === before;
  return {
    result: {
      cyclesPerFrame: settled ? interval : (end(frames - 1) - end(half - 1)) / (frames - half),
      // The first input beat is taken in clock 0: the network is empty.
      latencyCycles: end(0),
    },
    settled,
  };
}
