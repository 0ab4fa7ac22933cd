import { makeNet, type Net } from '../net.js';
import type { Architect } from '../size.js';
import { path, REDUCE } from './inception-paths.js';

/** 7x7 becomes 1x7 and 7x1, and paths part into 1x3 and 3x1. */

export const inceptionV3: Architect = ({ input, width }) => {
  const n = makeNet('inception-v3', { input, width, norm: true, act: 'relu' });
  let x = path(n, n.image, [
    [32, 3, REDUCE],
    [32, 3, { pad: 0 }],
    [64, 3],
  ]);
  x = path(n, n.maxPool(x, 3, REDUCE), [
    [80, 1],
    [192, 3, { pad: 0 }],
  ]);
  x = n.maxPool(x, 3, REDUCE);
  for (const [i, behindPool] of [32, 64, 64].entries()) x = v3BlockA(n.at(`a${i + 1}`), x, behindPool);
  x = v3ReductionA(n.at('reduction1'), x);
  for (const [i, narrow] of [128, 160, 160, 192].entries()) x = v3BlockB(n.at(`b${i + 1}`), x, narrow);
  x = v3ReductionB(n.at('reduction2'), x);
  for (let i = 1; i <= 2; i++) x = v3BlockC(n.at(`c${i}`), x);
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 1000, { act: 'linear', exact: true })]);
};

function v3BlockA(b: Net, x: string, behindPool: number): string {
  return b.concat([
    b.conv(x, 64, 1),
    path(b, x, [
      [48, 1],
      [64, 5],
    ]),
    path(b, x, [
      [64, 1],
      [96, 3],
      [96, 3],
    ]),
    b.conv(b.averagePool(x, 3), behindPool, 1),
  ]);
}

function v3ReductionA(b: Net, x: string): string {
  return b.concat([
    b.conv(x, 384, 3, REDUCE),
    path(b, x, [
      [64, 1],
      [96, 3],
      [96, 3, REDUCE],
    ]),
    b.maxPool(x, 3, REDUCE),
  ]);
}

/** 7x7 as 1x7 and 7x1. */
function v3BlockB(b: Net, x: string, narrow: number): string {
  return b.concat([
    b.conv(x, 192, 1),
    path(b, x, [
      [narrow, 1],
      [narrow, [1, 7]],
      [192, [7, 1]],
    ]),
    path(b, x, [
      [narrow, 1],
      [narrow, [7, 1]],
      [narrow, [1, 7]],
      [narrow, [7, 1]],
      [192, [1, 7]],
    ]),
    b.conv(b.averagePool(x, 3), 192, 1),
  ]);
}

function v3ReductionB(b: Net, x: string): string {
  return b.concat([
    path(b, x, [
      [192, 1],
      [320, 3, REDUCE],
    ]),
    path(b, x, [
      [192, 1],
      [192, [1, 7]],
      [192, [7, 1]],
      [192, 3, REDUCE],
    ]),
    b.maxPool(x, 3, REDUCE),
  ]);
}

/** Paths that part once more, into 1x3 and 3x1. */
function v3BlockC(b: Net, x: string): string {
  const three = b.conv(x, 384, 1);
  const five = path(b, x, [
    [448, 1],
    [384, 3],
  ]);
  return b.concat([
    b.conv(x, 320, 1),
    ...[three, five].flatMap((y) => [b.conv(y, 384, [1, 3]), b.conv(y, 384, [3, 1])]),
    b.conv(b.averagePool(x, 3), 192, 1),
  ]);
}
