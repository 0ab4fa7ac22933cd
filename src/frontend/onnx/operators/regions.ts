import { elementCount } from '../../../ir/tensor-type.js';
import { sameExtents } from '../../../ir/type-equality.js';
import { integer, optionalInteger, optionalIntegers, real, required, word } from '../attributes.js';
import {
  type Call,
  define,
  emitAs,
  inputOf,
  integersOf,
  normalAxis,
  operandOf,
  refuseNode,
  scalarOf,
  step,
  wholeTensor,
} from '../call.js';
import { foldJoin, foldRegion, type Region } from '../fold.js';
import { MANY, type OperatorRule, type RuleTable, rule } from '../rule.js';
import { sameNumbers } from './elementwise-numbers.js';
import { emitMoved, type Movable, movable, ofGraph } from './moving.js';

/** Operators that cut regions out of tensors, put something around them, and join them. */

const CONTRADICTION = 'the file contradicts itself; export the model again';

/** The region that is the whole of a shape. */
function wholeRegion(shape: readonly number[]): Region {
  return { begin: shape.map(() => 0), step: shape.map(() => 1), size: shape };
}

/** The region as a result of the file: the operand itself where it is all of it. */
export function emitRegion(call: Call, { begin, step: steps, size }: Region, index = 0, shape = size): void {
  const x = movable(call);
  const backwards = steps.findIndex((by) => by < 1);
  if (backwards >= 0) {
    const text = `it goes backwards along axis ${backwards} (step ${steps[backwards]})`;
    refuseNode(call, text, 'export the model without flips of feature maps');
  }
  if (size.includes(0))
    refuseNode(call, `its result has the shape [${size.join(', ')}], which is empty`, CONTRADICTION);
  const isSame = sameExtents(size, x.shape) && sameExtents(shape, size);
  if (isSame) {
    define(call, { shape, ...x.numbers }, x.tensor, index);
    return;
  }
  const own = (list: readonly number[]): readonly number[] => ofGraph(x, list);
  const op = { kind: 'slice', begin: own(begin), size: own(size), step: own(steps) } as const;
  emitMoved(call, x, op, { made: own(size), shape, index });
}

/** One axis of a slice: ends may lie outside, and count from behind where they are negative. */
function sliceAxis(extent: number, start: number, end: number, by: number): readonly [number, number] {
  const place = (at: number): number => (at < 0 ? at + extent : at);
  const last = by > 0 ? extent : extent - 1;
  const from = Math.min(Math.max(place(start), 0), last);
  const to = Math.min(Math.max(place(end), by > 0 ? 0 : -1), last);
  return [from, Math.max(0, Math.ceil((to - from) / by))];
}

interface SliceEnds {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[] | undefined;
  readonly steps: readonly number[] | undefined;
}

function sliceRegion(call: Call, { starts, ends, axes, steps }: SliceEnds): Region {
  const { shape } = operandOf(call, 0);
  const along = (axes ?? starts.map((_, axis) => axis)).map((axis) => normalAxis(call, axis, shape.length));
  const lists = [starts, ends, along, steps ?? starts];
  if (lists.some((list) => list.length !== starts.length) || new Set(along).size !== along.length) {
    refuseNode(call, 'its starts, ends, axes and steps do not belong to the same axes', CONTRADICTION);
  }
  const region = wholeRegion(shape);
  const [begin, step_, size] = [[...region.begin], [...region.step], [...region.size]];
  along.forEach((axis, at) => {
    const by = steps?.[at] ?? 1;
    if (by === 0) refuseNode(call, `its step along axis ${axis} is 0`, CONTRADICTION);
    const [from, count] = sliceAxis(shape[axis] ?? 0, starts[at] ?? 0, ends[at] ?? 0, by);
    [begin[axis], step_[axis], size[axis]] = [from, by, count];
  });
  return { begin, step: step_, size };
}

const SLICE_ATTRIBUTES = {
  starts: required(optionalIntegers()),
  ends: required(optionalIntegers()),
  axes: optionalIntegers(),
};

const sliceByAttributes = rule({
  from: 1,
  to: 9,
  attributes: SLICE_ATTRIBUTES,
  run: (call) => emitRegion(call, attributeRegion(call)),
  fold: (call) => foldRegion(call, attributeRegion(call)),
});

function attributeRegion(
  call: Call<{ readonly [K in keyof typeof SLICE_ATTRIBUTES]: readonly number[] | undefined }>,
): Region {
  const { starts = [], ends = [], axes } = call.attributes;
  return sliceRegion(call, { starts, ends, axes, steps: undefined });
}

function optionalList(call: Call, index: number, role: string): readonly number[] | undefined {
  return inputOf(call, index).kind === 'absent' ? undefined : integersOf(call, index, role);
}

function inputRegion(call: Call): Region {
  return sliceRegion(call, {
    starts: integersOf(call, 1, 'starts'),
    ends: integersOf(call, 2, 'ends'),
    axes: optionalList(call, 3, 'axes'),
    steps: optionalList(call, 4, 'steps'),
  });
}

