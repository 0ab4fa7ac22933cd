import { type Adapter, type Design, type Engine, stages } from '../hw/design.js';
import { beatsPerFrame, beatsPerPixel } from '../hw/feature-map.js';
import { windowPlan } from '../hw/folding.js';
import { isWindowLayer, type PoolStreamLayer } from '../hw/layer.js';
import { defined } from '../support/invariant.js';
import { foldLatency, HOLDS, LATENCY } from './latency.js';
import { type Channel, makeChannel, type Process, type Sink, settle, sink, source } from './token-network.js';
import { type Pattern, stream } from './token-stages.js';
import { pixelDemand, windowProcess } from './window-process.js';

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

/** One output beat for each input beat. */
const ONE: Pattern = [1];

/** Predicts frame interval and latency. Deterministic; time grows with beats and folds a frame. */
export function predict(design: Design): Prediction {
  for (let frames = FIRST_FRAMES; ; frames *= 2) {
    const prediction = predictOver(design, frames);
    if (prediction.settled || frames >= MOST_FRAMES) return prediction.result;
  }
}

function predictOver(design: Design, frames: number): { result: Prediction; settled: boolean } {
  const input = makeChannel();
  const inputBeats = beatsPerFrame({ map: design.chain.inputMap, lanes: design.inputLanes });
  const processes: Process[] = [source(input, frames * inputBeats)];
  let at = makeChannel();
  // Whether a frame was cut short is known at its end: a network that needs no more of it waits there.
  const mark = makeChannel();
  processes.push(
    stream('frame_in', input, at, {
      latency: LATENCY.frameIn,
      holds: [HOLDS.frameIn],
      outputs: ONE,
      marks: { beats: inputBeats, latency: LATENCY.mark, channels: [mark] },
    }),
  );
  for (const stage of stages(design)) {
    const next = makeChannel();
    processes.push(stage.kind === 'adapter' ? adapterProcess(stage, at, next) : engineProcess(stage.engine, at, next));
    at = next;
  }
  const output = makeChannel();
  const last = defined(design.engines.at(-1), 'the last engine');
  const beats = beatsPerFrame({ map: last.layer.output, lanes: last.lanesOut });
  const end = sink(output, beats);
  processes.push(
    stream('frame_out', at, output, {
      latency: LATENCY.frameOut,
      holds: [HOLDS.frameOut],
      outputs: ONE,
      waitsFor: { beats, channels: [mark] },
    }),
    end,
  );
  settle(processes);
  return summary(end, frames);
}

function summary({ frameEnds }: Sink, frames: number): { result: Prediction; settled: boolean } {
  const end = (frame: number): number => frameEnds[frame] as number;
  if (frameEnds.length < frames) {
    const never = { cyclesPerFrame: Number.NaN, latencyCycles: Number.NaN, deadlockInFrame: frameEnds.length };
    return { result: never, settled: true };
  }
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

/** The process of an engine between two channels. */
export function engineProcess(engine: Engine, input: Channel, output: Channel): Process {
  const { layer } = engine;
  if (isWindowLayer(layer)) {
    const folding = defined(engine.folding, `the folding of '${layer.name}'`);
    const plan = windowPlan(layer, folding, engine.lanesIn);
    return windowProcess(
      {
        name: layer.name,
        plan,
        capacity: defined(engine.memory, `the window memory of '${layer.name}'`).capacity,
        lanesOut: engine.lanesOut,
        requantisers: folding.requantisers,
        fifoDepth: defined(engine.fifoDepth, `the output FIFO of '${layer.name}'`),
        foldLatency: foldLatency(engine),
      },
      pixelDemand(plan),
      input,
      output,
    );
  }
  if (layer.kind === 'lookup')
    return stream(layer.name, input, output, { latency: LATENCY.lookup, holds: [HOLDS.lookup], outputs: ONE });
  const latency = layer.mode === 'max' ? LATENCY.poolStreamMax : LATENCY.poolStreamAverage;
  return stream(layer.name, input, output, {
    latency,
    holds: [HOLDS.poolStream],
    outputs: poolStreamOutputs(layer, engine.lanesIn),
  });
}

/** Whether an input beat of a frame completes a window: its pixel is the window's last in the picture. */
function poolStreamOutputs(layer: PoolStreamLayer, lanes: number): Pattern {
  const { height, width } = layer.input;
  const w = layer.window;
  const ends = (extent: number, outputs: number, stride: number, pad: number, kernel: number): ReadonlySet<number> =>
    new Set(Array.from({ length: outputs }, (_, o) => Math.min(o * stride - pad + kernel - 1, extent - 1)));
  const rows = ends(height, layer.output.height, w.strideH, w.padTop, w.kernelH);
  const columns = ends(width, layer.output.width, w.strideW, w.padLeft, w.kernelW);
  const perPixel = beatsPerPixel({ map: layer.input, lanes });
  const outputs = new Uint8Array(height * width * perPixel);
  for (const row of rows) {
    for (const column of columns)
      outputs.fill(1, (row * width + column) * perPixel, (row * width + column + 1) * perPixel);
  }
  return outputs;
}

/** The process of a width adapter between two channels. */
export function adapterProcess(adapter: Adapter, input: Channel, output: Channel): Process {
  const beatsIn = beatsPerPixel({ map: adapter.map, lanes: adapter.lanesIn });
  const beatsOut = beatsPerPixel({ map: adapter.map, lanes: adapter.lanesOut });
  const ratio = Math.max(adapter.lanesIn, adapter.lanesOut) / Math.min(adapter.lanesIn, adapter.lanesOut);
  const widens = adapter.lanesOut > adapter.lanesIn;
  const outputs = Array.from({ length: beatsIn }, (_, place) => {
    if (!widens) return Math.min(ratio, beatsOut - place * ratio);
    return place === beatsIn - 1 || (place + 1) % ratio === 0 ? 1 : 0;
  });
  return stream(`width in front of ${adapter.before}`, input, output, {
    latency: LATENCY.adapter,
    // Narrowing, one beat is shifted out and one waits: the next is taken when the last part of the former has gone.
    holds: widens ? [HOLDS.widthUp] : outputs.map((_, place) => (outputs.at(place - 1) as number) + 1),
    outputs,
  });
}
