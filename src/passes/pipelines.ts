import { foldBatchNorm } from './fold-batch-norm.js';
import { foldBias } from './fold-bias.js';
import { foldConstants } from './fold-constants.js';
import { foldPadding } from './fold-padding.js';
import { foldQuantise } from './fold-quantise.js';
import { fuseActivation } from './fuse-activation.js';
import type { Pass } from './pass.js';
import { removeDead } from './remove-dead.js';
import { requantiseConcat } from './requantise-concat.js';
import { toChannelsLast } from './to-channels-last.js';

/** The only place where the order of passes is written. */

/**
 * From a graph as a front end returns it to a network: wholly float or wholly integer, channels-last.
 * 1. to-channels-last: transposes between an operator and its dequantise would hide the one from the other.
 * 2. fold-quantise: leaves no quantise and dequantise; what it cannot make integer it refuses.
 */
export const IMPORT_PIPELINE: readonly Pass[] = [toChannelsLast, foldQuantise];

/**
 * From an imported float graph to one that can be quantised.
 * 1. fold-constants: makes weights and parameters constant that the exporter computed by nodes.
 * 2. fold-padding: a pad of its own would be calibrated for itself, and has no hardware.
 * 3. fold-bias: before fold-batch-norm, which wants to see the layer itself before it.
 * 4. fold-batch-norm: wants its parameters constant; leaves the convolution directly before the activation.
 * 5. fuse-activation: hence after it, so that the activation sees the convolution as its producer.
 * 6. remove-dead: last, since the others leave constants that nobody reads.
 */
export const FLOAT_PIPELINE: readonly Pass[] = [
  foldConstants,
  foldPadding,
  foldBias,
  foldBatchNorm,
  fuseActivation,
  removeDead,
];

/**
 * From an integer graph, imported or quantised here, to one that can be lowered.
 * requantise-concat comes late: only what is still joined then needs one scale.
 */
export const INTEGER_PIPELINE: readonly Pass[] = [
  foldConstants,
  foldPadding,
  fuseActivation,
  requantiseConcat,
  removeDead,
];
