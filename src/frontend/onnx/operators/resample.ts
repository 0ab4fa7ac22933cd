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
import { emitLinear } from './resize-linear.js';
import { emitNearest, NEAREST, type Nearest } from './resize-nearest.js';
import { type Axis, COORDINATES } from './resize-places.js';

/** Operators that change the size of feature maps by moving elements. */

/** Larger maps are refused behind the import anyway. */
const LARGEST_EXTENT = 2 ** 20;

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
    // In single precision, as the operator's shapes are defined: 9 by a float of 17/9 are 17.
    return { extent, outputs: scales === undefined ? value : Math.floor(Math.fround(extent * value)), scale };
  });
  const [batch, channels, high, wide] = all;
  const isMap = [batch, channels].every((axis) => axis?.outputs === axis?.extent);
  const fits = [high, wide].every((axis) => axis !== undefined && axis.outputs >= 1 && axis.outputs <= LARGEST_EXTENT);
  if (isMap && fits && high !== undefined && wide !== undefined) return [high, wide];
  const text = `it makes [${all.map(({ outputs }) => outputs).join(', ')}] of [${shape.join(', ')}]`;
  return refuseNode(call, text, 'change height and width only, to at least one pixel');
}

/** Emits the map with other sizes, by the operator's mode. */
function emitResized(call: Call<{ readonly mode: string }>, nearest: Nearest, sizing: Sizing): void {
  const { mode } = call.attributes;
  if (mode !== 'nearest' && mode !== 'linear')
    refuseNode(call, `its attribute 'mode' is '${mode}'`, "export the model with mode 'nearest' or 'linear'");
  const sizes = mapAxes(call, sizing);
  if (mode === 'nearest') emitNearest(call, nearest, sizes);
  else emitLinear(call, nearest.coordinates, sizes);
}

const MODE = { mode: word(['nearest', 'linear', 'cubic'], 'nearest') };

/** Factors for all axes; before opset 11 pixels lie at their corners. */
const CORNERS: Nearest = { coordinates: 'asymmetric', rounding: 'floor' };

const upsampleByAttribute = rule({
  from: 7,
  to: 8,
  attributes: { ...MODE, scales: required(optionalReals()) },
  run: (call) => {
    emitResized(call, CORNERS, { scales: call.attributes.scales, sizes: undefined, axes: undefined });
  },
});

/** Upsample of opset 9, Resize of opset 10. */
function byScales(from: number, to: number): OperatorRule {
  return rule({
    ...{ from, to, attributes: MODE, inputs: { min: 2, max: 2 } },
    run: (call) => {
      emitResized(call, CORNERS, { scales: realsOf(call, 1), sizes: undefined, axes: undefined });
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
  const { coordinate_transformation_mode: coordinates, nearest_mode: rounding, axes } = call.attributes;
  const { keep_aspect_ratio_policy: policy = 'stretch' } = call.attributes;
  const sizes = inputOf(call, 3).kind === 'absent' ? undefined : integersOf(call, 3, 'sizes');
  if (coordinates === 'tf_crop_and_resize')
    refuseNode(call, "it cuts a region out ('tf_crop_and_resize')", 'export the crop as a Slice');
  else if (policy !== 'stretch' && sizes !== undefined)
    refuseNode(call, `its attribute 'keep_aspect_ratio_policy' is '${policy}'`, "export it with 'stretch'");
  else emitResized(call, { coordinates, rounding }, { scales: realsOf(call, 2), sizes, axes });
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
