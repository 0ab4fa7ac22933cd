import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { TensorType } from '../../../src/ir/tensor-type.js';
import { quantised, UNIT_WINDOW } from '../execute/make-graph.js';

/** Small networks whose streams part and meet again, of pictures of 10 rows. */

interface BlockNet {
  input(channels: number): string;
  conv(x: string, channels: number, kernel: number): string;
  add(a: string, b: string): string;
  concat(parts: readonly string[]): string;
  finish(x: string): Graph;
}

const SIZE = 10;

function blockNet(name: string): BlockNet {
  const b = makeBuilder(name);
  const channelsOf = new Map<string, number>();
  const type = (channels: number): TensorType => quantised([SIZE, SIZE, channels], 8, false, 0.05, 0);
  const made = (tensor: string, channels: number): string => {
    channelsOf.set(tensor, channels);
    return tensor;
  };
  const channels = (tensor: string): number => channelsOf.get(tensor) ?? 0;
  let count = 0;
  return {
    input: (depth) => made(b.input('x', type(depth)), depth),
    conv(x, depth, kernel) {
      const id = count++;
      const shape = [depth, kernel, kernel, channels(x)];
      const data = Int8Array.from({ length: shape.reduce((a, n) => a * n, 1) }, (_, i) => ((i * 37) % 11) - 5);
      b.constant(`w${id}`, { type: quantised(shape, 8, true, 0.02, 0), data });
      const pad = (kernel - 1) / 2;
      const window = {
        ...UNIT_WINDOW,
        kernelH: kernel,
        kernelW: kernel,
        padTop: pad,
        padLeft: pad,
        padBottom: pad,
        padRight: pad,
      };
      return made(b.node(`conv${id}`, { kind: 'conv', ...window, groups: 1 }, [x, `w${id}`], type(depth)), depth);
    },
    add: (x, y) => made(b.node(`add${count++}`, { kind: 'add' }, [x, y], type(channels(x))), channels(x)),
    concat(parts) {
      const depth = parts.reduce((sum, part) => sum + channels(part), 0);
      return made(b.node(`concat${count++}`, { kind: 'concat', axis: 2 }, parts, type(depth)), depth);
    },
    finish: (x) => b.build([x]),
  };
}

/** conv, then two convolutions beside the identity, and beside a projection, as in a ResNet. */
export function residualBlocks(name: string): Graph {
  const n = blockNet(name);
  const stem = n.conv(n.input(3), 8, 3);
  const first = n.add(n.conv(n.conv(stem, 8, 3), 8, 3), stem);
  return n.finish(n.add(n.conv(n.conv(first, 12, 3), 12, 3), n.conv(first, 12, 1)));
}

/** Three layers that each put channels behind all before them, as in a DenseNet. */
export function denseBlock(name: string): Graph {
  const n = blockNet(name);
  let x = n.conv(n.input(3), 8, 3);
  for (let layer = 0; layer < 3; layer++) x = n.concat([x, n.conv(n.conv(x, 8, 1), 4, 3)]);
  return n.finish(x);
}

/** Four branches of different length side by side, as in an Inception network. */
export function inceptionBlock(name: string): Graph {
  const n = blockNet(name);
  const x = n.conv(n.input(3), 8, 3);
  return n.finish(
    n.concat([
      n.conv(x, 8, 1),
      n.conv(n.conv(x, 4, 1), 8, 3),
      n.conv(n.conv(x, 4, 1), 4, 5),
      n.conv(n.conv(n.conv(x, 4, 1), 4, 3), 4, 3),
    ]),
  );
}

export const BLOCKS = { residual: residualBlocks, dense: denseBlock, inception: inceptionBlock } as const;
