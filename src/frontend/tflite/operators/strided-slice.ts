import { type Call, constantInts, inputOf, refuseUnlessKnown } from '../call.js';
import type { Region } from '../fold.js';
import { CONTRADICTION, operandsDoNotFit } from '../messages.js';
import { flag, required, whole } from '../options.js';

/** TensorFlow's x[begin:end:step, ...]: which elements it takes, and which axes are left. */

export const stridedSliceOptions = required('StridedSliceOptions', {
  begin_mask: whole(),
  end_mask: whole(),
  ellipsis_mask: whole(),
  new_axis_mask: whole(),
  shrink_axis_mask: whole(),
  offset: flag(),
});

type Masks = Readonly<
  Record<'begin_mask' | 'end_mask' | 'ellipsis_mask' | 'new_axis_mask' | 'shrink_axis_mask', number>
>;

export type StridedSliceCall = Call<Masks & { readonly offset: boolean }>;

export interface StridedSlice extends Region {
  readonly shape: readonly number[];
}

/** What one entry of the operands means. */
type Entry = { readonly kind: 'range'; readonly at: number } | { readonly kind: 'whole' } | { readonly kind: 'new' };

/** One entry for each axis of the input, and those that add an axis: the ellipsis stands for all that are not named. */
function entriesOf(count: number, rank: number, masks: Masks): readonly Entry[] | undefined {
  const isSet = (mask: number, at: number): boolean => ((mask >> at) & 1) === 1;
  const places = Array.from({ length: count }, (_, at) => at);
  const ellipsis = places.find((at) => isSet(masks.ellipsis_mask, at));
  const added = places.filter((at) => at !== ellipsis && isSet(masks.new_axis_mask, at)).length;
  const named = count - added - (ellipsis === undefined ? 0 : 1);
  if (named > rank) return undefined;
  const unnamed = Array.from({ length: rank - named }, (): Entry => ({ kind: 'whole' }));
  const entries = places.flatMap((at): readonly Entry[] => {
    if (at === ellipsis) return unnamed;
    return [isSet(masks.new_axis_mask, at) ? { kind: 'new' } : { kind: 'range', at }];
  });
  return ellipsis === undefined ? [...entries, ...unnamed] : entries;
}

interface AxisRange {
  readonly begin: number;
  readonly step: number;
  readonly size: number;
}

/** An index from the end where it is negative, within what a step of this sign can reach. */
function bounded(index: number, extent: number, step: number): number {
  const own = index < 0 ? index + extent : index;
  return step > 0 ? Math.max(0, Math.min(extent, own)) : Math.max(-1, Math.min(extent - 1, own));
}

/** @throws HeddleError where the operands contradict themselves. */
export function stridedSlice(call: StridedSliceCall): StridedSlice {
  const { shape: from } = inputOf(call, 0);
  const [begins, ends, steps] = (['begin', 'end', 'strides'] as const).map((role, at) =>
    constantInts(call, inputOf(call, at + 1), role),
  ) as [readonly number[], readonly number[], readonly number[]];
  const fail = (text: string): never =>
    refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
  const count = begins.length;
  // A mask has 32 bits.
  const entries = count <= 31 ? entriesOf(count, from.length, call.options) : undefined;
  if (entries === undefined || ends.length !== count || steps.length !== count || steps.includes(0))
    return fail(
      `begin [${begins.join(', ')}], end [${ends.join(', ')}] and strides [${steps.join(', ')}] are not for [${from.join(', ')}]`,
    );
  const ranges: AxisRange[] = [];
  const shape: number[] = [];
  for (const entry of entries) {
    if (entry.kind === 'new') {
      shape.push(1);
      continue;
    }
    const extent = from[ranges.length] ?? 0;
    const operands = entry.kind === 'whole' ? undefined : operandsAt(entry.at, begins, ends, steps);
    const range = operands === undefined ? { begin: 0, step: 1, size: extent } : rangeOf(call, operands, extent);
    if (range === undefined)
      return fail(`index ${operands?.begin} is not one of the ${extent} of axis ${ranges.length}`);
    ranges.push(range);
    const isDropped = operands !== undefined && ((call.options.shrink_axis_mask >> operands.at) & 1) === 1;
    if (!isDropped) shape.push(range.size);
  }
  return {
    begin: ranges.map(({ begin }) => begin),
    step: ranges.map(({ step }) => step),
    size: ranges.map(({ size }) => size),
    shape,
  };
}

interface Operands {
  readonly at: number;
  readonly begin: number;
  readonly end: number;
  readonly step: number;
}

function operandsAt(
  at: number,
  begins: readonly number[],
  ends: readonly number[],
  steps: readonly number[],
): Operands {
  return { at, begin: begins[at] ?? 0, end: ends[at] ?? 0, step: steps[at] ?? 1 };
}

/** The elements of one axis; undefined where a single index lies outside. */
function rangeOf(call: StridedSliceCall, { at, begin, end, step }: Operands, extent: number): AxisRange | undefined {
  const { begin_mask, end_mask, shrink_axis_mask, offset } = call.options;
  const isSet = (mask: number): boolean => ((mask >> at) & 1) === 1;
  const first = isSet(begin_mask) ? (step > 0 ? 0 : extent - 1) : bounded(begin, extent, step);
  if (isSet(shrink_axis_mask)) {
    const index = isSet(begin_mask) ? first : begin < 0 ? begin + extent : begin;
    return index >= 0 && index < extent ? { begin: index, step: 1, size: 1 } : undefined;
  }
  const stop = offset ? begin + end : end;
  const last = isSet(end_mask) ? (step > 0 ? extent : -1) : bounded(stop, extent, step);
  return { begin: first, step, size: Math.max(0, Math.ceil((last - first) / step)) };
}
