import type { Engine } from '../hw/design.js';
import { beatsPerFrame, beatsPerPixel, type FeatureMap } from '../hw/feature-map.js';
import { windowPlan } from '../hw/folding.js';
import {
  type ConcatLayer,
  isWindowLayer,
  type MulLayer,
  type PadLayer,
  type PermuteLayer,
  type PoolStreamLayer,
  type PreluLayer,
  type ResponseLayer,
  type RowBufferLayer,
  type SliceLayer,
  turnBeats,
} from '../hw/layer.js';
import { gateBeats, responseAhead, rowBufferFormat } from '../hw/stream-formats.js';
import { defined, invariant } from '../support/invariant.js';
import { gateProcess } from './gate-process.js';
import { addHolds, foldLatency, HOLDS, LATENCY } from './latency.js';
import { padRule, permuteRule, rowBufferRule } from './mover-rules.js';
import { realignedBeats } from './realign.js';
import { responseRule } from './response-rule.js';
import { type ConcatRule, concat, join } from './token-branches.js';
import type { Channel, Process } from './token-network.js';
import { type Pattern, type StreamRule, stream } from './token-stages.js';
import { pixelDemand, windowProcess } from './window-process.js';

/** Engines and width adapters as processes of the token-level model. */

/** One output beat for each input beat. */
export const ONE: Pattern = [1];

/** The process of an engine between its input channels and its output channel. */
export function engineProcess(engine: Engine, inputs: readonly Channel[], output: Channel): Process {
  const { layer } = engine;
  const input = defined(inputs[0], `the input of '${layer.name}'`);
  if (isWindowLayer(layer)) return windowEngine(engine, input, output);
  switch (layer.kind) {
    case 'lookup':
      return stream(layer.name, input, output, { latency: LATENCY.lookup, holds: [HOLDS.lookup], outputs: ONE });
    case 'pool-stream':
      return stream(layer.name, input, output, {
        latency: layer.mode === 'max' ? LATENCY.poolStreamMax : LATENCY.poolStreamAverage,
        holds: [HOLDS.poolStream],
        outputs: poolStreamOutputs(layer, engine.lanesIn),
      });
    case 'add':
      return join(layer.name, inputs, output, {
        latency: LATENCY.addBeyondInputs + inputs.length,
        holds: addHolds(inputs.length),
      });
    case 'concat':
      return concat(layer.name, inputs, output, concatRule(layer, engine.lanesIn));
    case 'slice':
      return stream(layer.name, input, output, {
        latency: LATENCY.crop,
        holds: [HOLDS.crop],
        outputs: cropOutputs(layer, engine.lanesIn),
      });
    case 'mul':
      return mulProcess(layer, engine.lanesIn, inputs, output);
    default:
      return stream(layer.name, input, output, elementRule(layer, engine.lanesIn));
  }
}

type ElementLayer = PermuteLayer | PadLayer | RowBufferLayer | PreluLayer | ResponseLayer;

function elementRule(layer: ElementLayer, lanes: number): StreamRule {
  const { height, width } = layer.input;
  const beats = beatsPerPixel({ map: layer.input, lanes });
  switch (layer.kind) {
    case 'permute':
      return permuteRule(beats, beatsPerPixel({ map: layer.output, lanes }));
    case 'pad':
      return padRule({ ...layer, height, width, beatsPerPixel: beats });
    case 'upsample':
    case 'depth-to-space':
      return rowBufferRule({ width, ...rowBufferFormat(layer, lanes) });
    case 'prelu':
      return { latency: LATENCY.prelu, holds: [HOLDS.prelu], outputs: ONE };
    case 'local-response-norm':
      return responseRule(beats, responseAhead(layer, lanes));
  }
}

function mulProcess(layer: MulLayer, lanes: number, inputs: readonly Channel[], output: Channel): Process {
  if (!layer.gate) return join(layer.name, inputs, output, { latency: LATENCY.mul, holds: HOLDS.mul });
  const [map, vector] = inputs;
  const ends = [defined(map, 'the map of a product'), defined(vector, 'the vector of a product')] as const;
  const vectorBeats = gateBeats(layer, lanes);
  return gateProcess(layer.name, ends, output, { mapBeats: beatsPerFrame({ map: layer.output, lanes }), vectorBeats });
}

function windowEngine(engine: Engine, input: Channel, output: Channel): Process {
  const { layer } = engine;
  invariant(isWindowLayer(layer), `'${layer.name}' has no window`);
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

/** Channels in each beat of a pixel. */
function beatChannels(map: FeatureMap, lanes: number): readonly number[] {
  return Array.from({ length: beatsPerPixel({ map, lanes }) }, (_, beat) =>
    Math.min(lanes, map.channels - beat * lanes),
  );
}

function concatRule(layer: ConcatLayer, lanes: number): ConcatRule {
  const parts = layer.inputs.map(({ map }) =>
    layer.axis === 'channels'
      ? beatChannels(map, lanes)
      : Array.from({ length: turnBeats(layer, map, lanes) }, () => lanes),
  );
  return {
    latency: LATENCY.concat,
    holds: HOLDS.concat,
    order: parts.flatMap((beats, input) => beats.map(() => input)),
    outputs: realignedBeats(parts.flat(), lanes),
  };
}

/** The output beats that each input beat of a frame makes. */
function cropOutputs(layer: SliceLayer, lanes: number): Pattern {
  const { input, output, rowFrom, columnFrom, channelFrom } = layer;
  const inside = (place: number, from: number, extent: number): boolean => place >= from && place < from + extent;
  const kept = beatChannels(input, lanes).map((channels, beat) => {
    const start = Math.max(beat * lanes, channelFrom);
    return Math.max(0, Math.min(beat * lanes + channels, channelFrom + output.channels) - start);
  });
  const pixel = realignedBeats(kept, lanes);
  const none = pixel.map(() => 0);
  return Array.from({ length: input.height * input.width }, (_, index) => {
    const row = Math.floor(index / input.width);
    const keeps = inside(row, rowFrom, output.height) && inside(index % input.width, columnFrom, output.width);
    return keeps ? pixel : none;
  }).flat();
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

/** Widths on both sides of an adapter. */
export interface AdapterShape {
  readonly map: FeatureMap;
  readonly lanesIn: number;
  readonly lanesOut: number;
}

/** The process of a width adapter between two channels. */
export function adapterProcess(adapter: AdapterShape, input: Channel, output: Channel): Process {
  const beatsIn = beatsPerPixel({ map: adapter.map, lanes: adapter.lanesIn });
  const beatsOut = beatsPerPixel({ map: adapter.map, lanes: adapter.lanesOut });
  const ratio = Math.max(adapter.lanesIn, adapter.lanesOut) / Math.min(adapter.lanesIn, adapter.lanesOut);
  const widens = adapter.lanesOut > adapter.lanesIn;
  const outputs = Array.from({ length: beatsIn }, (_, place) => {
    if (!widens) return Math.min(ratio, beatsOut - place * ratio);
    return place === beatsIn - 1 || (place + 1) % ratio === 0 ? 1 : 0;
  });
  return stream('width', input, output, {
    latency: LATENCY.adapter,
    // Narrowing, one beat is shifted out and one waits: the next is taken when the last part of the former has gone.
    holds: widens ? [HOLDS.widthUp] : outputs.map((_, place) => (outputs.at(place - 1) as number) + 1),
    outputs,
  });
}
