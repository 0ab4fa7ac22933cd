import type { OpOf } from '../../../ir/op.js';
import {
  flag,
  integer,
  optionalInteger,
  optionalIntegers,
  optionalReals,
  real,
  required,
  word,
} from '../attributes.js';
import {
  type Call,
  constantOf,
  emitMap,
  inputOf,
  integersOf,
  type MapInput,
  mapInput,
  normalAxis,
  operandOf,
  refuseNode,
  step,
} from '../call.js';
import { type OperatorRule, type RuleTable, rule } from '../rule.js';
import { sameNumbers } from './elementwise-numbers.js';

/** Operators that change the size of feature maps by moving elements. */

const COORDINATES = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
] as const;
const NEAREST = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'] as const;

/** How a pixel of the result is taken from one of the input. */
interface Nearest {
  readonly coordinates: (typeof COORDINATES)[number];
  readonly rounding: (typeof NEAREST)[number];
}

/** One axis of the map. */
interface Axis {
  readonly extent: number;
  readonly outputs: number;
  /** As the file gives it; outputs / extent where it gives sizes. */
  readonly scale: number;
}

/** The place in the input that output `o` is taken from, between pixels, by the operator's definition. */
function placeOf({ coordinates }: Nearest, { extent, outputs, scale }: Axis, o: number): number {
  switch (coordinates) {
    case 'half_pixel':
      return (o + 0.5) / scale - 0.5;
    case 'half_pixel_symmetric': {
      // The picture's centre stays where it is, although its size has been rounded.
      const adjustment = outputs / (scale * extent);
      return (extent / 2) * (1 - adjustment) + (o + 0.5) / scale - 0.5;
    }
    case 'pytorch_half_pixel':
      return outputs > 1 ? (o + 0.5) / scale - 0.5 : 0;
    case 'align_corners':
      return outputs > 1 ? (o * (extent - 1)) / (outputs - 1) : 0;
    case 'asymmetric':
      return o / scale;
    case 'tf_half_pixel_for_nn':
      return (o + 0.5) / scale;
  }
}

