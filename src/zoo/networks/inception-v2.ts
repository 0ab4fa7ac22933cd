import { makeNet, type Net } from '../net.js';
import type { Architect } from '../size.js';
import { path } from './inception-paths.js';

/** GoogLeNet with batch normalisation, and two 3x3 in the place of 5x5. */

/** 1x1; 3x3 and what goes before it; two 3x3 and what goes before them; how it pools, and what follows. */
type V2Block = readonly [number, number, number, number, number, 'average' | 'max', number];
/** Half the height and width: 3x3 and two 3x3 with what goes before them, and a pool. */
type V2Reduction = readonly [number, number, number, number];

const V2_STAGES: readonly (readonly (V2Block | V2Reduction)[])[] = [
  [
    [64, 64, 64, 64, 96, 'average', 32],
    [64, 64, 96, 64, 96, 'average', 64],
    [128, 160, 64, 96],
  ],
  [
    [224, 64, 96, 96, 128, 'average', 128],
    [192, 96, 128, 96, 128, 'average', 128],
    [160, 128, 160, 128, 160, 'average', 128],
    [96, 128, 192, 160, 192, 'average', 128],
    [128, 192, 192, 256],
  ],
  [
    [352, 192, 320, 160, 224, 'average', 128],
    [352, 192, 320, 192, 224, 'max', 128],
  ],
];

export const inceptionV2: Architect = ({ input, width }) => {
  const n = makeNet('inception-v2', { input, width, norm: true, act: 'relu' });
  const half = { stride: 2, pad: 0, ceil: true };
  let x = n.maxPool(n.conv(n.image, 64, 7, { stride: 2 }), 3, half);
  x = n.maxPool(
    path(n, x, [
      [64, 1],
      [192, 3],
    ]),
    3,
    half,
  );
  V2_STAGES.forEach((blocks, stage) => {
    blocks.forEach((block, i) => {
      const b = n.at(`inception${stage + 3}${'abcde'[i]}`);
      x = block.length === 4 ? v2Reduction(b, x, block) : v2Block(b, x, block);
    });
  });
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 1000, { act: 'linear', exact: true })]);
};

function v2Block(b: Net, x: string, [one, before3, three, before33, three3, kind, behindPool]: V2Block): string {
  const pooled = kind === 'max' ? b.maxPool(x, 3) : b.averagePool(x, 3);
  return b.concat([
    b.conv(x, one, 1),
    path(b, x, [
      [before3, 1],
      [three, 3],
    ]),
    path(b, x, [
      [before33, 1],
      [three3, 3],
      [three3, 3],
    ]),
    b.conv(pooled, behindPool, 1),
  ]);
}

function v2Reduction(b: Net, x: string, [before3, three, before33, three3]: V2Reduction): string {
  return b.concat([
    path(b, x, [
      [before3, 1],
      [three, 3, { stride: 2 }],
    ]),
    path(b, x, [
      [before33, 1],
      [three3, 3],
      [three3, 3, { stride: 2 }],
    ]),
    b.maxPool(x, 3, { stride: 2 }),
  ]);
}
