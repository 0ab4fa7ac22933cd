import type { Window } from '../ir/op.js';
import { invariant } from '../support/invariant.js';
import { beatsPerFrame, beatsPerPixel, pixelCount } from './feature-map.js';
import type { DenseLayer, Layer, WindowLayer } from './layer.js';
import { isMacLayer } from './layer.js';

/**
 * How much of a layer is done at once.
 *
 *   conv       pe output channels x taps kernel positions x simd input channels, of one group
 *   dense      pe outputs x simd inputs
 *   depthwise  pe channels x taps kernel positions (times the channel multiplier)
 *   pool       pe channels x taps kernel positions
 *
 * None of them has to divide its extent.
 */
export interface Folding {
  readonly pe: number;
  readonly simd: number;
  /** Kernel positions in parallel: 1, kernelH or kernelH * kernelW. */
  readonly taps: number;
  /** Results that are requantised (or divided, or clamped) a clock; a power of two. */
  readonly requantisers: number;
}

/** Kernel rows and columns in parallel. */
export interface Taps {
  readonly tapsH: number;
  readonly tapsW: number;
}

export function layerWindow(layer: WindowLayer): Window | undefined {
  return layer.kind === 'dense' ? undefined : layer.window;
}

/** The legal values of `taps`, ascending. */
export function tapChoices(layer: WindowLayer): readonly number[] {
  const window = layerWindow(layer);
  if (window === undefined) return [1];
  return [...new Set([1, window.kernelH, window.kernelH * window.kernelW])];
}

/** Rows and columns of a number of taps; 1 x 1 is the sequential form. */
export function splitTaps(layer: WindowLayer, taps: number): Taps {
  const window = layerWindow(layer);
  if (window === undefined || taps === 1) return { tapsH: 1, tapsW: 1 };
  if (taps === window.kernelH * window.kernelW) return { tapsH: window.kernelH, tapsW: window.kernelW };
  invariant(taps === window.kernelH, `layer '${layer.name}' with ${taps} taps`);
  return { tapsH: window.kernelH, tapsW: 1 };
}

/** Extents that pe and simd share out. */
export interface Extents {
  /** Results of a fold sequence: output channels of a group, outputs, or channels. */
  readonly pe: number;
  /** Input channels of a group, or inputs. */
  readonly simd: number;
  readonly groups: number;
  /** Results of one unit of pe. */
  readonly multiplier: number;
}

export function extents(layer: WindowLayer): Extents {
  switch (layer.kind) {
    case 'conv':
      return {
        pe: layer.output.channels / layer.groups,
        simd: layer.input.channels / layer.groups,
        groups: layer.groups,
        multiplier: 1,
      };
    case 'dense':
      return { pe: layer.output.channels, simd: denseInputs(layer), groups: 1, multiplier: 1 };
    case 'depthwise':
      return { pe: layer.input.channels, simd: 1, groups: 1, multiplier: layer.multiplier };
    case 'pool':
      return { pe: layer.input.channels, simd: 1, groups: 1, multiplier: 1 };
  }
}

/**
 * Largest useful SIMD of a dense layer. A vector is gathered beat by beat without regard to pixels, so any width up
 * to the whole frame would do; the padding lanes of the beats count as inputs with zero weights.
 */
function denseInputs(layer: DenseLayer): number {
  return pixelCount(layer.input) * layer.input.channels;
}

/** 8-bit multiplier lanes of a layer's array; 0 for layers that do not multiply by weights. */
export function multipliers(layer: Layer, folding: Folding | undefined): number {
  if (folding === undefined || !isMacLayer(layer)) return 0;
  return folding.pe * extents(layer).multiplier * folding.taps * folding.simd;
}

/** One fold: its steps, and the chunks of results that leave it. */
export interface Fold {
  readonly steps: number;
  readonly results: number;
  readonly chunks: number;
}

