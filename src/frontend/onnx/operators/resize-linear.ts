import { isInt } from '../../../ir/tensor-type.js';
import { type TriangularKernel, triangularKernel } from '../../../support/interpolation.js';
import { type Call, dequantised, emitMap, type MapInput, mapInput, refuseNode, step } from '../call.js';
import { sameNumbers } from './elementwise-numbers.js';
import { type Axis, type Coordinates, placesOf } from './resize-places.js';

/** Emits the map enlarged by linear interpolation: a transposed convolution of each channel, over a map with its edges repeated. */
export function emitLinear(call: Call, coordinates: Coordinates, [high, wide]: readonly [Axis, Axis]): void {
  const map = mapInput(call);
  if (isInt(map.type.element)) {
    const text = 'it interpolates integers, of which the file does not say what they stand for';
    refuseNode(call, text, 'put it between DequantizeLinear and QuantizeLinear when exporting');
  }
  const [rows, columns] = kernels(call, coordinates, [high, wide]);
  const result = { shape: [high.outputs, wide.outputs, map.channels] as const, ...sameNumbers(call, 0) };
  if (isRepeat(rows) && isRepeat(columns)) {
    emitMap(call, { kind: 'upsample', factorH: rows.stride, factorW: columns.stride }, [map.tensor], result);
    return;
  }
  const op = {
    kind: 'conv-transpose',
    ...{ kernelH: rows.taps.length, kernelW: columns.taps.length, strideH: rows.stride, strideW: columns.stride },
    ...{ dilationH: 1, dilationW: 1, groups: map.channels, outputPadH: 0, outputPadW: 0 },
    ...{ padTop: rows.pads[0], padBottom: rows.pads[1], padLeft: columns.pads[0], padRight: columns.pads[1] },
  } as const;
  emitMap(call, op, [withEdges(call, map, rows, columns), weights(call, map, rows, columns)], result);
}

/** Whether each pixel is repeated, as a single one is, and as all are, once, where the size stays. */
function isRepeat({ stride, taps, denominator }: TriangularKernel): boolean {
  return taps.length === stride && taps.every((tap) => tap === denominator);
}

function kernels(
  call: Call,
  coordinates: Coordinates,
  [high, wide]: readonly [Axis, Axis],
): readonly [TriangularKernel, TriangularKernel] {
  const [rows, columns] = [high, wide].map((axis) =>
    triangularKernel({ extent: axis.extent, places: placesOf(coordinates, axis) }),
  );
  if (rows !== undefined && columns !== undefined) return [rows, columns];
  const sizes = `${high.extent}x${wide.extent} to ${high.outputs}x${wide.outputs}`;
  const text = `from ${sizes} pixels it interpolates at places that do not repeat themselves from pixel to pixel (${coordinates})`;
  return refuseNode(call, text, 'enlarge by whole factors');
}

function withEdges(call: Call, map: MapInput, rows: TriangularKernel, columns: TriangularKernel): string {
  const before = [rows.edges[0], columns.edges[0], 0];
  const after = [rows.edges[1], columns.edges[1], 0];
  if ([...before, ...after].every((pixels) => pixels === 0)) return map.tensor;
  const shape = map.type.shape.map((extent, axis) => (before[axis] ?? 0) + extent + (after[axis] ?? 0));
  return step(call, { kind: 'pad', before, after, mode: 'edge', value: 0 }, [map.tensor], { ...map.type, shape });
}

/** Whole numbers over a denominator, which int8 holds exactly as long as they fit. */
const LARGEST_WEIGHT = 127;

/** Weights [C][kh][kw][1], alike for all channels. */
function weights(call: Call, { channels }: MapInput, rows: TriangularKernel, columns: TriangularKernel): string {
  call.work.spendCopy(8 * channels * rows.taps.length * columns.taps.length);
  const filter = rows.taps.flatMap((row) => columns.taps.map((column) => row * column));
  const shape = [channels, rows.taps.length, columns.taps.length, 1];
  const values = Array.from({ length: channels }, () => filter).flat();
  const scale = 1 / (rows.denominator * columns.denominator);
  const name = call.work.unique(`${call.node.output[0] ?? ''}/weight`);
  if (Math.max(...filter) <= LARGEST_WEIGHT) {
    const element = { kind: 'int', bits: 8, signed: true } as const;
    const type = { shape, element, quant: { scale: [scale], zeroPoint: [0] } };
    return dequantised(call, call.work.constant(name, { type, data: Int8Array.from(values) }), shape);
  }
  const data = Float32Array.from(values, (value) => value * scale);
  return call.work.constant(name, { type: { shape, element: { kind: 'f32' } }, data });
}
