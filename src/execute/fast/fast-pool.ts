import type { Graph, GraphNode } from '../../ir/graph.js';
import type { MaxPoolOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { defined, invariant } from '../../support/invariant.js';
import { viewBytes } from '../../support/typed-view.js';
import type { Kernel } from '../executor.js';
import { requireSameNumbers } from '../integer/pool.js';
import { outputRange } from '../integer/requant-params.js';
import { activationOf, inputType, mapShape, numeric, outputType } from '../tensor-access.js';
import { bytesRefusal, flipOf, integerElement, roomRefusal, Space, sizeRefusal } from './memory-layout.js';
import { type MapShape, type PaddedMap, padMap, pixelOffsets, tapOffsets } from './padded-map.js';
import { simdMachine } from './simd-machine.js';

/** Channels that the kernel makes at a time. */
const BLOCK = 16;

/** The kernel of a max-pool, or why there is none. */
export function prepareFastMaxPool(graph: Graph, node: GraphNode<MaxPoolOp>): Kernel | string {
  requireSameNumbers(graph, node);
  const x = inputType(graph, node);
  const output = outputType(graph, node);
  const leastBytes = elementCount(x.shape) + elementCount(output.shape);
  const refusal = bytesRefusal([x], output) ?? sizeRefusal(leastBytes);
  if (refusal !== undefined) return refusal;
  const input = mapShape(x, `the input of node '${node.name}'`);
  const [outH, outW, channels] = mapShape(output, `the output of node '${node.name}'`);
  const map = padMap(node.op, input, [outH, outW, channels], 1);
  const pixels = pixelOffsets(node.op, [outH, outW, channels], map, 0);
  const taps = Int32Array.from(tapOffsets(node.op, map));
  const space = new Space();
  const [pixelsAt, tapsAt, from] = [space.take(pixels.byteLength), space.take(taps.byteLength), space.take(map.bytes)];
  const count = elementCount(output.shape);
  const to = space.take(count);
  const machine = defined(simdMachine(), 'the machine of the fast kernels');
  const noRoom = roomRefusal(machine, space.end);
  if (noRoom !== undefined) return noRoom;
  const { min } = activationOf(x, `the input of node '${node.name}'`);
  const { lo, hi } = outputRange(graph, node, node.op.clamp);
  const { flip, offset } = flipOf(x);
  const isSigned = integerElement(output).signed;
  return ([data]) => {
    invariant(machine.reserve(space.end), 'the memory of the fast kernels has shrunk');
    const { bytes, kernels } = machine;
    bytes.set(viewBytes(pixels), pixelsAt);
    bytes.set(viewBytes(taps), tapsAt);
    if (map.hasBorder) bytes.fill(min, from, from + map.bytes);
    bringIn(bytes, viewBytes(numeric(data)), from, input, map);
    const tapsEnd = tapsAt + taps.byteLength;
    for (let c = 0; c < channels; c += BLOCK) {
      const n = Math.min(BLOCK, channels - c);
      const [low, high] = [lo + offset, hi + offset];
      kernels.maxPool(from + c, pixelsAt, outH * outW, tapsAt, tapsEnd, flip, low, high, to + c, channels, n);
    }
    const result = bytes.slice(to, to + count);
    return isSigned ? new Int8Array(result.buffer) : result;
  };
}

/** Puts the picture into its border. */
function bringIn(bytes: Uint8Array, x: Uint8Array, from: number, [inH]: MapShape, map: PaddedMap): void {
  if (!map.hasBorder) {
    bytes.set(x, from);
    return;
  }
  const row = x.length / inH;
  for (let y = 0; y < inH; y++) bytes.set(x.subarray(y * row, (y + 1) * row), from + map.start + y * map.rowPitch);
}
