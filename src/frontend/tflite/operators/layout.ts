import type { Op } from '../../../ir/op.js';
import { elementCount, intRange, isInt } from '../../../ir/tensor-type.js';
import { quantiseValue } from '../../../support/fixed-point.js';
import {
  type Call,
  constantInts,
  inputActivation,
  inputOf,
  mapShape,
  normalAxis,
  refuse,
  refuseUnlessKnown,
} from '../call.js';
import { foldReshape, foldTranspose } from '../fold.js';
import { emitKept, emitReshape } from '../keep.js';
import { CONTRADICTION, operandsDoNotFit, unsupportedOption } from '../messages.js';
import { choice, flag, optional, required, whole, wholes } from '../options.js';
import { rule, TWO } from '../rule.js';
import { dropsBatch, graphShape } from '../value.js';
import { realValues } from '../weights.js';
import { requirePositive } from '../windows.js';

/** The wanted shape; -1 stands for what is left over. */
function resolvedShape(call: Call, wanted: readonly number[], count: number): readonly number[] {
  // What old converters wrote for a scalar.
  const list = wanted.length === 1 && wanted[0] === 0 ? [] : wanted;
  const known = elementCount(list.filter((extent) => extent !== -1));
  const shape = list.map((extent) => (extent === -1 ? count / known : extent));
  if (list.filter((extent) => extent === -1).length <= 1 && elementCount(shape) === count && shape.every(isExtent))
    return shape;
  const text = `${count} elements do not go into the shape [${wanted.join(', ')}]`;
  return refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
}

function isExtent(extent: number): boolean {
  return Number.isInteger(extent) && extent >= 0;
}

/** The shape is the second operand; where there is none, the option. */
function reshapedTo(call: Call<{ readonly new_shape: readonly number[] }>): readonly number[] {
  const operand = call.inputs[1];
  const wanted = operand === undefined ? call.options.new_shape : constantInts(call, operand, 'shape');
  return resolvedShape(call, wanted, elementCount(inputOf(call, 0).shape));
}

const reshape = rule({
  versions: 1,
  options: optional('ReshapeOptions', { new_shape: wholes() }),
  inputs: { min: 1, max: 2 },
  run: (call) => emitReshape(call, reshapedTo(call)),
  fold: (call) => foldReshape(call, reshapedTo(call)),
});

function squeezed(call: Call<{ readonly squeeze_dims: readonly number[] }>): readonly number[] {
  const { shape } = inputOf(call, 0);
  const axes = call.options.squeeze_dims.map((axis) => normalAxis(call, axis, shape.length, 'axis'));
  const odd = axes.find((axis) => shape[axis] !== 1);
  if (odd !== undefined) {
    const text = `axis ${odd} of [${shape.join(', ')}] has more than one index and cannot be dropped`;
    refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
  }
  return shape.filter((extent, axis) => !(axes.length === 0 ? extent === 1 : axes.includes(axis)));
}

const squeeze = rule({
  versions: 2,
  options: optional('SqueezeOptions', { squeeze_dims: wholes() }),
  run: (call) => emitReshape(call, squeezed(call)),
  fold: (call) => foldReshape(call, squeezed(call)),
});

function expanded(call: Call): readonly number[] {
  const { shape } = inputOf(call, 0);
  const [axis = 0] = constantInts(call, inputOf(call, 1), 'axis');
  return shape.toSpliced(normalAxis(call, axis, shape.length + 1, 'axis'), 0, 1);
}

const expandDims = rule({
  versions: 1,
  options: optional('ExpandDimsOptions', {}),
  inputs: TWO,
  run: (call) => emitReshape(call, expanded(call)),
  fold: (call) => foldReshape(call, expanded(call)),
});

function permutation(call: Call): readonly number[] {
  const { shape } = inputOf(call, 0);
  const perm = constantInts(call, inputOf(call, 1), 'permutation').map((axis) =>
    normalAxis(call, axis, shape.length, 'axis'),
  );
  if (perm.length === shape.length && new Set(perm).size === perm.length) return perm;
  const text = `[${perm.join(', ')}] is not an order of the axes of [${shape.join(', ')}]`;
  return refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
}

/** An axis with one index may stand anywhere: the batch axis is left out of the permutation. */
const transpose = rule({
  versions: 6,
  options: optional('TransposeOptions', {}),
  inputs: TWO,
  run: (call) => {
    const { shape } = inputOf(call, 0);
    const perm = permutation(call);
    const result = perm.map((axis) => shape[axis] ?? 0);
    const own = dropsBatch(shape) ? perm.filter((axis) => axis !== 0).map((axis) => axis - 1) : perm;
    const from = graphShape(shape);
    const made = own.map((axis) => from[axis] ?? 0);
    if (own.every((axis, at) => axis === at)) emitReshape(call, result);
    else emitKept(call, { op: () => ({ kind: 'transpose', perm: own }), made, shape: result });
  },
  fold: (call) => foldTranspose(call, permutation(call)),
});

const depthToSpace = rule({
  versions: 2,
  options: required('DepthToSpaceOptions', { block_size: whole() }),
  run: (call) => {
    const { block_size: block } = call.options;
    requirePositive(call, { block_size: block });
    const [height, width, channels] = mapShape(call, inputOf(call, 0));
    if (channels % (block * block) !== 0) {
      const text = `${channels} channels do not divide into blocks of ${block}x${block} pixels`;
      refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
    }
    const made = [height * block, width * block, channels / (block * block)];
    const op: Op = { kind: 'depth-to-space', block, order: 'depth-first' };
    emitKept(call, { op: () => op, made, shape: [1, ...made] });
  },
});

