import type { Engine } from '../hw/design.js';
import { beatsPerFrame } from '../hw/feature-map.js';
import { type Folding, positionCycles, windowShape } from '../hw/folding.js';
import { isWindowLayer, type Layer, type WindowLayer } from '../hw/layer.js';

/** Clocks a frame that an engine's array is busy: per position, the sum over the folds of the longer of steps and chunks. */
export function workCycles(layer: WindowLayer, folding: Folding, lanesIn: number): number {
  const shape = windowShape(layer, folding, lanesIn);
  return shape.outH * shape.outW * positionCycles(shape);
}

/** Steps a frame: clocks in which the array does something. */
export function stepCycles(engine: Engine): number {
  const { layer, folding, lanesIn } = engine;
  if (!isWindowLayer(layer) || folding === undefined) return inputBeats(layer, lanesIn);
  const { outH, outW, groups, foldsPerGroup, fold } = windowShape(layer, folding, lanesIn);
  return outH * outW * groups * foldsPerGroup * fold.steps;
}

/** Input beats a frame that an engine takes one after the other: of a concat those of all its streams, else of each. */
export function inputBeats(layer: Layer, lanesIn: number): number {
  const each = layer.inputs.map(({ map }) => beatsPerFrame({ map, lanes: lanesIn }));
  return layer.kind === 'concat' ? each.reduce((sum, beats) => sum + beats, 0) : Math.max(...each);
}

/** Clocks a frame that a layer needs at least: its work, its input beats or its output beats, whichever is most. */
export function layerInterval(layer: Layer, folding: Folding | undefined, lanesIn: number, lanesOut: number): number {
  const beats = Math.max(inputBeats(layer, lanesIn), beatsPerFrame({ map: layer.output, lanes: lanesOut }));
  return isWindowLayer(layer) && folding !== undefined ? Math.max(beats, workCycles(layer, folding, lanesIn)) : beats;
}

export function engineInterval(engine: Engine): number {
  return layerInterval(engine.layer, engine.folding, engine.lanesIn, engine.lanesOut);
}
