import { expect } from 'vitest';
import { engineModule } from '../../src/emit/instances.js';
import { memoryImages } from '../../src/emit/memories.js';
import { prepareInteger } from '../../src/execute/integer/execute-integer.js';
import { allocate, numeric } from '../../src/execute/tensor-access.js';
import { type Engine, engineFormat } from '../../src/hw/design.js';
import { beatsPerFrame, type FeatureMap, pixelCount } from '../../src/hw/feature-map.js';
import { type Folding, splitTaps, windowPlan } from '../../src/hw/folding.js';
import type { LayerGraph, WindowLayer } from '../../src/hw/layer.js';
import { isWindowLayer } from '../../src/hw/layer.js';
import { foldingBreaches } from '../../src/hw/legality.js';
import { lowerGraph } from '../../src/hw/lower.js';
import type { Graph, GraphNode } from '../../src/ir/graph.js';
import { int, type TensorType } from '../../src/ir/tensor-type.js';
import { verifyGraph } from '../../src/ir/verify.js';
import { stepCycles } from '../../src/schedule/cycles.js';
import { engineProcess } from '../../src/schedule/engine-process.js';
import { foldLatency } from '../../src/schedule/latency.js';
import { sizeDesign } from '../../src/schedule/size.js';
import { settle, sink, source } from '../../src/schedule/token-network.js';
import { memoryOf } from '../../src/schedule/window-memory.js';
import { leastCapacity, pixelDemand } from '../../src/schedule/window-process.js';
import type { SimResult } from '../../src/simulate/result.js';
import { defined } from '../../src/support/invariant.js';
import { makeGraph } from '../unit/execute/make-graph.js';
import { takenClocks, wholeChannel } from '../unit/schedule/whole-channel.js';
import { type BenchPoint, expectCleanBench, randomIntegers, type StallPattern } from './bench.js';
import { freeRun, pixelStream, probeNamed } from './cells.js';

/**
 * Benches of whole engines: parameters and memory images are those that the compiler makes, the expected output is the
 * golden executor's, and a run without stalls has to match the token-level model clock by clock.
 */

// ---- numbers ----

/** [bits, signed, zero point] of an activation. */
export type Activation = readonly [number, boolean, number];

export interface Numbers {
  readonly x: Activation;
  readonly y: Activation;
  readonly clamp?: { readonly lo?: number; readonly hi?: number };
  readonly weightBits: number;
  /** Unsigned weights have a zero point for each output channel, signed ones none. */
  readonly weightSigned: boolean;
  readonly requantBits: number;
  /** All scales powers of two, so that many results are exact ties. */
  readonly ties?: boolean;
  /** Nearly all weights are extreme, so that sums are as wide as they can be. */
  readonly extreme?: boolean;
}

export const NUMBERS: readonly Numbers[] = [
  { x: [8, false, 0], y: [8, false, 0], weightBits: 8, weightSigned: true, requantBits: 18 },
  { x: [8, true, -3], y: [8, true, 5], weightBits: 8, weightSigned: true, requantBits: 18, ties: true },
  { x: [8, false, 128], y: [8, false, 100], clamp: { lo: 100 }, weightBits: 8, weightSigned: false, requantBits: 18 },
  { x: [4, true, -8], y: [4, true, 7], weightBits: 2, weightSigned: true, requantBits: 12, ties: true },
  { x: [16, false, 999], y: [16, false, 3], weightBits: 8, weightSigned: true, requantBits: 31, extreme: true },
  { x: [16, true, -20000], y: [8, true, -128], weightBits: 8, weightSigned: false, requantBits: 18, extreme: true },
  { x: [1, false, 0], y: [1, false, 0], weightBits: 3, weightSigned: true, requantBits: 8 },
  {
    x: [8, false, 255],
    y: [8, false, 7],
    clamp: { lo: 20, hi: 99 },
    weightBits: 4,
    weightSigned: false,
    requantBits: 8,
  },
  { x: [5, true, 15], y: [12, true, -9], weightBits: 7, weightSigned: true, requantBits: 18 },
];

const activationType = (
  shape: readonly number[],
  [bits, signed, zeroPoint]: Activation,
  scale: number,
): TensorType => ({
  shape,
  element: int(bits, signed),
  quant: { scale: [scale], zeroPoint: [zeroPoint] },
});

const lowest = (bits: number, signed: boolean): number => (signed ? -(2 ** (bits - 1)) : 0);

/** Weights of a layer, [oc][length]; every fifth output channel from the third on is dead. */
function weightValues(
  numbers: Numbers,
  shape: readonly number[],
  zeroPoints: readonly number[],
  seed: number,
): Int32Array {
  const { weightBits, weightSigned, extreme } = numbers;
  const lo = lowest(weightBits, weightSigned);
  const hi = lo + 2 ** weightBits - 1;
  const length = shape.slice(1).reduce((product, extent) => product * extent, 1);
  const drawn = randomIntegers(zeroPoints.length * length, lo, hi, seed);
  return drawn.map((value, i) => {
    const oc = Math.floor(i / length);
    if (oc % 5 === 3) return zeroPoints[oc] ?? 0;
    return extreme === true && i % 7 !== 0 ? (oc % 2 === 0 ? hi : lo) : value;
  });
}