const sliceByInputs = rule({
  from: 10,
  inputs: { min: 3, max: 5 },
  run: (call) => emitRegion(call, inputRegion(call)),
  fold: (call) => foldRegion(call, inputRegion(call)),
});

/** The sizes of the parts: as given, or equal ones, of which since opset 18 the last may be smaller. */
function partSizes(
  call: Call,
  extent: number,
  given: readonly number[] | undefined,
  isEven: boolean,
): readonly number[] {
  const parts = call.node.output.length;
  const size = Math.ceil(extent / parts);
  const sizes = given ?? Array.from({ length: parts }, (_, part) => Math.max(0, Math.min(size, extent - part * size)));
  const fits = sizes.length === parts && sizes.reduce((sum, one) => sum + one, 0) === extent;
  if (fits && sizes.every((one) => one >= 1) && (given !== undefined || !isEven || extent % parts === 0)) return sizes;
  const text = `it parts ${extent} elements into ${given === undefined ? `${parts} parts` : `parts of ${sizes.join(', ')}`} for ${parts} outputs`;
  return refuseNode(call, text, CONTRADICTION);
}

interface Split {
  readonly axis: number;
  readonly sizes: readonly number[] | undefined;
  readonly isEven: boolean;
}

function eachPart(call: Call, split: Split, visit: (region: Region, index: number) => void): void {
  const { shape } = operandOf(call, 0);
  const axis = normalAxis(call, split.axis, shape.length);
  const whole = wholeRegion(shape);
  let from = 0;
  partSizes(call, shape[axis] ?? 0, split.sizes, split.isEven).forEach((size, index) => {
    const region = { ...whole, begin: whole.begin.with(axis, from), size: whole.size.with(axis, size) };
    from += size;
    if (call.node.output[index] !== '') visit(region, index);
  });
}

interface SplitAttributes {
  readonly axis: number;
  readonly split?: readonly number[] | undefined;
  readonly num_outputs?: number | undefined;
}

function splitRule(from: number, to: number | undefined, more: object, hasInput: boolean): OperatorRule {
  const parts = (call: Call<SplitAttributes>): Split => {
    const { axis, split, num_outputs: count } = call.attributes;
    if (count !== undefined && count !== call.node.output.length) {
      refuseNode(
        call,
        `its attribute 'num_outputs' is ${count}, but it has ${call.node.output.length} outputs`,
        CONTRADICTION,
      );
    }
    return { axis, sizes: split ?? optionalList(call, 1, 'split'), isEven: from < 18 };
  };
  return rule({
    from,
    ...(to === undefined ? {} : { to }),
    attributes: { axis: integer(0), ...more },
    inputs: { min: 1, max: hasInput ? 2 : 1 },
    outputs: MANY,
    run: (call) => eachPart(call, parts(call), (region, index) => emitRegion(call, region, index)),
    fold: (call) => eachPart(call, parts(call), (region, index) => foldRegion(call, region, index)),
  });
}

const SPLIT: readonly OperatorRule[] = [
  splitRule(2, 12, { split: optionalIntegers() }, false),
  splitRule(13, 17, {}, true),
  splitRule(18, undefined, { num_outputs: optionalInteger() }, true),
];

const MODES = ['constant', 'edge', 'reflect'] as const;

interface Padding {
  readonly mode: (typeof MODES)[number];
  /** All that goes before, then all that goes behind, for each axis of `axes`. */
  readonly pads: readonly number[];
  readonly axes: readonly number[] | undefined;
  readonly value: number;
}

/** Elements before and behind, one entry for each axis; negative ones cut off. */
function padLists(call: Call, { shape, skipped }: Movable, { pads, axes }: Padding): readonly [number[], number[]] {
  const along = (axes ?? shape.map((_, axis) => axis)).map((axis) => normalAxis(call, axis, shape.length));
  if (pads.length !== 2 * along.length || new Set(along).size !== along.length) {
    const text = `its padding [${pads.join(', ')}] is not for the ${along.length} axes that it goes along`;
    refuseNode(call, text, CONTRADICTION);
  }
  const [before, after] = [shape.map(() => 0), shape.map(() => 0)];
  along.forEach((axis, at) => {
    [before[axis], after[axis]] = [pads[at] ?? 0, pads[at + along.length] ?? 0];
  });
  if (skipped === 1 && (before[0] !== 0 || after[0] !== 0))
    refuseNode(call, 'it pads the batch', 'export the model without padding along the first axis');
  return [before, after];
}

/** Negative padding cuts off, before the other is put around. */
function emitPad(call: Call, padding: Padding): void {
  const x = movable(call);
  const [before, after] = padLists(call, x, padding);
  const cut = (list: readonly number[]): readonly number[] => list.map((pad) => Math.max(0, -pad));
  const put = (list: readonly number[]): readonly number[] => ofGraph(x, list).map((pad) => Math.max(0, pad));
  const [cutBefore, cutAfter] = [cut(before), cut(after)];
  const kept = x.shape.map((extent, axis) => extent - (cutBefore[axis] ?? 0) - (cutAfter[axis] ?? 0));
  const region = { begin: cutBefore, size: kept, step: kept.map(() => 1) };
  if ([...put(before), ...put(after)].every((pad) => pad === 0)) {
    emitRegion(call, region);
    return;
  }
  const shape = x.shape.map((extent, axis) => extent + (before[axis] ?? 0) + (after[axis] ?? 0));
  const op = {
    kind: 'pad',
    before: put(before),
    after: put(after),
    mode: padding.mode,
    value: padding.mode === 'constant' ? padding.value : 0,
  } as const;
  emitMoved(call, { ...x, tensor: cutTensor(call, x, region) }, op, { made: ofGraph(x, shape), shape });
}

