import { describe, expect, it } from 'vitest';
import { drawPicture } from '../../../src/report/picture.js';

/** A picture of `size` by `size` in which the listed [row, column] are full. */
function picture(size: number, full: readonly (readonly [number, number])[]) {
  const pixels = new Uint8Array(size * size);
  for (const [row, column] of full) pixels[row * size + column] = 255;
  return { height: size, width: size, pixels };
}

const CORNERS = [
  [0, 0],
  [3, 3],
] as const;

describe('drawPicture', () => {
  it('puts two rows of pixels into a line of half blocks', () => {
    const drawn = drawPicture(picture(4, [...CORNERS, [1, 0], [2, 2]]), { utf8: true, columns: 4 });
    expect(drawn).toEqual(['█   ', '  ▀▄']);
  });

  it('draws shades of ASCII elsewhere', () => {
    const drawn = drawPicture(picture(4, [...CORNERS, [1, 0], [2, 2]]), { utf8: false, columns: 4 });
    expect(drawn).toEqual(['@   ', '  ==']);
  });

  it('centres the ink', () => {
    const dot = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const;
    const drawn = drawPicture(picture(10, dot), { utf8: true, columns: 8 });
    expect(drawn).toEqual(['        ', '   ▄▄   ', '   ▀▀   ', '        ']);
  });

  it('draws an empty picture empty', () => {
    expect(drawPicture(picture(6, []), { utf8: true, columns: 4 })).toEqual(['    ', '    ']);
  });
});