/** What does not need the folds one by one: see WindowPlan. */
export interface WindowShape {
  /** Lanes of a memory word. */
  readonly wordLanes: number;
  /** Memory words of a pixel (dense: of a word, 1). */
  readonly pixelWords: number;
  /** Picture in pixels; dense: 1 x words. */
  readonly inH: number;
  readonly inW: number;
  readonly outH: number;
  readonly outW: number;
  readonly window: Window;
  /** Of every fold; the last one of a group may have fewer results. */
  readonly fold: Fold;
  readonly lastFold: Fold;
  /** Steps over the channels of one kernel position in a group. */
  readonly slices: number;
  readonly groups: number;
  readonly foldsPerGroup: number;
  readonly resultsPerFold: number;
  readonly resultsOfLastFold: number;
  /** Input beats that complete each pixel of a frame: the same number, or fewer for a dense layer's last word. */
  readonly beatsPerFrame: number;
  readonly beatsPerPixel: number;
}

/** Everything that the RTL's counters are derived from, for one layer, folding and input width. */
export interface WindowPlan extends WindowShape {
  /** Folds of one output position in order, all groups. */
  readonly folds: readonly Fold[];
}

const DENSE_WINDOW = (words: number): Window => ({
  kernelH: 1,
  kernelW: words,
  strideH: 1,
  strideW: 1,
  dilationH: 1,
  dilationW: 1,
  padTop: 0,
  padLeft: 0,
  padBottom: 0,
  padRight: 0,
});

/** The plan of a window layer. `lanesIn` and simd (pe for depthwise and pools) must divide one another, either way. */
export function windowPlan(layer: WindowLayer, folding: Folding, lanesIn: number): WindowPlan {
  const shape = windowShape(layer, folding, lanesIn);
  const { foldsPerGroup, groups, fold, lastFold } = shape;
  const group = Array.from({ length: foldsPerGroup }, (_, f) => (f === foldsPerGroup - 1 ? lastFold : fold));
  return { ...shape, folds: Array.from({ length: groups }, () => group).flat() };
}

/** Clocks that an output position takes: the sum over its folds of the longer of steps and chunks. */
export function positionCycles({ groups, foldsPerGroup, fold, lastFold }: WindowShape): number {
  const cycles = ({ steps, chunks }: Fold): number => Math.max(steps, chunks);
  return groups * ((foldsPerGroup - 1) * cycles(fold) + cycles(lastFold));
}

/** The plan of a window layer but for the list of its folds, which can be long. */
export function windowShape(layer: WindowLayer, folding: Folding, lanesIn: number): WindowShape {
  const extent = extents(layer);
  const packed = layer.kind === 'depthwise' || layer.kind === 'pool';
  const sliceLanes = packed ? folding.pe : folding.simd;
  const wordLanes = Math.max(sliceLanes, lanesIn);
  const stream = { map: layer.input, lanes: lanesIn };
  const { tapsH, tapsW } = splitTaps(layer, folding.taps);
  const foldsPerGroup = Math.ceil(extent.pe / folding.pe);
  const resultsPerFold = folding.pe * extent.multiplier;
  const resultsOfLastFold = (extent.pe - (foldsPerGroup - 1) * folding.pe) * extent.multiplier;
  const dense = layer.kind === 'dense';
  const words = Math.ceil((beatsPerFrame(stream) * lanesIn) / wordLanes);
  const window = dense ? DENSE_WINDOW(words) : layer.window;
  const slices = dense ? wordLanes / folding.simd : packed ? 1 : Math.ceil(extent.simd / folding.simd);
  const steps = (window.kernelH / tapsH) * (window.kernelW / tapsW) * slices;
  const fold = (results: number): Fold => ({ steps, results, chunks: Math.ceil(results / folding.requantisers) });
  const unitBeats = Math.ceil(layer.input.channels / extent.groups / lanesIn);
  return {
    wordLanes,
    pixelWords: dense ? 1 : extent.groups * Math.ceil((unitBeats * lanesIn) / wordLanes),
    inH: dense ? 1 : layer.input.height,
    inW: dense ? words : layer.input.width,
    outH: layer.output.height,
    outW: layer.output.width,
    window,
    fold: fold(resultsPerFold),
    lastFold: fold(resultsOfLastFold),
    slices,
    groups: extent.groups,
    foldsPerGroup,
    resultsPerFold,
    resultsOfLastFold,
    beatsPerFrame: beatsPerFrame(stream),
    beatsPerPixel: dense ? wordLanes / lanesIn : beatsPerPixel(stream),
  };
}
