import { convertScaling } from './convert-scaling.js';
import { foldAffine } from './fold-affine.js';
import { foldConstants } from './fold-constants.js';
import { foldPadding } from './fold-padding.js';
import { foldPermutation } from './fold-permutation.js';
import { foldQuantise } from './fold-quantise.js';
import { fuseActivation } from './fuse-activation.js';
import type { Pass } from './pass.js';
import { poolMeans } from './pool-means.js';
import { poolStridedSlice } from './pool-strided-slice.js';
import { recogniseShuffle } from './recognise-shuffle.js';
import { removeDead } from './remove-dead.js';
import { requantiseConcat } from './requantise-concat.js';
import { shareEqual } from './share-equal.js';
import { splitConvTranspose } from './split-conv-transpose.js';
import { splitPad } from './split-pad.js';
import { toChannelsLast } from './to-channels-last.js';

/** The only place where the order of passes is written. */

/**
 * From a graph as a front end returns it to a network: wholly float or wholly integer, channels-last.
 * 1. to-channels-last: transposes between an operator and its dequantise would hide the one from the other.
 * 2. pool-means: wants maps channels-last; a mean has no integer form but as a pool.
 * 3. fold-quantise: leaves no quantise and dequantise; what it cannot make integer it refuses.
 */
export const IMPORT_PIPELINE: readonly Pass[] = [toChannelsLast, poolMeans, foldQuantise];

/**
 * From an imported float graph to one that can be quantised.
 * 1. fold-constants: makes weights and parameters constant that the exporter computed by nodes.
 * 2. fold-padding: a pad of its own would be calibrated for itself, and has no hardware.
 * 3. fold-affine: wants its parameters constant; leaves the convolution directly before the activation.
 * 4. fuse-activation: hence after it, so that the activation sees the convolution as its producer.
 * 5. remove-dead: last, since the others leave constants that nobody reads.
 */
export const FLOAT_PIPELINE: readonly Pass[] = [foldConstants, foldPadding, foldAffine, fuseActivation, removeDead];

/**
 * From an integer graph, imported or quantised here, to one that can be lowered. Each pass leaves every number of the
 * outputs as it was.
 * 1. fold-constants: what it makes constant the others can look into.
 * 2. fold-padding: a pad of its own would be an engine.
 * 3. recognise-shuffle: what is left of reshapes and transposes, as the operators that there are engines for.
 * 4. split-pad, pool-strided-slice, convert-scaling, fuse-activation: operators without an engine; activations join the last of them.
 * 5. split-conv-transpose: behind fuse-activation, since the clamp goes into its convolution.
 * 6. fold-permutation: behind all that makes permutations and filters.
 * 7. requantise-concat: only what is still joined then needs one scale.
 * 8. share-equal: late, since the others make equal nodes too.
 * 9. remove-dead: last, since the others leave constants that nobody reads.
 */
export const INTEGER_PIPELINE: readonly Pass[] = [
  foldConstants,
  foldPadding,
  recogniseShuffle,
  splitPad,
  poolStridedSlice,
  convertScaling,
  fuseActivation,
  splitConvTranspose,
  foldPermutation,
  requantiseConcat,
  shareEqual,
  removeDead,
];
