import { isInt } from '../../../ir/tensor-type.js';
import { type TriangularKernel, triangularKernel } from '../../../support/interpolation.js';
import { type Call, dequantised, emitMap, type MapInput, mapInput, refuseNode, step } from '../call.js';
import { sameNumbers } from './elementwise-numbers.js';
import { type Axis, type Coordinates, placesOf } from './resize-places.js';

/**
 * Emits the map enlarged by linear interpolation: a transposed convolution of each channel, over a map with its edges repeated.
 * Along an axis of one pixel that pixel is repeated.
 */
export function emitLinear(call: Call, coordinates: Coordinates, axes: readonly [Axis, Axis]): void {
  const [high, wide] = axes;
  call.work.spendCopy(8 * (high.outputs + wide.outputs));
  const map = mapInput(call);
  if (isInt(map.type.element)) {
    const text = 'it interpolates integers, of which the file does not say what they stand for';
    refuseNode(call, text, 'put it between DequantizeLinear and QuantizeLinear when exporting');
  }
  const kernels = axes.map((axis) => kernelOf(call, coordinates, axis));
  const repeats = kernels.map((kernel) => (isRepeat(kernel) ? kernel.stride : 1));
  const [rows = ONCE, columns = ONCE] = kernels.map((kernel) => (isRepeat(kernel) ? ONCE : kernel));
  const [factorH = 1, factorW = 1] = repeats;
  const repeat = { kind: 'upsample', factorH, factorW } as const;
  const result = { shape: [high.outputs, wide.outputs, map.channels] as const, ...sameNumbers(call, 0) };
  if (rows === ONCE && columns === ONCE) {
    emitMap(call, repeat, [map.tensor], result);
    return;
  }
  const type = { ...map.type, shape: [map.height * factorH, map.width * factorW, map.channels] };
  const isRepeated = factorH > 1 || factorW > 1;
  const repeated = { tensor: isRepeated ? step(call, repeat, [map.tensor], type) : map.tensor, type };
  const op = {
    kind: 'conv-transpose',
    ...{ kernelH: rows.taps.length, kernelW: columns.taps.length, strideH: rows.stride, strideW: columns.stride },
    ...{ dilationH: 1, dilationW: 1, groups: map.channels, outputPadH: 0, outputPadW: 0 },
    ...{ padTop: rows.pads[0], padBottom: rows.pads[1], padLeft: columns.pads[0], padRight: columns.pads[1] },
  } as const;
  const weight = weights(call, map.channels, rows, columns);
  emitMap(call, op, [withEdges(call, repeated, rows, columns), weight], result);
}

/** The size stays. */
const ONCE: TriangularKernel = { stride: 1, taps: [1], denominator: 1, edges: [0, 0], pads: [0, 0] };

/** Whether each pixel is repeated, as a single one is, and as all are, once, where the size stays. */
function isRepeat({ stride, taps, denominator }: TriangularKernel): boolean {
  return taps.length === stride && taps.every((tap) => tap === denominator);
}

function kernelOf(call: Call, coordinates: Coordinates, axis: Axis): TriangularKernel {
  const { extent, outputs } = axis;
  const kernel = triangularKernel({ extent, places: placesOf(coordinates, axis) });
  if (kernel !== undefined) return kernel;
  const text = `from ${extent} to ${outputs} pixels it interpolates at places that do not repeat themselves from pixel to pixel (${coordinates})`;
  const sizes =
    coordinates === 'align_corners' ? `to ${extent - 1} * n + 1 pixels, or with 'half_pixel'` : 'by whole factors';
  return refuseNode(call, text, `enlarge ${sizes}`);
}

function withEdges(
  call: Call,
  map: Pick<MapInput, 'tensor' | 'type'>,
  rows: TriangularKernel,
  columns: TriangularKernel,
): string {
  const before = [rows.edges[0], columns.edges[0], 0];
  const after = [rows.edges[1], columns.edges[1], 0];
  if ([...before, ...after].every((pixels) => pixels === 0)) return map.tensor;
  const shape = map.type.shape.map((extent, axis) => (before[axis] ?? 0) + extent + (after[axis] ?? 0));
  return step(call, { kind: 'pad', before, after, mode: 'edge', value: 0 }, [map.tensor], { ...map.type, shape });
}

/** Whole numbers over a denominator, which int8 holds exactly as long as they fit. */
const LARGEST_WEIGHT = 127;

/** Weights [C][kh][kw][1], alike for all channels. */
function weights(call: Call, channels: number, rows: TriangularKernel, columns: TriangularKernel): string {
  call.work.spendCopy(8 * channels * rows.taps.length * columns.taps.length);
  const filter = rows.taps.flatMap((row) => columns.taps.map((column) => row * column));
  const shape = [channels, rows.taps.length, columns.taps.length, 1];
  const values = Array.from({ length: channels }, () => filter).flat();
  const scale = 1 / (rows.denominator * columns.denominator);
  const name = call.work.unique(`${call.node.output[0] ?? ''}/weight`);
  if (filter.every((weight) => weight <= LARGEST_WEIGHT)) {
    const element = { kind: 'int', bits: 8, signed: true } as const;
    const type = { shape, element, quant: { scale: [scale], zeroPoint: [0] } };
    return dequantised(call, call.work.constant(name, { type, data: Int8Array.from(values) }), shape);
  }
  const data = Float32Array.from(values, (value) => value * scale);
  return call.work.constant(name, { type: { shape, element: { kind: 'f32' } }, data });
}