function cutTensor(call: Call, x: Movable, { begin, size, step: steps }: Region): string {
  if (sameExtents(size, x.shape)) return x.tensor;
  if (size.some((extent) => extent < 1)) refuseNode(call, 'it cuts off all elements', CONTRADICTION);
  const own = (list: readonly number[]): readonly number[] => ofGraph(x, list);
  const op = { kind: 'slice', begin: own(begin), size: own(size), step: own(steps) } as const;
  return step(call, op, [x.tensor], { ...call.work.typeOf(x.tensor), shape: own(size) });
}

const MODE = { mode: word(MODES, 'constant') };

const padByAttributes = rule({
  from: 2,
  to: 10,
  attributes: { ...MODE, pads: required(optionalIntegers()), value: real(0) },
  run: (call) => emitPad(call, { ...call.attributes, pads: call.attributes.pads ?? [], axes: undefined }),
});

/** `wrap`, of opset 19, is refused as the others that are not in the list. */
function padByInputs(from: number, to: number | undefined, most: number): OperatorRule {
  return rule({
    from,
    ...(to === undefined ? {} : { to }),
    attributes: MODE,
    inputs: { min: 2, max: most },
    run: (call) =>
      emitPad(call, {
        mode: call.attributes.mode,
        pads: integersOf(call, 1, 'padding'),
        axes: optionalList(call, 3, 'axes'),
        value: inputOf(call, 2).kind === 'absent' ? 0 : scalarOf(call, 2, 'padding value'),
      }),
  });
}

/** The parts that have elements. */
function runConcat(call: Call<{ readonly axis: number | undefined }>): void {
  const { axis, shape } = concatResult(call);
  const parts = call.inputs.map((_, index) => movable(call, index)).filter((part) => elementCount(part.shape) > 0);
  const [first] = parts;
  const types = new Set(parts.map((part) => part.numbers.dtype));
  if (first === undefined || types.size > 1) {
    const text = first === undefined ? 'all its inputs are empty' : `it joins ${[...types].join(' and ')}`;
    refuseNode(call, text, 'export the model with parts of one type of numbers');
  } else if (parts.length === 1) {
    define(call, { shape, ...first.numbers }, first.tensor);
  } else {
    emitConcat(call, parts, { axis, shape });
  }
}

/** Axes that only the file has take part as they are in it. */
function emitConcat(
  call: Call,
  parts: readonly Movable[],
  { axis, shape }: { readonly axis: number; readonly shape: readonly number[] },
): void {
  const skips = axis > 0 && parts.every((part) => part.skipped === 1) ? 1 : 0;
  const tensors = call.inputs
    .map((_, index) => operandOf(call, index))
    .filter((value) => elementCount(value.shape) > 0)
    .map((value, index) => (skips === 1 ? (parts[index]?.tensor ?? '') : wholeTensor(call, value)));
  const op = { kind: 'concat', axis: axis - skips } as const;
  emitAs(call, op, tensors, { made: shape.slice(skips), shape, ...(parts[0]?.numbers ?? sameNumbers(call, 0)) });
}

function concatResult(call: Call<{ readonly axis: number | undefined }>): {
  readonly axis: number;
  readonly shape: readonly number[];
} {
  const shapes = call.inputs.map((_, index) => operandOf(call, index).shape);
  const [first = []] = shapes;
  const axis = normalAxis(call, call.attributes.axis ?? 0, first.length);
  const others = (shape: readonly number[]): readonly number[] => shape.toSpliced(axis, 1);
  const odd = shapes.find((shape) => shape.length !== first.length || !sameExtents(others(shape), others(first)));
  if (odd !== undefined) {
    const text = `inputs of [${first.join(', ')}] and [${odd.join(', ')}] cannot be joined along axis ${axis}`;
    refuseNode(call, text, CONTRADICTION);
  }
  return {
    axis,
    shape: first.with(
      axis,
      shapes.reduce((sum, shape) => sum + (shape[axis] ?? 0), 0),
    ),
  };
}

const concat = rule({
  from: 4,
  attributes: { axis: required(optionalInteger()) },
  inputs: MANY,
  run: runConcat,
  fold: (call) => {
    const { axis, shape } = concatResult(call);
    foldJoin(call, axis, shape);
  },
});

export const REGION_RULES: RuleTable = {
  Slice: [sliceByAttributes, sliceByInputs],
  Split: SPLIT,
  Pad: [padByAttributes, padByInputs(11, 17, 3), padByInputs(18, undefined, 4)],
  Concat: [concat],
};
