import { makeNet, type Net } from '../net.js';
import type { Plan } from '../plan.js';
import type { Size } from '../size.js';

/** Networks of depthwise separable convolutions. */

/** Channels and stride of each depthwise separable layer. */
const V1_LAYERS: readonly (readonly [number, number])[] = [
  ...([
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
  ] as const),
  ...([
    [512, 2],
    [512, 1],
    [512, 1],
    [512, 1],
    [512, 1],
    [512, 1],
  ] as const),
  ...([
    [1024, 2],
    [1024, 1],
  ] as const),
];

/** What the first convolution and the depthwise separable layers of version 1 make, in their order. */
export function mobilenetV1Features(n: Net): readonly string[] {
  const first = n.conv(n.image, 32, 3, { stride: 2, pad: 'same' });
  const features = [first];
  V1_LAYERS.forEach(([channels, stride], i) => {
    const b = n.at(`block${i + 1}`);
    features.push(b.conv(b.depthwise(features.at(-1) ?? first, 3, { stride, pad: 'same' }), channels, 1));
  });
  return features;
}

export function mobilenetV1({ input, width }: Size): Plan {
  const n = makeNet('mobilenet-v1', { input, width, norm: true, act: 'relu6' });
  const x = mobilenetV1Features(n).at(-1) ?? n.image;
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 1000, { act: 'linear', exact: true })]);
}

/** Expansion, channels, blocks and stride of the first block of each stage. */
const V2_STAGES: readonly (readonly [number, number, number, number])[] = [
  ...([
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
  ] as const),
  ...([
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const),
];

export function mobilenetV2({ input, width }: Size): Plan {
  const n = makeNet('mobilenet-v2', { input, width, norm: true, act: 'relu6' });
  let x = n.conv(n.image, 32, 3, { stride: 2 });
  V2_STAGES.forEach(([expansion, channels, blocks, first], stage) => {
    for (let i = 0; i < blocks; i++) {
      x = invertedResidual(n.at(`stage${stage + 1}.block${i + 1}`), x, expansion, channels, i === 0 ? first : 1);
    }
  });
  x = n.conv(x, Math.max(1280, n.wide(1280)), 1, { exact: true });
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 1000, { act: 'linear', exact: true })]);
}

/** Expanded by 1x1, depthwise 3x3, and narrow again without an activation; added to the input where the shapes allow. */
function invertedResidual(b: Net, x: string, expansion: number, channels: number, stride: number): string {
  const inChannels = b.channelsOf(x);
  const expanded = expansion === 1 ? x : b.conv(x, expansion * inChannels, 1, { exact: true });
  const isResidual = stride === 1 && inChannels === b.wide(channels);
  const gain = isResidual ? 0.5 : 1;
  const narrow = b.conv(b.depthwise(expanded, 3, { stride }), channels, 1, { act: 'linear', gain });
  return isResidual ? b.add([x, narrow]) : narrow;
}
