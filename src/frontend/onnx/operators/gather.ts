import { axisOffsets, stridesOf } from '../../../execute/element-order.js';
import { integer } from '../attributes.js';
import {
  type Call,
  constantOf,
  emitMap,
  integersOf,
  mapInput,
  normalAxis,
  operandOf,
  refuseNode,
  step,
} from '../call.js';
import { defineGathered } from '../fold.js';
import { type RuleTable, rule, TWO } from '../rule.js';
import { sameNumbers } from './elementwise-numbers.js';
import { emitRegion } from './regions.js';

/** Elements that are picked by their indices along an axis. */

interface Gather {
  readonly axis: number;
  readonly indices: readonly number[];
  /** The file's shape of the result. */
  readonly shape: readonly number[];
}

/** The indices, from 0 on. */
function indicesOf(call: Call, extent: number): readonly number[] {
  return integersOf(call, 1, 'indices').map((given) => {
    const index = given < 0 ? given + extent : given;
    if (index >= 0 && index < extent) return index;
    return refuseNode(
      call,
      `it takes index ${given} of ${extent} along its axis`,
      'the file contradicts itself; export the model again',
    );
  });
}

function gatherOf(call: Call<{ readonly axis: number }>): Gather {
  const x = operandOf(call, 0);
  const axis = normalAxis(call, call.attributes.axis, x.shape.length);
  const indices = indicesOf(call, x.shape[axis] ?? 0);
  return { axis, indices, shape: x.shape.toSpliced(axis, 1, ...operandOf(call, 1).shape) };
}

/** Of what flows, indices at equal distances are a slice, and others, each taken once, channels in another order. */
function runGather(call: Call<{ readonly axis: number }>): void {
  const gather = gatherOf(call);
  const { axis, indices, shape: result } = gather;
  const x = operandOf(call, 0);
  const [first = 0, second = first + 1] = indices;
  const by = second - first;
  if (indices.length > 0 && by >= 1 && indices.every((index, at) => index === first + at * by)) {
    const region = {
      begin: x.shape.map((_, at) => (at === axis ? first : 0)),
      step: x.shape.map((_, at) => (at === axis ? by : 1)),
      size: x.shape.with(axis, indices.length),
    };
    emitRegion(call, region, 0, result);
  } else if (isSelection(gather, x.shape)) emitSelection(call, gather);
  else {
    const text = `it takes the indices ${indices.slice(0, 8).join(', ')}${indices.length > 8 ? ', ...' : ''} along axis ${axis}, which are neither at equal distances nor channels of a map, each taken once`;
    refuseNode(call, text, 'reorder the channels in the weights, or split and join them');
  }
}

function isSelection({ axis, indices, shape }: Gather, own: readonly number[]): boolean {
  const isMap = own.length === 4 && own[0] === 1 && shape.length === 4;
  return isMap && axis === 1 && new Set(indices).size === indices.length;
}

/** The channels in front of all others, and these cut off. */
function emitSelection(call: Call, { indices }: Gather): void {
  const map = mapInput(call);
  const { height, width, channels } = map;
  const isTaken = new Set(indices);
  const others = [...Array(channels).keys()].filter((channel) => !isTaken.has(channel));
  const numbers = sameNumbers(call, 0);
  const op = { kind: 'permute-channels', order: [...indices, ...others] } as const;
  if (others.length === 0) {
    emitMap(call, op, [map.tensor], { shape: [height, width, channels], ...numbers });
    return;
  }
  const ordered = step(call, op, [map.tensor], map.type);
  const size = [height, width, indices.length] as const;
  emitMap(call, { kind: 'slice', begin: [0, 0, 0], size, step: [1, 1, 1] }, [ordered], { shape: size, ...numbers });
}

function foldGather(call: Call<{ readonly axis: number }>): void {
  const { axis, indices, shape: result } = gatherOf(call);
  const { data, dtype, shape: extents } = constantOf(call, 0, 'input');
  const strides = stridesOf(extents);
  const picked = extents.with(axis, indices.length);
  const place = (position: number, at: number): number => (at === axis ? (indices[position] ?? 0) : position);
  const offsets = () => axisOffsets(picked, (position, at) => place(position, at) * (strides[at] ?? 0));
  defineGathered(call, { data, dtype, shape: result, offsets });
}

export const GATHER_RULES: RuleTable = {
  Gather: [rule({ from: 1, attributes: { axis: integer(0) }, inputs: TWO, run: runGather, fold: foldGather })],
};