/** Types and constants of a node with weights, chosen so that its outputs spread over their range. */
export function weightedGraph(parts: {
  readonly numbers: Numbers;
  readonly node: GraphNode['op'];
  readonly xShape: readonly number[];
  readonly yShape: readonly number[];
  readonly weightShape: readonly number[];
  /** A flatten in front of it. */
  readonly flat?: readonly number[];
  readonly seed: number;
}): Graph {
  const { numbers, xShape, yShape, weightShape, seed } = parts;
  const { x, y, weightBits, weightSigned, requantBits, ties, clamp } = numbers;
  const outputs = weightShape[0] as number;
  const length = weightShape.slice(1).reduce((product, extent) => product * extent, 1);
  const noise = randomIntegers(3 * outputs, 0, 999, seed + 1);
  const zeroPoints = Array.from({ length: outputs }, (_, oc) =>
    weightSigned ? 0 : (noise[oc] as number) % 2 ** weightBits,
  );
  const amplitude = Math.sqrt(length) * 2 ** (x[0] - 1) * 2 ** (weightBits - 1) * 0.6;
  const ratio = 2 ** (y[0] - 1) / amplitude;
  const scales = Array.from({ length: outputs }, (_, oc) => {
    const spread = 2 ** (((noise[outputs + oc] as number) % 5) - 2);
    return ties === true ? 2 ** Math.round(Math.log2(ratio * spread)) : ratio * spread * (1 + oc / 37);
  });
  const bias = Int32Array.from(scales, (_, oc) =>
    oc % 5 === 3 ? 0 : Math.round((((noise[2 * outputs + oc] as number) - 500) / 500) * Math.min(amplitude, 2 ** 30)),
  );
  const weightType: TensorType = {
    shape: weightShape,
    element: int(weightBits, weightSigned),
    quant: { scale: scales, zeroPoint: zeroPoints, axis: 0 },
  };
  const weights = weightValues(numbers, weightShape, zeroPoints, seed + 2);
  const op = { ...parts.node, ...(clamp === undefined ? {} : { clamp }) } as GraphNode['op'];
  const reads = parts.flat === undefined ? 'x' : 'flat';
  const flatten: GraphNode[] =
    parts.flat === undefined ? [] : [{ name: 'flatten', op: { kind: 'flatten' }, inputs: ['x'], outputs: ['flat'] }];
  return makeGraph({
    nodes: [...flatten, { name: 'layer', op, inputs: [reads, 'w', 'b'], outputs: ['y'] }],
    types: {
      x: activationType(xShape, x, 1),
      y: activationType(yShape, y, 1),
      ...(parts.flat === undefined ? {} : { flat: activationType(parts.flat, x, 1) }),
    },
    constants: {
      w: { type: weightType, data: weightSigned ? Int8Array.from(weights) : Uint8Array.from(weights) },
      b: { type: { shape: [outputs], element: int(32, true) }, data: bias },
    },
    requantBits,
  });
}

// ---- engines ----

export interface EngineCase {
  readonly name: string;
  readonly graph: Graph;
  readonly folding: Folding;
  readonly lanesIn: number;
  readonly lanesOut: number;
  /** The least window memory and output FIFO that cannot deadlock, instead of those that lose no clock. */
  readonly tight: boolean;
}

export interface BuiltCase extends EngineCase {
  readonly chain: LayerGraph;
  readonly engine: Engine;
  readonly point: BenchPoint;
  readonly memories: readonly { readonly file: string; readonly text: string }[];
}

function tighten(engine: Engine, layer: WindowLayer, folding: Folding): Engine {
  const plan = windowPlan(layer, folding, engine.lanesIn);
  const pixels = leastCapacity(pixelDemand(plan));
  const fifoDepth = Math.floor((plan.resultsPerFold + 2 * engine.lanesOut - 2) / engine.lanesOut);
  return { ...engine, memory: memoryOf(layer, folding, plan, pixels), fifoDepth };
}

function makeEngine(test: EngineCase, chain: LayerGraph): Engine {
  const { name, folding, lanesIn, lanesOut, tight } = test;
  const [layer] = chain.layers;
  if (layer === undefined || !isWindowLayer(layer)) throw new Error(`${name}: not one window layer`);
  const breaches = foldingBreaches(layer, folding, lanesOut).map(({ text }) => text);
  if (breaches.length > 0) throw new Error(`${name}: ${breaches.join('; ')}`);
  const sized = sizeDesign(chain, [lanesIn], [{ layer, lanesIn, lanesOut, folding, chosenBy: {} }]);
  const [engine] = sized.design.engines;
  if (engine === undefined) throw new Error(`${name}: no engine`);
  return tight ? tighten(engine, layer, folding) : engine;
}

function mapStream(prefix: string, map: FeatureMap, lanes: number, values: ArrayLike<number>): BenchPoint['inputs'][0] {
  const shape = { pixels: pixelCount(map), channels: map.channels, lanes, bits: map.element.bits };
  return pixelStream(prefix, shape, values);
}

