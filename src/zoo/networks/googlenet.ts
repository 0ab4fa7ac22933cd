import { BEFORE_LRN, makeNet, type Net } from '../net.js';
import type { Plan } from '../plan.js';
import type { Size } from '../size.js';

/** Channels of an inception block: 1x1; 1x1 before 3x3, 3x3; 1x1 before 5x5, 5x5; 1x1 behind the pool. */
type Inception = readonly [number, number, number, number, number, number];

const STAGES: readonly (readonly Inception[])[] = [
  [
    [64, 96, 128, 16, 32, 32],
    [128, 128, 192, 32, 96, 64],
  ],
  [
    [192, 96, 208, 16, 48, 64],
    [160, 112, 224, 24, 64, 64],
    [128, 128, 256, 24, 64, 64],
    [112, 144, 288, 32, 64, 64],
    [256, 160, 320, 32, 128, 128],
  ],
  [
    [256, 160, 320, 32, 128, 128],
    [384, 192, 384, 48, 128, 128],
  ],
];

/** With local response normalisation, and without the classifiers that only training uses. */
export function googlenet({ input, width }: Size): Plan {
  const n = makeNet('googlenet', { input, width, norm: false, act: 'relu' });
  const half = { stride: 2, pad: 0, ceil: true };
  let x = n.maxPool(n.conv(n.image, 64, 7, { stride: 2, ...BEFORE_LRN }), 3, half);
  x = n.conv(n.lrn(x, 5, 1e-4, 0.75), 64, 1);
  x = n.maxPool(n.lrn(n.conv(x, 192, 3, BEFORE_LRN), 5, 1e-4, 0.75), 3, half);
  STAGES.forEach((blocks, stage) => {
    blocks.forEach((channels, i) => {
      x = inception(n.at(`inception${stage + 3}${'abcde'[i]}`), x, channels);
    });
    if (stage < STAGES.length - 1) x = n.maxPool(x, 3, half);
  });
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 1000, { act: 'linear', exact: true })]);
}

function inception(b: Net, x: string, [one, before3, three, before5, five, behindPool]: Inception): string {
  return b.concat([
    b.conv(x, one, 1),
    b.conv(b.conv(x, before3, 1), three, 3),
    b.conv(b.conv(x, before5, 1), five, 5),
    b.conv(b.maxPool(x, 3), behindPool, 1),
  ]);
}
