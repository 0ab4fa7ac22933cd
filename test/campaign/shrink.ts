import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pins } from '../../src/explore/solver.js';
import { saveModelFile } from '../../src/frontend/json/files.js';
import type { LayerSpec, NetworkSpec } from './network-spec.js';
import { type Case, type ProveOptions, proveBatch, type Run } from './prove.js';

/** Simpler networks than this one, the boldest steps first. */
export function simplerSpecs(spec: NetworkSpec): readonly NetworkSpec[] {
  const { layers, input } = spec;
  const without = layers.map((_, dropped) => ({ ...spec, layers: withoutLayer(layers, dropped) }));
  const halves = [
    { ...spec, layers: layers.slice(0, Math.ceil(layers.length / 2)) },
    { ...spec, layers: layers.slice(Math.floor(layers.length / 2)) },
  ];
  const shapes = input.shape.flatMap((extent, axis) =>
    extent === 1 ? [] : [Math.ceil(extent / 2), extent - 1].map((less) => input.shape.with(axis, less)),
  );
  const simplerLayers = layers.flatMap((layer, index) =>
    simplerLayer(layer).map((simpler) => ({ ...spec, layers: layers.with(index, simpler) })),
  );
  return [
    ...halves,
    ...without,
    ...shapes.map((shape) => ({ ...spec, input: { ...input, shape } })),
    ...simplerLayers,
  ].filter((simpler) => simpler.layers.length > 0 && JSON.stringify(simpler) !== JSON.stringify(spec));
}

/** Who read the layer that is left out reads what it read first. */
function withoutLayer(layers: readonly LayerSpec[], dropped: number): readonly LayerSpec[] {
  const gone = layers[dropped];
  const instead = gone?.from?.[0] ?? layers[dropped - 1]?.id ?? 0;
  return layers
    .filter((_, index) => index !== dropped)
    .map(({ from, ...layer }) =>
      from === undefined ? layer : { ...layer, from: from.map((id) => (id === gone?.id ? instead : id)) },
    );
}

function simplerLayer(layer: LayerSpec): readonly LayerSpec[] {
  const simpler: LayerSpec[] = [];
  if ('out' in layer && layer.out > 1)
    simpler.push({ ...layer, out: Math.ceil(layer.out / 2) }, { ...layer, out: layer.out - 1 });
  if ('pad' in layer) simpler.push({ ...layer, pad: [0, 0, 0, 0] });
  if ('dilation' in layer) simpler.push({ ...layer, dilation: [1, 1] });
  if ('stride' in layer) simpler.push({ ...layer, stride: [1, 1] });
  if ('bias' in layer && layer.bias !== 'none') simpler.push({ ...layer, bias: 'none' });
  if (layer.from !== undefined && layer.from.length > 1) {
    simpler.push(...layer.from.map((_, left) => ({ ...layer, from: layer.from?.filter((__, i) => i !== left) ?? [] })));
  }
  if ('constant' in layer) simpler.push((({ constant, ...rest }) => rest)(layer));
  if ('weight' in layer && layer.weight.zeroPoint !== 'none')
    simpler.push({ ...layer, weight: { ...layer.weight, zeroPoint: 'none' } });
  return simpler;
}

/** Tries of one shrinking at most: each is a build of seconds. */
const MOST_TRIES = 60;

/** Whether a case fails otherwise than by being refused: a step that makes pins illegal is no step. */
export async function failsToProve(subject: Case, options: ProveOptions): Promise<boolean> {
  const { cases } = await proveBatch([subject], { ...options, lintEvery: 1, corrupt: false });
  return (cases[0]?.failures ?? []).some((line) => !line.startsWith('compile: HeddleError'));
}

/** The same network with one number of one layer's folding, or one width, taken down to one. */
function simplerPins(subject: Case): readonly Case[] {
  const { pins } = subject.sizing;
  if (pins === undefined) return [];
  const withPins = (simpler: Pins): Case => ({ ...subject, sizing: { ...subject.sizing, pins: simpler } });
  const fields = ['lanesOut', 'requantisers', 'taps', 'simd', 'pe'] as const;
  const layers = [...pins.layers].flatMap(([name, folding]) =>
    fields
      .filter((field) => (folding[field] ?? 1) > 1)
      .map((field) => withPins({ ...pins, layers: new Map(pins.layers).set(name, { ...folding, [field]: 1 }) })),
  );
  return (pins.inputLanes ?? 1) > 1 ? [withPins({ ...pins, inputLanes: 1 }), ...layers] : layers;
}

/** All cases a step simpler than this one; those that are no networks are left out. */
function simplerCases(subject: Case): readonly (() => Case | undefined)[] {
  const { spec, remake } = subject;
  const specs = spec === undefined || remake === undefined ? [] : simplerSpecs(spec);
  return [
    ...specs.map((simpler) => () => safely(() => remake?.(simpler))),
    ...simplerPins(subject).map((simpler) => () => simpler),
  ];
}

/** A small case for which `fails` still holds, from one for which it does. */
export async function shrinkFailure(failing: Case, fails: (subject: Case) => Promise<boolean>): Promise<Case> {
  let best = failing;
  for (let tries = 0, improved = true; improved && tries < MOST_TRIES; ) {
    improved = false;
    for (const make of simplerCases(best)) {
      const simpler = make();
      if (simpler === undefined) continue;
      if (++tries > MOST_TRIES) break;
      if (!(await fails(simpler))) continue;
      best = simpler;
      improved = true;
      break;
    }
  }
  return best;
}

function safely<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** Pins as JSON, layer by layer. */
function pinsText(pins: Pins | undefined): unknown {
  if (pins === undefined) return undefined;
  return { inputLanes: pins.inputLanes, layers: Object.fromEntries(pins.layers) };
}

/** Writes NAME.json and NAME.safetensors, which loadModelFile reads, and NAME.case.json beside them. Returns the model's path. */
export function saveFailure(folder: string, failing: Case, failures: readonly string[], runs: readonly Run[]): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${failing.graph.name}.json`);
  saveModelFile(failing.graph, path);
  const { sizing, seed, spec, title } = failing;
  const record = { title, seed, failures, runs, sizing: { ...sizing, pins: pinsText(sizing.pins) }, spec };
  writeFileSync(join(folder, `${failing.graph.name}.case.json`), `${JSON.stringify(record, undefined, 2)}\n`);
  return path;
}
