import { type Call, constantInts, inputOf, normalAxis, refuse, refuseUnlessKnown } from '../call.js';
import { foldRegion, type Region } from '../fold.js';
import { emitKept, emitReshape } from '../keep.js';
import { CONTRADICTION, operandsDoNotFit, unsupportedOperator } from '../messages.js';
import { optional, required, whole } from '../options.js';
import { MANY, rule, TWO } from '../rule.js';
import { graphAxes } from '../value.js';
import { stridedSlice, stridedSliceOptions } from './strided-slice.js';

/** Operators that take a part of a tensor. */

/** A part of what flows: forward steps, and at least one element. */
function emitRegion(call: Call, region: Region, shape: readonly number[], input = 0, output = 0): void {
  const value = inputOf(call, input);
  if (region.step.some((step, axis) => step < 1 && (region.size[axis] ?? 0) > 1)) {
    const text = 'it reverses the order of elements';
    refuse(unsupportedOperator(call.spot, text, 'export the network without the reversal'));
  }
  if (region.size.includes(0)) {
    const text = `nothing of [${value.shape.join(', ')}] is left`;
    refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
  }
  const own = <T>(list: readonly T[]): readonly T[] => graphAxes(value.shape, list);
  const [begin, step, size] = [own(region.begin), own(region.step).map((s) => Math.max(1, s)), own(region.size)];
  const isWhole = region.size.every((extent, axis) => extent === value.shape[axis]);
  if (isWhole) emitReshape(call, shape, { input, output });
  else emitKept(call, { input, output, op: () => ({ kind: 'slice', begin, size, step }), made: size, shape });
}

const stridedSliceRule = rule({
  versions: 8,
  options: stridedSliceOptions,
  inputs: { min: 4, max: 4 },
  run: (call) => {
    const slice = stridedSlice(call);
    emitRegion(call, slice, slice.shape);
  },
  fold: (call) => {
    const slice = stridedSlice(call);
    foldRegion(call, inputOf(call, 0), slice, slice.shape);
  },
});

/** Begin and size of each axis; a size of -1 goes on to the end. */
function sliceRegion(call: Call): Region {
  const { shape } = inputOf(call, 0);
  const begin = constantInts(call, inputOf(call, 1), 'begin');
  const wanted = constantInts(call, inputOf(call, 2), 'size');
  const size = shape.map((extent, axis) => (wanted[axis] === -1 ? extent - (begin[axis] ?? 0) : (wanted[axis] ?? 0)));
  const isInside = (extent: number, axis: number): boolean => {
    const first = begin[axis] ?? -1;
    const count = size[axis] ?? -1;
    return first >= 0 && count >= 0 && first + count <= extent;
  };
  if (begin.length === shape.length && wanted.length === shape.length && shape.every(isInside))
    return { begin, size, step: shape.map(() => 1) };
  const text = `begin [${begin.join(', ')}] and size [${wanted.join(', ')}] are not inside [${shape.join(', ')}]`;
  return refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
}

const slice = rule({
  versions: 5,
  options: optional('SliceOptions', {}),
  inputs: { min: 3, max: 3 },
  run: (call) => {
    const region = sliceRegion(call);
    emitRegion(call, region, region.size);
  },
  fold: (call) => {
    const region = sliceRegion(call);
    foldRegion(call, inputOf(call, 0), region, region.size);
  },
});

type SplitCall = Call<{ readonly num_splits: number }>;

interface Parts {
  readonly axis: number;
  readonly sizes: readonly number[];
}

/** One part behind the other along an axis, each an output. */
function forEachPart(
  call: SplitCall,
  input: number,
  { axis, sizes }: Parts,
  emit: (region: Region, index: number) => void,
): void {
  const { shape } = inputOf(call, input);
  const { num_splits: wanted } = call.options;
  if (sizes.length !== call.outputs.length || sizes.length !== wanted) {
    const text = `option num_splits is ${wanted}, but there are ${sizes.length} parts and ${call.outputs.length} outputs`;
    refuse(operandsDoNotFit(call.spot, text, CONTRADICTION));
  }
  let from = 0;
  sizes.forEach((size, index) => {
    const begin = shape.map((_, at) => (at === axis ? from : 0));
    emit({ begin, size: shape.map((extent, at) => (at === axis ? size : extent)), step: shape.map(() => 1) }, index);
    from += size;
  });
}

function equalParts(call: SplitCall): Parts {
  const { shape } = inputOf(call, 1);
  const [first = 0] = constantInts(call, inputOf(call, 0), 'axis');
  const axis = normalAxis(call, first, shape.length, 'axis');
  const count = call.outputs.length;
  const size = (shape[axis] ?? 0) / count;
  if (Number.isInteger(size)) return { axis, sizes: call.outputs.map(() => size) };
  const text = `${shape[axis]} indices of axis ${axis} do not divide into ${count} parts`;
  return refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
}

function givenParts(call: SplitCall): Parts {
  const { shape } = inputOf(call, 0);
  const [first = 0] = constantInts(call, inputOf(call, 2), 'axis');
  const axis = normalAxis(call, first, shape.length, 'axis');
  const extent = shape[axis] ?? 0;
  const wanted = constantInts(call, inputOf(call, 1), 'sizes');
  const given = wanted.filter((size) => size !== -1).reduce((sum, size) => sum + size, 0);
  const sizes = wanted.map((size) => (size === -1 ? extent - given : size));
  const sum = sizes.reduce((total, size) => total + size, 0);
  if (sum === extent && sizes.every((size) => size >= 0)) return { axis, sizes };
  const text = `parts of [${wanted.join(', ')}] do not make up the ${extent} indices of axis ${axis}`;
  return refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
}

function splitRule(versions: number, name: string, input: number, partsOf: (call: SplitCall) => Parts) {
  return rule({
    versions,
    options: required(name, { num_splits: whole() }),
    inputs: input === 1 ? TWO : { min: 3, max: 3 },
    outputs: MANY,
    run: (call) =>
      forEachPart(call, input, partsOf(call), (region, index) => emitRegion(call, region, region.size, input, index)),
    fold: (call) =>
      forEachPart(call, input, partsOf(call), (region, index) =>
        foldRegion(call, inputOf(call, input), region, region.size, index),
      ),
  });
}

export const REGION_RULES = {
  STRIDED_SLICE: stridedSliceRule,
  SLICE: slice,
  SPLIT: splitRule(4, 'SplitOptions', 1, equalParts),
  SPLIT_V: splitRule(2, 'SplitVOptions', 0, givenParts),
};