function roundedPlace({ rounding }: Nearest, place: number): number {
  switch (rounding) {
    case 'round_prefer_floor':
      return Math.ceil(place - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(place + 0.5);
    case 'floor':
      return Math.floor(place);
    case 'ceil':
      return Math.ceil(place);
  }
}

/** The pixel that each output is. */
function sources(nearest: Nearest, axis: Axis): readonly number[] {
  return Array.from({ length: axis.outputs }, (_, o) =>
    Math.min(Math.max(roundedPlace(nearest, placeOf(nearest, axis, o)), 0), axis.extent - 1),
  );
}

/** Larger maps are refused behind the import anyway. */
const LARGEST_EXTENT = 2 ** 20;

/** Times that each pixel is repeated; undefined where that is uneven. */
function repeatOf(places: readonly number[], extent: number): number | undefined {
  const repeat = places.length / extent;
  const isEven = Number.isInteger(repeat) && places.every((place, o) => place === Math.floor(o / repeat));
  return isEven ? repeat : undefined;
}

/** Distance between the pixels that are left; undefined where there are several. */
function distanceOf(places: readonly number[]): number | undefined {
  const [begin = 0, second = begin + 1] = places;
  const distance = second - begin;
  return distance >= 1 && places.every((place, o) => place === begin + o * distance) ? distance : undefined;
}

/** Emits the map with another number of pixels: each repeated as often, or some left out at equal distances. */
function emitNearest(call: Call, nearest: Nearest, sizes: readonly [Axis, Axis]): void {
  const map = mapInput(call);
  const [rows, columns] = [sources(nearest, sizes[0]), sources(nearest, sizes[1])];
  const shape = [rows.length, columns.length, map.channels] as const;
  const result = { shape, ...sameNumbers(call, 0) };
  const [factorH, factorW] = [repeatOf(rows, map.height), repeatOf(columns, map.width)];
  const [down, right] = [distanceOf(rows), distanceOf(columns)];
  if (factorH !== undefined && factorW !== undefined) {
    emitMap(call, { kind: 'upsample', factorH, factorW }, [map.tensor], result);
  } else if (down !== undefined && right !== undefined) {
    const begin = [rows[0] ?? 0, columns[0] ?? 0, 0];
    emitMap(call, { kind: 'slice', begin, size: shape, step: [down, right, 1] }, [map.tensor], result);
  } else {
    const from = `${map.height}x${map.width}`;
    const text = `from ${from} to ${shape[0]}x${shape[1]} pixels it repeats them unevenly (${nearest.coordinates}, ${nearest.rounding})`;
    refuseNode(call, text, 'enlarge by whole factors, with every pixel repeated as often');
  }
}

/** Factors for all axes of the file, or sizes of them. */
interface Sizing {
  readonly scales: readonly number[] | undefined;
  readonly sizes: readonly number[] | undefined;
  readonly axes: readonly number[] | undefined;
}

/** The two axes of a map, of which alone the size may change. */
function mapAxes(call: Call, { scales, sizes, axes }: Sizing): readonly [Axis, Axis] {
  const { shape } = operandOf(call, 0);
  if (shape.length !== 4) {
    const text = `its input has the shape [${shape.join(', ')}], but only pictures [1, channels, height, width] are supported`;
    refuseNode(call, text, 'export the model with two-dimensional feature maps');
  }
  const along = (axes ?? shape.map((_, axis) => axis)).map((axis) => normalAxis(call, axis, shape.length));
  const given = scales ?? sizes ?? [];
  if (given.length !== along.length || (scales !== undefined && sizes !== undefined)) {
    const text = `it has ${scales?.length ?? 0} scales and ${sizes?.length ?? 0} sizes for ${along.length} axes`;
    refuseNode(call, text, 'give one or the other for each axis');
  }
  const all = shape.map((extent, axis): Axis => {
    const at = along.indexOf(axis);
    const value = given[at];
    if (value === undefined) return { extent, outputs: extent, scale: 1 };
    const scale = scales === undefined ? value / extent : value;
    return { extent, outputs: scales === undefined ? value : Math.floor(extent * value), scale };
  });
  const [batch, channels, high, wide] = all;
  const isMap = [batch, channels].every((axis) => axis?.outputs === axis?.extent);
  const fits = [high, wide].every((axis) => axis !== undefined && axis.outputs >= 1 && axis.outputs <= LARGEST_EXTENT);
  if (isMap && fits && high !== undefined && wide !== undefined) return [high, wide];
  const text = `it makes [${all.map(({ outputs }) => outputs).join(', ')}] of [${shape.join(', ')}]`;
  return refuseNode(call, text, 'change height and width only, to at least one pixel');
}

/** Linear interpolation is no movement of elements. */
function requireNearest(call: Call<{ readonly mode: string }>): void {
  const { mode } = call.attributes;
  if (mode === 'nearest') return;
  const text = `it interpolates between pixels (attribute 'mode' is '${mode}')`;
  refuseNode(call, text, "export the model with mode 'nearest', or with a transposed convolution");
}

const MODE = { mode: word(['nearest', 'linear', 'cubic'], 'nearest') };

/** Factors for all axes; before opset 11 pixels lie at their corners. */
const CORNERS: Nearest = { coordinates: 'asymmetric', rounding: 'floor' };

const upsampleByAttribute = rule({
  from: 7,
  to: 8,
  attributes: { ...MODE, scales: required(optionalReals()) },
  run: (call) => {
    requireNearest(call);
    emitNearest(call, CORNERS, mapAxes(call, { scales: call.attributes.scales, sizes: undefined, axes: undefined }));
  },
});

/** Upsample of opset 9, Resize of opset 10. */
function byScales(from: number, to: number): OperatorRule {
  return rule({
    ...{ from, to, attributes: MODE, inputs: { min: 2, max: 2 } },
    run: (call) => {
      requireNearest(call);
      emitNearest(call, CORNERS, mapAxes(call, { scales: realsOf(call, 1), sizes: undefined, axes: undefined }));
    },
  });
}

/** A list of real numbers; undefined where it is left out or, as some exporters do it, empty. */
function realsOf(call: Call, index: number): readonly number[] | undefined {
  if (inputOf(call, index).kind === 'absent') return undefined;
  const { data } = constantOf(call, index, 'scales');
  return data.length === 0 ? undefined : Array.from(data as ArrayLike<number>);
}

const RESIZE_11 = {
  ...MODE,
  coordinate_transformation_mode: word([...COORDINATES, 'tf_crop_and_resize'], 'half_pixel'),
  nearest_mode: word(NEAREST, 'round_prefer_floor'),
  // Of the other modes, and of a region of interest.
  cubic_coeff_a: real(-0.75),
  exclude_outside: integer(0),
  extrapolation_value: real(0),
};
const RESIZE_18 = {
  ...RESIZE_11,
  antialias: flag(false),
  axes: optionalIntegers(),
  keep_aspect_ratio_policy: word(['stretch', 'not_larger', 'not_smaller'], 'stretch'),
};

interface ResizeAttributes {
  readonly mode: string;
  readonly coordinate_transformation_mode: Nearest['coordinates'] | 'tf_crop_and_resize';
  readonly nearest_mode: Nearest['rounding'];
  readonly axes?: readonly number[] | undefined;
  readonly keep_aspect_ratio_policy?: string;
}

/** x, region of interest, scales, sizes. */
function runResize(call: Call<ResizeAttributes>): void {
  requireNearest(call);
  const { coordinate_transformation_mode: coordinates, nearest_mode: rounding, axes } = call.attributes;
  const { keep_aspect_ratio_policy: policy = 'stretch' } = call.attributes;
  const sizes = inputOf(call, 3).kind === 'absent' ? undefined : integersOf(call, 3, 'sizes');
  if (coordinates === 'tf_crop_and_resize')
    refuseNode(call, "it cuts a region out ('tf_crop_and_resize')", 'export the crop as a Slice');
  else if (policy !== 'stretch' && sizes !== undefined)
    refuseNode(call, `its attribute 'keep_aspect_ratio_policy' is '${policy}'`, "export it with 'stretch'");
  else emitNearest(call, { coordinates, rounding }, mapAxes(call, { scales: realsOf(call, 2), sizes, axes }));
}

const resize: readonly OperatorRule[] = [
  byScales(10, 10),
  rule({ from: 11, to: 17, attributes: RESIZE_11, inputs: { min: 1, max: 4 }, run: runResize }),
  rule({ from: 18, attributes: RESIZE_18, inputs: { min: 1, max: 4 }, run: runResize }),
];

function blockOf(call: Call<{ readonly blocksize: number | undefined }>): number {
  const { blocksize: block = 0 } = call.attributes;
  if (block >= 1) return block;
  return refuseNode(call, `its attribute 'blocksize' is ${block}`, 'it must be at least 1');
}

const BLOCK = { blocksize: required(optionalInteger()) };

function runDepthToSpace(
  call: Call<{ readonly blocksize: number | undefined }>,
  order: OpOf<'depth-to-space'>['order'],
): void {
  const block = blockOf(call);
  const map = mapInput(call);
  if (map.channels % (block * block) !== 0) {
    const text = `${map.channels} channels do not divide into blocks of ${block}x${block} pixels`;
    refuseNode(call, text, 'the file contradicts itself; export the model again');
  }
  const shape = [map.height * block, map.width * block, map.channels / (block * block)] as const;
  emitMap(call, { kind: 'depth-to-space', block, order }, [map.tensor], { shape, ...sameNumbers(call, 0) });
}

const depthToSpace: readonly OperatorRule[] = [
  rule({ from: 1, to: 10, attributes: BLOCK, run: (call) => runDepthToSpace(call, 'depth-first') }),
  rule({
    from: 11,
    attributes: { ...BLOCK, mode: word(['DCR', 'CRD'], 'DCR') },
    run: (call) => runDepthToSpace(call, call.attributes.mode === 'DCR' ? 'depth-first' : 'column-first'),
  }),
];

/** Every block-th pixel from each place in the block on, one map behind the other. */
const spaceToDepth = rule({
  from: 1,
  attributes: BLOCK,
  run: (call) => {
    const block = blockOf(call);
    const map = mapInput(call);
    if (map.height % block !== 0 || map.width % block !== 0) {
      const text = `${map.height}x${map.width} pixels do not divide into blocks of ${block}x${block}`;
      refuseNode(call, text, 'the file contradicts itself; export the model again');
    }
    const numbers = sameNumbers(call, 0);
    const shape = [map.height / block, map.width / block, map.channels * block * block] as const;
    const parts = Array.from({ length: block * block }, (_, at) => pickedPixels(call, map, block, at));
    if (parts.length === 1) emitMap(call, { kind: 'reshape', shape }, [map.tensor], { shape, ...numbers });
    else emitMap(call, { kind: 'concat', axis: 2 }, parts, { shape, ...numbers });
  },
});

function pickedPixels(call: Call, map: MapInput, block: number, at: number): string {
  const size = [map.height / block, map.width / block, map.channels];
  const begin = [Math.floor(at / block), at % block, 0];
  const op = { kind: 'slice', begin, size, step: [block, block, 1] } as const;
  return step(call, op, [map.tensor], { ...map.type, shape: size });
}

export const RESAMPLE_RULES: RuleTable = {
  Upsample: [upsampleByAttribute, byScales(9, 9)],
  Resize: resize,
  DepthToSpace: depthToSpace,
  SpaceToDepth: [spaceToDepth],
};
