import { makeNet, type Net } from '../net.js';
import type { Architect } from '../size.js';

/** Residual networks for ImageNet, with the stride of a block in its 3x3 convolution, as they are trained today. */

type Block = (b: Net, x: string, channels: number, stride: number) => string;

/** What a block adds to its input, for sums of many blocks to stay in range. */
const BRANCH_GAIN = 0.5;

/** 3x3, 3x3. */
const basic: Block = (b, x, channels, stride) => {
  const inner = b.conv(x, channels, 3, { stride });
  const branch = b.conv(inner, channels, 3, { act: 'linear', gain: BRANCH_GAIN });
  return joined(b, x, branch, stride);
};

/** 1x1, 3x3, 1x1 to four times the channels. */
const bottleneck: Block = (b, x, channels, stride) => {
  const inner = b.conv(b.conv(x, channels, 1), channels, 3, { stride });
  const branch = b.conv(inner, 4 * channels, 1, { act: 'linear', gain: BRANCH_GAIN });
  return joined(b, x, branch, stride);
};

/** ReLU of the sum of the branch and its block's input, which is projected where the shapes differ. */
function joined(b: Net, x: string, branch: string, stride: number): string {
  const channels = b.channelsOf(branch);
  const isSame = stride === 1 && b.channelsOf(x) === channels;
  const shortcut = isSame ? x : b.conv(x, channels, 1, { stride, act: 'linear', exact: true });
  return b.act(b.add([branch, shortcut]), 'relu');
}

function resnet(name: string, block: Block, depths: readonly number[]): Architect {
  return ({ input, width }) => {
    const n = makeNet(name, { input, width, norm: true, act: 'relu' });
    let x = n.maxPool(n.conv(n.image, 64, 7, { stride: 2 }), 3, { stride: 2 });
    depths.forEach((depth, stage) => {
      for (let i = 0; i < depth; i++) {
        const stride = stage > 0 && i === 0 ? 2 : 1;
        x = block(n.at(`stage${stage + 1}.block${i + 1}`), x, 64 * 2 ** stage, stride);
      }
    });
    return n.finish([n.dense(n.flatten(n.globalPool(x)), 1000, { act: 'linear', exact: true })]);
  };
}

export const resnet18 = resnet('resnet18', basic, [2, 2, 2, 2]);
export const resnet50 = resnet('resnet50', bottleneck, [3, 4, 6, 3]);
export const resnet152 = resnet('resnet152', bottleneck, [3, 8, 36, 3]);