/** Random frames, the golden model's answer, and the instance that the compiler would write. */
export function buildCase(test: EngineCase, index: number): BuiltCase {
  const frames = ENGINE_FRAMES;
  verifyGraph(test.graph, 'in the bench');
  const chain = lowerGraph(test.graph);
  const engine = makeEngine(test, chain);
  const { input, output } = engine.layer;
  const instance = `dut${index}`;
  const { module, parameters } = engineModule(engine, instance);
  const size = pixelCount(input) * input.channels;
  const lo = lowest(input.element.bits, input.element.signed);
  const values = randomIntegers(frames * size, lo, lo + 2 ** input.element.bits - 1, 7000 + index);
  const executor = prepareInteger(test.graph);
  const type = defined(test.graph.types.get('x'), 'the type of x');
  const expected = Array.from({ length: frames }, (_, f) => {
    const data = allocate(type.element, size);
    data.set(values.subarray(f * size, (f + 1) * size));
    const y = defined(executor.run(new Map([['x', { type, data }]])).get('y'), 'the output');
    return [...numeric(y.data)];
  }).flat();
  const point: BenchPoint = {
    name: test.name,
    module,
    parameters: Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
    inputs: [mapStream('s_axis', input, engine.lanesIn, values)],
    outputs: [mapStream('m_axis', output, engine.lanesOut, expected)],
    activities: [{ name: 'active', path: 'status_active' }],
    tieOffs: { status_active: '' },
  };
  return { ...test, chain, engine, point, memories: memoryImages(engine, instance) };
}

const ENGINE_FRAMES = 3;
/** Fewer than other benches have: these are the longest runs. */
const ENGINE_STALLS: readonly StallPattern[] = [
  { source: 0, sink: 0 },
  { source: 0.4, sink: 0.4 },
  { source: 0, sink: 0.7 },
];

// ---- timing ----

/** Cycles of each frame's first and last beat. */
interface FrameCycles {
  readonly first: readonly number[];
  readonly last: readonly number[];
}

function frameCycles(taken: readonly number[], frames: number): FrameCycles {
  const beats = taken.length / frames;
  const at = (index: number): number => taken[index] as number;
  return {
    first: Array.from({ length: frames }, (_, f) => at(f * beats)),
    last: Array.from({ length: frames }, (_, f) => at((f + 1) * beats - 1)),
  };
}

/** What the token-level model says of the engine alone, between an eager source and an eager sink. */
function predictedCycles(engine: Engine, frames: number, beatsIn: number): { in: FrameCycles; out: FrameCycles } {
  const input = wholeChannel(frames * beatsIn);
  const beatsOut = frames * beatsPerFrame({ map: engine.layer.output, lanes: engine.lanesOut });
  const output = wholeChannel(beatsOut);
  settle([source(input, frames * beatsIn), engineProcess(engine, [input], output), sink(output, 1)]);
  return { in: frameCycles(takenClocks(input), frames), out: frameCycles(takenClocks(output), frames) };
}

/**
 * Expects the clocks of the token-level model at both ends of every frame, and as many steps as it counts. With the
 * model's fold latency being that of src/schedule/latency.ts, a wrong constant anywhere between a step and the output
 * moves the first beat.
 */
function expectModelTiming(result: SimResult, built: BuiltCase, frames: number): void {
  const { engine, name } = built;
  const source = probeNamed(result, `${name}/s_axis`);
  const drain = probeNamed(result, `${name}/m_axis`);
  const predicted = predictedCycles(engine, frames, source.expectedBeats / frames);
  const measured = {
    in: { first: source.frameFirstCycles, last: source.frameLastCycles },
    out: { first: drain.frameFirstCycles, last: drain.frameLastCycles },
  };
  expect(measured, name).toEqual(predicted);
  const active = result.activities.find((activity) => activity.name === `${name}/active`);
  expect(active?.cycles, name).toBe(frames * stepCycles(engine));
}

/** A line of a case, for failures. */
export function describeCase(built: BuiltCase): string {
  const { engine, folding } = built;
  const { layer } = engine;
  const { tapsH, tapsW } = isWindowLayer(layer) ? splitTaps(layer, folding.taps) : { tapsH: 1, tapsW: 1 };
  const format = engineFormat(engine);
  return `pe ${folding.pe} simd ${folding.simd} taps ${tapsH}x${tapsW} lanes ${engine.lanesIn}/${engine.lanesOut} chain ${format?.chain} acc ${format?.accBits}/${format?.mulBits} latency ${foldLatency(engine)}`;
}

/** One build for all cases: exact under stalls and after a reset, and without stalls clock for clock as predicted. */
export async function expectEngines(cases: readonly BuiltCase[]): Promise<void> {
  const runs = await expectCleanBench({
    points: cases.map(({ point }) => point),
    frames: ENGINE_FRAMES,
    memoryFiles: new Map(cases.flatMap(({ memories }) => memories.map(({ file, text }) => [file, text]))),
    stalls: ENGINE_STALLS,
    seeds: [1],
    resetAfterCycles: 173,
  });
  for (const built of cases) expectModelTiming(freeRun(runs), built, ENGINE_FRAMES);
}
