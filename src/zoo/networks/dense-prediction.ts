import { defined } from '../../support/invariant.js';
import { makeNet, type Net } from '../net.js';
import type { Architect } from '../size.js';
import { mobilenetV1Features } from './mobilenet.js';

/** Networks whose outputs are maps: segmentation and detection. */

/** U-Net, padded so that the map of classes has the picture's size. `width` 1 is the published 64 channels. */
export const unet: Architect = ({ input, width }) => {
  const n = makeNet('unet', { input, width, norm: false, act: 'relu' });
  const twice = (b: Net, x: string, channels: number): string => b.conv(b.conv(x, channels, 3), channels, 3);
  const skips: string[] = [];
  let x = n.image;
  for (let level = 1; level <= 4; level++) {
    const b = n.at(`down${level}`);
    const skip = twice(b, x, 32 * 2 ** level);
    skips.push(skip);
    x = b.maxPool(skip, 2, { stride: 2, pad: 0 });
  }
  x = twice(n.at('bottom'), x, 1024);
  for (const [i, skip] of skips.toReversed().entries()) {
    const b = n.at(`up${4 - i}`);
    const channels = 512 / 2 ** i;
    x = twice(b, b.concat([skip, b.convTranspose(x, channels, 2)]), channels);
  }
  return n.finish([n.conv(x, 2, 1, { act: 'linear', exact: true })]);
};

/** Three boxes at each place, each with a place, a size, a score and 80 classes. */
const YOLO_OUTPUTS = 3 * (4 + 1 + 80);

/** YOLOv3-tiny for COCO: boxes from two maps, the finer one with the coarser one's features enlarged beside its own. */
export const tinyYoloV3: Architect = ({ input, width }) => {
  const n = makeNet('tiny-yolo-v3', { input, width, norm: true, act: 'leaky-relu' });
  const head = (b: Net, x: string): string => b.conv(x, YOLO_OUTPUTS, 1, { norm: false, act: 'linear', exact: true });
  const half = { stride: 2, pad: 0 };
  let x = n.image;
  for (const channels of [16, 32, 64, 128]) x = n.maxPool(n.conv(x, channels, 3), 2, half);
  const fine = n.conv(x, 256, 3);
  x = n.conv(n.maxPool(fine, 2, half), 512, 3);
  x = n.conv(n.maxPool(x, 2, { pad: 'same' }), 1024, 3);
  const coarse = n.conv(x, 256, 1);
  const [first, second] = [n.at('coarse'), n.at('fine')];
  const coarseBoxes = head(first, first.conv(coarse, 512, 3));
  const enlarged = second.upsample(second.conv(coarse, 128, 1), 2);
  const fineBoxes = head(second, second.conv(second.concat([enlarged, fine]), 256, 3));
  return n.finish([coarseBoxes, fineBoxes]);
};

/** Channels of the layers behind the backbone: a 1x1 and a 3x3 that halves height and width. */
const SSD_LAYERS: readonly (readonly [number, number])[] = [
  [256, 512],
  [128, 256],
  [128, 256],
  [64, 128],
];
const SSD_CLASSES = 91;

/**
 * SSD on MobileNet-V1 for COCO: boxes and classes from six maps, as twelve outputs. The first map has three boxes at each
 * place, the others six.
 */
export const ssdMobilenetV1: Architect = ({ input, width }) => {
  const n = makeNet('ssd-mobilenet-v1', { input, width, norm: true, act: 'relu6' });
  const features = mobilenetV1Features(n);
  const maps = [features[11], features[13]].map((map) => defined(map, 'the features of a block'));
  SSD_LAYERS.forEach(([narrow, channels], i) => {
    const b = n.at(`extra${i + 1}`);
    maps.push(b.conv(b.conv(maps.at(-1) ?? n.image, narrow, 1), channels, 3, { stride: 2, pad: 'same' }));
  });
  const plain = { norm: false, act: 'linear', exact: true } as const;
  const outputs = maps.flatMap((map, i) => {
    const b = n.at(`head${i + 1}`);
    const boxes = i === 0 ? 3 : 6;
    return [b.conv(map, 4 * boxes, 1, plain), b.conv(map, SSD_CLASSES * boxes, 1, plain)];
  });
  return n.finish(outputs);
};
