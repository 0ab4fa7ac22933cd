import { type ConvSettings, makeNet, type Net } from '../net.js';
import type { Architect } from '../size.js';
import { path, REDUCE, reduction } from './inception-paths.js';

/** Inception-ResNet-v2: inception blocks are branches that are added to their input. */

/** What a block's branch is multiplied by before it is added: part of its last convolution. */
const RESIDUAL_SCALE = 0.2;

export const inceptionResnetV2: Architect = ({ input, width }) => {
  const n = makeNet('inception-resnet-v2', { input, width, norm: true, act: 'relu' });
  let x = path(n, n.image, [
    [32, 3, REDUCE],
    [32, 3, { pad: 0 }],
    [64, 3],
  ]);
  x = path(n, n.maxPool(x, 3, REDUCE), [
    [80, 1],
    [192, 3, { pad: 0 }],
  ]);
  x = resnetStemBlock(n.at('stem'), n.maxPool(x, 3, REDUCE));
  for (let i = 1; i <= 10; i++) {
    x = residual(n.at(`a${i}`), x, (b) => [
      path(b, x, [[32, 1]]),
      path(b, x, [
        [32, 1],
        [32, 3],
      ]),
      path(b, x, [
        [32, 1],
        [48, 3],
        [64, 3],
      ]),
    ]);
  }
  x = reduction(n.at('reduction1'), x, [384, 256, 256, 384]);
  for (let i = 1; i <= 20; i++) {
    x = residual(n.at(`b${i}`), x, (b) => [
      path(b, x, [[192, 1]]),
      path(b, x, [
        [128, 1],
        [160, [1, 7]],
        [192, [7, 1]],
      ]),
    ]);
  }
  x = resnetReductionB(n.at('reduction2'), x);
  for (let i = 1; i <= 10; i++) {
    const paths = (b: Net): readonly string[] => [
      path(b, x, [[192, 1]]),
      path(b, x, [
        [192, 1],
        [224, [1, 3]],
        [256, [3, 1]],
      ]),
    ];
    x = residual(n.at(`c${i}`), x, paths, i < 10);
  }
  x = n.conv(x, 1536, 1);
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 1000, { act: 'linear', exact: true })]);
};

function resnetStemBlock(b: Net, x: string): string {
  return b.concat([
    b.conv(x, 96, 1),
    path(b, x, [
      [48, 1],
      [64, 5],
    ]),
    path(b, x, [
      [64, 1],
      [96, 3],
      [96, 3],
    ]),
    b.conv(b.averagePool(x, 3), 64, 1),
  ]);
}

/** The input and a 1x1 convolution, with a bias, of the paths side by side; then a ReLU, but for the last block. */
function residual(b: Net, x: string, paths: (b: Net) => readonly string[], isActive = true): string {
  const settings: ConvSettings = { norm: false, act: 'linear', exact: true, gain: RESIDUAL_SCALE };
  const sum = b.add([x, b.conv(b.concat(paths(b)), b.channelsOf(x), 1, settings)]);
  return isActive ? b.act(sum, 'relu') : sum;
}

function resnetReductionB(b: Net, x: string): string {
  return b.concat([
    path(b, x, [
      [256, 1],
      [384, 3, REDUCE],
    ]),
    path(b, x, [
      [256, 1],
      [288, 3, REDUCE],
    ]),
    path(b, x, [
      [256, 1],
      [288, 3],
      [320, 3, REDUCE],
    ]),
    b.maxPool(x, 3, REDUCE),
  ]);
}
