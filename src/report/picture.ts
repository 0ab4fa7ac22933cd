/** Small grey pictures as lines of characters, two rows of pixels a line, so that pixels come out square. */

export interface Picture {
  readonly height: number;
  readonly width: number;
  /** [height][width], 0 (empty) to 255 (full). */
  readonly pixels: ArrayLike<number>;
}

export interface PictureStyle {
  /** Half blocks; otherwise shades of plain ASCII. */
  readonly utf8: boolean;
  /** Columns of a picture; it gets half as many lines. Even. */
  readonly columns: number;
}

/** Pixels above this are full in half blocks, which know no shades. */
const FULL = 100;
/** Darkness of a pixel that counts as ink when the picture is centred. */
const INK = 64;
const SHADES = ' .:-=+*#%@';
/** Empty top and bottom, full top, full bottom, both. */
const HALVES = [' ', '▀', '▄', '█'] as const;

/** The picture's inked square, in the middle of a square that is at least `least` pixels wide. */
function inkedSquare(picture: Picture, least: number): { readonly top: number; readonly left: number; size: number } {
  const rows: number[] = [];
  const columns: number[] = [];
  for (let i = 0; i < picture.height * picture.width; i++) {
    if ((picture.pixels[i] ?? 0) <= INK) continue;
    rows.push(Math.floor(i / picture.width));
    columns.push(i % picture.width);
  }
  const [top, bottom] = [Math.min(...rows), Math.max(...rows)];
  const [left, right] = [Math.min(...columns), Math.max(...columns)];
  if (rows.length === 0) return { top: 0, left: 0, size: Math.max(picture.height, picture.width) };
  const size = Math.max(least, bottom - top + 1, right - left + 1);
  return { top: (top + bottom + 1 - size) / 2, left: (left + right + 1 - size) / 2, size };
}

/** Darkness of a rectangle of a picture, averaged by area; outside of the picture it is empty. */
function darkness(picture: Picture, top: number, left: number, size: number): number {
  let sum = 0;
  for (let y = Math.floor(top); y < top + size; y++) {
    for (let x = Math.floor(left); x < left + size; x++) {
      if (y < 0 || x < 0 || y >= picture.height || x >= picture.width) continue;
      const overlapY = Math.min(y + 1, top + size) - Math.max(y, top);
      const overlapX = Math.min(x + 1, left + size) - Math.max(x, left);
      sum += overlapY * overlapX * (picture.pixels[y * picture.width + x] ?? 0);
    }
  }
  return sum / size ** 2;
}

/** Lines of one picture, each of `columns` characters. Small ink is not enlarged beyond four fifths of the picture. */
export function drawPicture(picture: Picture, style: PictureStyle): readonly string[] {
  const square = inkedSquare(picture, (4 / 5) * Math.max(picture.height, picture.width));
  const step = square.size / style.columns;
  const at = (row: number, column: number): number =>
    darkness(picture, square.top + row * step, square.left + column * step, step);
  return Array.from({ length: style.columns / 2 }, (_, line) =>
    Array.from({ length: style.columns }, (_, column) =>
      character(at(2 * line, column), at(2 * line + 1, column), style.utf8),
    ).join(''),
  );
}

function character(top: number, bottom: number, utf8: boolean): string {
  if (utf8) return HALVES[(top > FULL ? 1 : 0) + (bottom > FULL ? 2 : 0)] ?? ' ';
  return SHADES.charAt(Math.min(SHADES.length - 1, Math.floor((((top + bottom) / 2) * SHADES.length) / 256)));
}
