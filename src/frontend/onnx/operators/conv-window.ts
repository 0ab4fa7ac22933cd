import type { Window } from '../../../ir/op.js';
import { kernelReach } from '../../../ir/window.js';
import { type AttributeValues, optionalIntegers, word } from '../attributes.js';
import { type Call, type MapInput, refuseNode, step } from '../call.js';

/** How a kernel slides over a map, as convolutions and pools of all opsets say it. */

export const AUTO_PADS = ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'] as const;
export type AutoPad = (typeof AUTO_PADS)[number];

export const SLIDING = {
  auto_pad: word(AUTO_PADS, 'NOTSET'),
  kernel_shape: optionalIntegers(),
  strides: optionalIntegers(),
  pads: optionalIntegers(),
};

export const DILATIONS = { dilations: optionalIntegers() };

export type Sliding = AttributeValues<typeof SLIDING> & { readonly dilations?: readonly number[] | undefined };

export type Pair = readonly [number, number];

/** One integer for height and one for width, each at least `least`. */
export function pairOf(call: Call, list: readonly number[] | undefined, name: string, least = 1): Pair {
  const [high = 1, wide = 1, ...others] = list ?? [];
  const isPair = list === undefined || (list.length === 2 && others.length === 0);
  if (isPair && [high, wide].every((value) => Number.isSafeInteger(value) && value >= least)) return [high, wide];
  const text = `its attribute '${name}' is [${list?.join(', ')}], but for a picture it has two values of at least ${least}`;
  return refuseNode(call, text, 'export the model again, with two-dimensional feature maps');
}

/** Padding before and behind, along one axis. */
export interface Sides {
  readonly before: number;
  readonly behind: number;
}

/** The file's explicit padding, rows first: top, left, bottom, right. Zeros where it is left out. */
export function explicitPads(call: Call, pads: readonly number[] | undefined): readonly [Sides, Sides] {
  const list = pads ?? [0, 0, 0, 0];
  const [top = 0, left = 0, bottom = 0, right = 0] = list;
  if (list.length !== 4 || list.some((pad) => !(Number.isSafeInteger(pad) && pad >= 0))) {
    const text = `its attribute 'pads' is [${list.join(', ')}], but for a picture it has four values of at least 0`;
    refuseNode(call, text, 'export the model again; to cut something off, use Slice');
  }
  return [
    { before: top, behind: bottom },
    { before: left, behind: right },
  ];
}

/** `pads` has no meaning beside an automatic padding; the zeros that some exporters write are none. */
export function refusePadsBeside(call: Call, autoPad: AutoPad, pads: readonly number[] | undefined): void {
  if (autoPad === 'NOTSET' || pads === undefined || pads.every((pad) => pad === 0)) return;
  const text = `it has auto_pad '${autoPad}' and pads [${pads.join(', ')}], which contradict each other`;
  refuseNode(call, text, 'export the model with one of both');
}

/** `total` divided in two; of an odd number SAME_LOWER puts the larger half in front, SAME_UPPER behind. */
export function halves(total: number, autoPad: AutoPad): Sides {
  const less = Math.floor(total / 2);
  return autoPad === 'SAME_LOWER' ? { before: total - less, behind: less } : { before: less, behind: total - less };
}

function paddingOf(autoPad: AutoPad, given: Sides, extent: number, reach: number, stride: number): Sides {
  if (autoPad === 'NOTSET') return given;
  if (autoPad === 'VALID') return { before: 0, behind: 0 };
  const outputs = Math.ceil(extent / stride);
  return halves(Math.max(0, (outputs - 1) * stride + reach - extent), autoPad);
}

/** The window over a map, its output sizes rounded down. */
export function windowOf(call: Call, sliding: Sliding, [kernelH, kernelW]: Pair, map: MapInput): Window {
  const [strideH, strideW] = pairOf(call, sliding.strides, 'strides');
  const [dilationH, dilationW] = pairOf(call, sliding.dilations, 'dilations');
  refusePadsBeside(call, sliding.auto_pad, sliding.pads);
  const [rows, columns] = explicitPads(call, sliding.pads);
  const high = paddingOf(sliding.auto_pad, rows, map.height, kernelReach(kernelH, dilationH), strideH);
  const wide = paddingOf(sliding.auto_pad, columns, map.width, kernelReach(kernelW, dilationW), strideW);
  return {
    ...{ kernelH, kernelW, strideH, strideW, dilationH, dilationW },
    ...{ padTop: high.before, padLeft: wide.before, padBottom: high.behind, padRight: wide.behind },
  };
}

/** Refuses a kernel that reaches beyond the padded map: the file's own shapes contradict it. */
export function requireFit(call: Call, w: Window, { height, width }: MapInput): void {
  const reach = [kernelReach(w.kernelH, w.dilationH), kernelReach(w.kernelW, w.dilationW)];
  const room = [height + w.padTop + w.padBottom, width + w.padLeft + w.padRight];
  if (reach.every((extent, axis) => extent <= (room[axis] ?? 0))) return;
  const text = `its kernel reaches over ${reach.join('x')} pixels, but the padded input has ${room.join('x')}`;
  refuseNode(call, text, 'use a larger input');
}

/** Zeros around a map, as a node of its own. */
export function paddedMap(call: Call, map: MapInput, rows: Sides, columns: Sides): MapInput {
  const before = [rows.before, columns.before, 0];
  const after = [rows.behind, columns.behind, 0];
  if ([...before, ...after].every((pad) => pad === 0)) return map;
  const height = map.height + rows.before + rows.behind;
  const width = map.width + columns.before + columns.behind;
  const type = { ...map.type, shape: [height, width, map.channels] };
  const tensor = step(call, { kind: 'pad', before, after, mode: 'constant', value: 0 }, [map.tensor], type);
  return { ...map, tensor, type, height, width };
}

/** Padding of a kernel's whole reach or more is not a window's own: it moves into a node in front. */
export function withoutWidePadding(
  call: Call,
  w: Window,
  map: MapInput,
): { readonly window: Window; readonly map: MapInput } {
  const reachH = kernelReach(w.kernelH, w.dilationH);
  const reachW = kernelReach(w.kernelW, w.dilationW);
  if (Math.max(w.padTop, w.padBottom) < reachH && Math.max(w.padLeft, w.padRight) < reachW) return { window: w, map };
  const rows = { before: w.padTop, behind: w.padBottom };
  const padded = paddedMap(call, map, rows, { before: w.padLeft, behind: w.padRight });
  return { window: { ...w, padTop: 0, padLeft: 0, padBottom: 0, padRight: 0 }, map: padded };
}
