import { makeNet, type Net } from '../net.js';
import type { Architect } from '../size.js';
import { path, REDUCE, reduction } from './inception-paths.js';

/** Inception-v4: uniform blocks behind a stem that parts and joins three times. */

export const inceptionV4: Architect = ({ input, width }) => {
  const n = makeNet('inception-v4', { input, width, norm: true, act: 'relu' });
  let x = v4Stem(n.at('stem'), n.image);
  for (let i = 1; i <= 4; i++) x = v4BlockA(n.at(`a${i}`), x);
  x = reduction(n.at('reduction1'), x, [384, 192, 224, 256]);
  for (let i = 1; i <= 7; i++) x = v4BlockB(n.at(`b${i}`), x);
  x = v4ReductionB(n.at('reduction2'), x);
  for (let i = 1; i <= 3; i++) x = v4BlockC(n.at(`c${i}`), x);
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 1000, { act: 'linear', exact: true })]);
};

function v4Stem(b: Net, image: string): string {
  let x = path(b, image, [
    [32, 3, REDUCE],
    [32, 3, { pad: 0 }],
    [64, 3],
  ]);
  x = b.concat([b.maxPool(x, 3, REDUCE), b.conv(x, 96, 3, REDUCE)]);
  x = b.concat([
    path(b, x, [
      [64, 1],
      [96, 3, { pad: 0 }],
    ]),
    path(b, x, [
      [64, 1],
      [64, [1, 7]],
      [64, [7, 1]],
      [96, 3, { pad: 0 }],
    ]),
  ]);
  return b.concat([b.conv(x, 192, 3, REDUCE), b.maxPool(x, 3, REDUCE)]);
}

function v4BlockA(b: Net, x: string): string {
  return b.concat([
    b.conv(x, 96, 1),
    path(b, x, [
      [64, 1],
      [96, 3],
    ]),
    path(b, x, [
      [64, 1],
      [96, 3],
      [96, 3],
    ]),
    b.conv(b.averagePool(x, 3), 96, 1),
  ]);
}

function v4BlockB(b: Net, x: string): string {
  return b.concat([
    b.conv(x, 384, 1),
    path(b, x, [
      [192, 1],
      [224, [1, 7]],
      [256, [7, 1]],
    ]),
    path(b, x, [
      [192, 1],
      [192, [7, 1]],
      [224, [1, 7]],
      [224, [7, 1]],
      [256, [1, 7]],
    ]),
    b.conv(b.averagePool(x, 3), 128, 1),
  ]);
}

function v4ReductionB(b: Net, x: string): string {
  return b.concat([
    path(b, x, [
      [192, 1],
      [192, 3, REDUCE],
    ]),
    path(b, x, [
      [256, 1],
      [256, [1, 7]],
      [320, [7, 1]],
      [320, 3, REDUCE],
    ]),
    b.maxPool(x, 3, REDUCE),
  ]);
}

function v4BlockC(b: Net, x: string): string {
  const three = b.conv(x, 384, 1);
  const five = path(b, x, [
    [384, 1],
    [448, [3, 1]],
    [512, [1, 3]],
  ]);
  return b.concat([
    b.conv(x, 256, 1),
    ...[three, five].flatMap((y) => [b.conv(y, 256, [1, 3]), b.conv(y, 256, [3, 1])]),
    b.conv(b.averagePool(x, 3), 256, 1),
  ]);
}
