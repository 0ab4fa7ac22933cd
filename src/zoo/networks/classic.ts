import { BEFORE_LRN, makeNet, type Net } from '../net.js';
import type { Architect } from '../size.js';

/** Networks before residuals: one layer after the other, most of them with large dense layers. */

/** The middle of a 3x3 pool at stride 2 as Caffe has it: nothing around, the last window as far as it goes. */
const HALF = { stride: 2, pad: 0, ceil: true };

function classifier(n: Net, x: string): string {
  const hidden = n.dense(n.dense(n.flatten(x), 4096), 4096);
  return n.dense(hidden, 1000, { act: 'linear', exact: true });
}

/** As trained in two halves: three layers in two groups, and local response normalisation. */
export const alexnet: Architect = ({ input, width }) => {
  const n = makeNet('alexnet', { input, width, norm: false, act: 'relu' });
  let x = n.maxPool(n.lrn(n.conv(n.image, 96, 11, { stride: 4, pad: 0, ...BEFORE_LRN }), 5, 1e-4, 0.75), 3, HALF);
  x = n.maxPool(n.lrn(n.conv(x, 256, 5, { groups: 2, ...BEFORE_LRN }), 5, 1e-4, 0.75), 3, HALF);
  x = n.conv(x, 384, 3);
  x = n.conv(n.conv(x, 384, 3, { groups: 2 }), 256, 3, { groups: 2 });
  return n.finish([classifier(n, n.maxPool(x, 3, HALF))]);
};

/** AlexNet with a smaller and denser beginning, one group, and contrast normalised as there. */
export const zfnet: Architect = ({ input, width }) => {
  const n = makeNet('zfnet', { input, width, norm: false, act: 'relu' });
  let x = n.lrn(
    n.maxPool(n.conv(n.image, 96, 7, { stride: 2, pad: 1, ...BEFORE_LRN }), 3, { stride: 2, pad: 1 }),
    5,
    1e-4,
    0.75,
  );
  x = n.lrn(
    n.maxPool(n.conv(x, 256, 5, { stride: 2, pad: 0, ...BEFORE_LRN }), 3, { stride: 2, pad: 1 }),
    5,
    1e-4,
    0.75,
  );
  x = n.conv(n.conv(n.conv(x, 384, 3), 384, 3), 256, 3);
  return n.finish([classifier(n, n.maxPool(x, 3, { stride: 2, pad: 0 }))]);
};

/** Convolutions with two 1x1 convolutions behind each; the last one has a channel a class. */
export const nin: Architect = ({ input, width }) => {
  const n = makeNet('nin', { input, width, norm: false, act: 'relu' });
  const mlp = (x: string, channels: number): string => n.conv(n.conv(x, channels, 1), channels, 1);
  let x = n.maxPool(mlp(n.conv(n.image, 96, 11, { stride: 4, pad: 0 }), 96), 3, HALF);
  x = n.maxPool(mlp(n.conv(x, 256, 5), 256), 3, HALF);
  x = n.maxPool(mlp(n.conv(x, 384, 3), 384), 3, HALF);
  x = n.conv(n.conv(x, 1024, 3), 1024, 1);
  return n.finish([n.flatten(n.globalPool(n.conv(x, 1000, 1, { exact: true })))]);
};

/** 3x3 convolutions only, so many in each of the five stages. */
function vgg(name: string, depths: readonly number[]): Architect {
  return ({ input, width }) => {
    const n = makeNet(name, { input, width, norm: false, act: 'relu' });
    let x = n.image;
    depths.forEach((depth, stage) => {
      const b = n.at(`stage${stage + 1}`);
      for (let i = 0; i < depth; i++) x = b.conv(x, Math.min(512, 64 * 2 ** stage), 3);
      x = b.maxPool(x, 2, { stride: 2, pad: 0 });
    });
    return n.finish([classifier(n, x)]);
  };
}

export const vgg16 = vgg('vgg16', [2, 2, 3, 3, 3]);
export const vgg19 = vgg('vgg19', [2, 2, 4, 4, 4]);

/** Channels of a fire module: squeezed, and then expanded by 1x1 and by 3x3 each. */
type Fire = readonly [number, number];

const FIRES: readonly (readonly Fire[])[] = [
  [
    [16, 64],
    [16, 64],
  ],
  [
    [32, 128],
    [32, 128],
  ],
  [
    [48, 192],
    [48, 192],
    [64, 256],
    [64, 256],
  ],
];

/** Version 1.1. */
export const squeezenet: Architect = ({ input, width }) => {
  const n = makeNet('squeezenet', { input, width, norm: false, act: 'relu' });
  let x = n.conv(n.image, 64, 3, { stride: 2, pad: 0 });
  FIRES.forEach((fires, stage) => {
    x = n.maxPool(x, 3, HALF);
    fires.forEach(([squeezed, expanded], i) => {
      const b = n.at(`stage${stage + 1}.fire${i + 1}`);
      const narrow = b.conv(x, squeezed, 1);
      x = b.concat([b.conv(narrow, expanded, 1), b.conv(narrow, expanded, 3)]);
    });
  });
  return n.finish([n.flatten(n.globalPool(n.conv(x, 1000, 1, { exact: true })))]);
};
