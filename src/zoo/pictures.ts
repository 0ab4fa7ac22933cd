import type { GraphInput } from '../ir/graph.js';
import { makeRandom } from '../support/random.js';

/**
 * Pictures for finding the statistics of layers, as real values (pixel - mean) / std in [H][W][C]: in turn one of noise, as
 * `heddle verify` takes by default, and one that is alike over short and long ways as photographs are. Together they span
 * what a network with random filters may meet.
 */
export function seededPictures(
  input: GraphInput,
  shape: readonly number[],
  count: number,
  seed: number,
): readonly Float32Array[] {
  const { mean = [0], std = [1] } = input.preprocessing ?? {};
  const real = (pixels: Float32Array): Float32Array =>
    pixels.map((pixel, i) => {
      const c = i % (shape.at(-1) ?? 1);
      return (Math.round(pixel) - (mean[c] ?? mean[0] ?? 0)) / (std[c] ?? std[0] ?? 1);
    });
  return Array.from({ length: count }, (_, i) => real((i % 2 === 0 ? noise : scene)(shape, seed + i)));
}

/** Pixels that are independent of each other. */
function noise(shape: readonly number[], seed: number): Float32Array {
  const random = makeRandom(seed);
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.floor(256 * random()));
}

/**
 * The sum of noise on grids of 1, 2, 4 ... pixels, all equally strong, interpolated between the grids' points; colours differ
 * less than brightness does.
 */
function scene([height = 1, width = 1, channels = 1]: readonly number[], seed: number): Float32Array {
  const random = makeRandom(seed);
  const pixels = new Float32Array(height * width * channels);
  const octaves = Math.floor(Math.log2(Math.max(height, width))) + 1;
  for (let octave = 0; octave < octaves; octave++) {
    const brightness = layer(height, width, 2 ** octave, random);
    for (let c = 0; c < channels; c++) {
      const colour = layer(height, width, 2 ** octave, random);
      brightness.forEach((value, i) => {
        const at = i * channels + c;
        pixels[at] = (pixels[at] as number) + value + 0.5 * (colour[i] as number);
      });
    }
  }
  return stretched(pixels);
}

/** Noise of -1..1 at every `pitch`-th pixel, bilinear between them. */
function layer(height: number, width: number, pitch: number, random: () => number): Float32Array {
  const columns = Math.ceil(width / pitch) + 1;
  const points = Float32Array.from({ length: columns * (Math.ceil(height / pitch) + 1) }, () => 2 * random() - 1);
  const map = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / pitch) * columns;
    const down = (y % pitch) / pitch;
    for (let x = 0; x < width; x++) {
      const at = row + Math.floor(x / pitch);
      const right = (x % pitch) / pitch;
      const upper = (points[at] as number) * (1 - right) + (points[at + 1] as number) * right;
      const lower = (points[at + columns] as number) * (1 - right) + (points[at + columns + 1] as number) * right;
      map[y * width + x] = upper * (1 - down) + lower * down;
    }
  }
  return map;
}

/** Brought to 0..255. */
function stretched(values: Float32Array): Float32Array {
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const factor = most > least ? 255 / (most - least) : 0;
  return values.map((value) => (value - least) * factor);
}
