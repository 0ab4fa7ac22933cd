import { type LayerSpec, type NetworkSpec, outputsOf, sourcesOf } from './network-spec.js';

/** Simpler networks than this one, the boldest steps first. Not all of them fit together. */
export function simplerSpecs(spec: NetworkSpec): readonly NetworkSpec[] {
  const all = [
    ...wholeBranches(spec),
    ...withoutRuns(spec),
    ...fewerSources(spec),
    ...(spec.outputs === undefined ? [] : [{ ...spec, outputs: [] }]),
    ...smallerInputs(spec),
    ...spec.layers.flatMap((layer, index) =>
      simplerLayer(layer).map((simpler) => ({ ...spec, layers: spec.layers.with(index, simpler) })),
    ),
  ];
  const own = JSON.stringify(spec);
  return all.filter((simpler) => simpler.layers.length > 0 && JSON.stringify(simpler) !== own);
}

/** What one of several outputs needs, and what a layer in the middle needs with that as the output. */
function wholeBranches(spec: NetworkSpec): readonly NetworkSpec[] {
  const outputs = outputsOf(spec);
  const middle = spec.layers[Math.floor((spec.layers.length - 1) / 2)];
  const ends = [...(outputs.length > 1 ? outputs : []), ...(middle === undefined ? [] : [middle.id])];
  return ends.map((end) => leadingTo(spec, end));
}

/** The layers that a layer's result depends on, itself included. */
function leadingTo(spec: NetworkSpec, end: number): NetworkSpec {
  const needed = new Set([end]);
  for (let place = spec.layers.length - 1; place >= 0; place--) {
    if (needed.has(spec.layers[place]?.id ?? 0)) for (const source of sourcesOf(spec, place)) needed.add(source);
  }
  return { ...explicit(spec), layers: explicit(spec).layers.filter(({ id }) => needed.has(id)), outputs: [end] };
}

/** With the sources of every layer written out. */
function explicit(spec: NetworkSpec): NetworkSpec {
  return { ...spec, layers: spec.layers.map((layer, place) => ({ ...layer, from: sourcesOf(spec, place) })) };
}

/** Without a run of layers that follow each other in the list: half of all, a quarter, and so on down to each. */
function withoutRuns(spec: NetworkSpec): readonly NetworkSpec[] {
  const { layers } = spec;
  const steps: NetworkSpec[] = [];
  for (let length = Math.ceil(layers.length / 2); length >= 1; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    for (let start = 0; start < layers.length; start += length) {
      const run = layers.slice(start, start + length);
      steps.push(run.reduce<NetworkSpec>((less, { id }) => withoutLayer(less, id), spec));
    }
  }
  return steps;
}

/** Those that read a layer read what it reads first in its place. */
function withoutLayer(spec: NetworkSpec, dropped: number): NetworkSpec {
  const full = explicit(spec);
  const place = full.layers.findIndex(({ id }) => id === dropped);
  const [instead = 0] = sourcesOf(full, place);
  const layers = full.layers
    .filter(({ id }) => id !== dropped)
    .map((layer) => ({ ...layer, from: layer.from?.map((source) => (source === dropped ? instead : source)) ?? [] }));
  return { ...full, layers, ...(spec.outputs && { outputs: spec.outputs.filter((id) => id !== dropped) }) };
}

/** Layers that join several tensors without one of them, or left out for one of them. */
function fewerSources(spec: NetworkSpec): readonly NetworkSpec[] {
  return spec.layers.flatMap((layer, place) => {
    const from = sourcesOf(spec, place);
    if (from.length < 2) return [];
    const withFrom = (sources: readonly number[]): NetworkSpec => ({
      ...spec,
      layers: spec.layers.with(place, { ...layer, from: sources }),
    });
    const fewer = from.length < 3 ? [] : from.map((_, index) => withFrom(from.filter((__, i) => i !== index)));
    const others = from.slice(1).map((source) => withoutLayer(withFrom([source]), layer.id));
    return [...others, ...fewer];
  });
}

/** Extents halved, or one less; all inputs together first, since rows and columns often have to be the same. */
function smallerInputs(spec: NetworkSpec): readonly NetworkSpec[] {
  const { input, moreInputs = [] } = spec;
  const shapes = (shape: readonly number[], axis: number): readonly (readonly number[])[] => {
    const extent = shape[axis] ?? 1;
    return extent === 1 ? [] : [Math.ceil(extent / 2), extent - 1].map((less) => shape.with(axis, less));
  };
  const steps: NetworkSpec[] = [];
  for (const axis of input.shape.keys()) {
    for (const [size, shape] of shapes(input.shape, axis).entries()) {
      const others = moreInputs.map((one) => ({ ...one, shape: shapes(one.shape, axis)[size] ?? one.shape }));
      if (others.length > 0) steps.push({ ...spec, input: { ...input, shape }, moreInputs: others });
      steps.push({ ...spec, input: { ...input, shape } });
    }
  }
  return steps;
}

function simplerLayer(layer: LayerSpec): readonly LayerSpec[] {
  const simpler: LayerSpec[] = [];
  if ('out' in layer && layer.out > 1)
    simpler.push({ ...layer, out: Math.ceil(layer.out / 2) }, { ...layer, out: layer.out - 1 });
  if ('clamp' in layer) {
    const { clamp: _, ...rest } = layer;
    simpler.push(rest);
  }
  if ('constant' in layer) simpler.push((({ constant: _, ...rest }) => rest)(layer));
  if ('pad' in layer) simpler.push({ ...layer, pad: [0, 0, 0, 0] });
  if ('dilation' in layer) simpler.push({ ...layer, dilation: [1, 1] });
  if ('stride' in layer) simpler.push({ ...layer, stride: [1, 1] });
  if ('bias' in layer && layer.bias !== 'none') simpler.push({ ...layer, bias: 'none' });
  if ('weight' in layer && layer.weight.zeroPoint !== 'none')
    simpler.push({ ...layer, weight: { ...layer.weight, zeroPoint: 'none' } });
  return simpler;
}
