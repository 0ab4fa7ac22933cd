import type { Engine } from '../hw/design.js';
import { beatsPerFrame } from '../hw/feature-map.js';
import { type Folding, windowPlan } from '../hw/folding.js';
import { isWindowLayer, type Layer, type WindowLayer } from '../hw/layer.js';

/** Clocks a frame that an engine's array is busy: per position, the sum over the folds of the longer of steps and chunks. */
export function workCycles(layer: WindowLayer, folding: Folding, lanesIn: number): number {
  const plan = windowPlan(layer, folding, lanesIn);
  const position = plan.folds.reduce((sum, fold) => sum + Math.max(fold.steps, fold.chunks), 0);
  return plan.outH * plan.outW * position;
}

/** Steps a frame: clocks in which the array does something. */
export function stepCycles(engine: Engine): number {
  const { layer, folding, lanesIn } = engine;
  if (!isWindowLayer(layer) || folding === undefined) return inputBeats(layer, lanesIn);
  const plan = windowPlan(layer, folding, lanesIn);
  return plan.outH * plan.outW * plan.folds.reduce((sum, fold) => sum + fold.steps, 0);
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