/** Larger results are refused behind the import anyway. */
const LARGEST_EXTENT = 2 ** 20;

/**
 * Whether corners that are aligned give the same pixels as whole blocks: output y is taken from round(y * (n - 1) /
 * (m - 1)), halves away from zero. (Centres of pixels that are aligned do for whole factors.)
 */
function alignsAsBlocks(input: number, output: number): boolean {
  const factor = output / input;
  for (let y = 0; y < output && output > 1; y++) {
    const source = Math.floor((2 * y * (input - 1) + (output - 1)) / (2 * (output - 1)));
    if (source !== Math.floor(y / factor)) return false;
  }
  return true;
}

const resizeNearest = rule({
  versions: 4,
  options: required('ResizeNearestNeighborOptions', { align_corners: flag(), half_pixel_centers: flag() }),
  inputs: TWO,
  run: (call) => {
    const [height, width, channels] = mapShape(call, inputOf(call, 0));
    const [outH = 0, outW = 0] = constantInts(call, inputOf(call, 1), 'size');
    const [factorH, factorW] = [outH / height, outW / width];
    const isWhole = [factorH, factorW].every((factor) => Number.isInteger(factor) && factor >= 1);
    if (!isWhole || outH > LARGEST_EXTENT || outW > LARGEST_EXTENT) {
      const text = `from ${height}x${width} to ${outH}x${outW} pixels is not a whole factor`;
      refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, 'enlarge by whole factors'));
    }
    if (call.options.align_corners && !(alignsAsBlocks(height, outH) && alignsAsBlocks(width, outW))) {
      const fix = 'export the operator without it, or with half_pixel_centers';
      refuse(unsupportedOption(call.spot, 'align_corners', 'repeats pixels unevenly at these sizes', fix));
    }
    const made = [outH, outW, channels];
    emitKept(call, { op: () => ({ kind: 'upsample', factorH, factorW }), made, shape: [1, ...made] });
  },
});

interface Paddings {
  readonly before: readonly number[];
  readonly behind: readonly number[];
}

/** The second operand: two numbers an axis. */
function paddings(call: Call): Paddings {
  const { shape } = inputOf(call, 0);
  const list = constantInts(call, inputOf(call, 1), 'paddings');
  const before = list.filter((_, at) => at % 2 === 0);
  const behind = list.filter((_, at) => at % 2 === 1);
  const fits = list.length === 2 * shape.length && list.every(isExtent);
  const batch = dropsBatch(shape) && (before[0] !== 0 || behind[0] !== 0);
  if (fits && !batch) return { before, behind };
  const text = fits ? 'it pads the batch' : `paddings [${list.join(', ')}] are not for [${shape.join(', ')}]`;
  return refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
}

function emitPad(call: Call, mode: 'constant' | 'edge' | 'reflect', value: number): void {
  const { shape } = inputOf(call, 0);
  const { before, behind } = paddings(call);
  const result = shape.map((extent, axis) => extent + (before[axis] ?? 0) + (behind[axis] ?? 0));
  const skipped = dropsBatch(shape) ? 1 : 0;
  const op: Op = { kind: 'pad', before: before.slice(skipped), after: behind.slice(skipped), mode, value };
  emitKept(call, { op: () => op, made: result.slice(skipped), shape: result });
}

/** The integer of the input's type that stands for a real value. */
function inputInteger(call: Call, value: number): number {
  const { element, quant } = inputActivation(call, 0);
  if (!isInt(element) || quant === undefined) return value;
  const { min, max } = intRange(element);
  return quantiseValue(value, quant.scale[0] ?? 1, quant.zeroPoint[0] ?? 0, min, max);
}

const pad = rule({
  versions: 4,
  options: optional('PadOptions', {}),
  inputs: TWO,
  run: (call) => emitPad(call, 'constant', inputInteger(call, 0)),
});

const padV2 = rule({
  versions: 4,
  options: optional('PadV2Options', {}),
  inputs: { min: 3, max: 3 },
  run: (call) => {
    const operand = inputOf(call, 2);
    if (operand.data === undefined)
      refuseUnlessKnown([operand], () =>
        operandsDoNotFit(call.spot, 'its padding value is computed', 'make it a constant'),
      );
    const [value = 0] = realValues(call, operand, 'padding value');
    emitPad(call, 'constant', inputInteger(call, value));
  },
});

/** Mirrored with the edge, one element is the edge itself. */
const mirrorPad = rule({
  versions: 3,
  options: required('MirrorPadOptions', { mode: choice(['REFLECT', 'SYMMETRIC']) }),
  inputs: TWO,
  run: (call) => {
    const { before, behind } = paddings(call);
    const isReflect = call.options.mode === 'REFLECT';
    if (!isReflect && [...before, ...behind].some((count) => count > 1)) {
      const fix = 'pad by one element, or with mode REFLECT';
      refuse(unsupportedOption(call.spot, 'mode', 'is SYMMETRIC with more than one element', fix));
    }
    emitPad(call, isReflect ? 'reflect' : 'edge', 0);
  },
});

export const LAYOUT_RULES = {
  RESHAPE: reshape,
  SQUEEZE: squeeze,
  EXPAND_DIMS: expandDims,
  TRANSPOSE: transpose,
  DEPTH_TO_SPACE: depthToSpace,
  RESIZE_NEAREST_NEIGHBOR: resizeNearest,
  PAD: pad,
  PADV2: padV2,
  MIRROR_PAD: mirrorPad,
};
