/**
 * Pictures in other sizes, by bilinear interpolation between pixel centres without a low-pass filter, as
 * MobileNet's own preprocessing scales its crops: source position (i + 0.5) * from / to - 0.5, clamped at the edges.
 */
export function resizePicture(pixels: Uint8Array, from: number, to: number, channels: number): Uint8Array {
  const taps = Array.from({ length: to }, (_, i) => {
    const at = Math.max(0, Math.min(from - 1, ((i + 0.5) * from) / to - 0.5));
    const first = Math.floor(at);
    return { first, second: Math.min(from - 1, first + 1), share: at - first };
  });
  const result = new Uint8Array(to * to * channels);
  taps.forEach((row, y) => {
    taps.forEach((column, x) => {
      for (let c = 0; c < channels; c++) {
        const at = (line: number, place: number): number => pixels[(line * from + place) * channels + c] ?? 0;
        const upper = at(row.first, column.first) * (1 - column.share) + at(row.first, column.second) * column.share;
        const lower = at(row.second, column.first) * (1 - column.share) + at(row.second, column.second) * column.share;
        result[(y * to + x) * channels + c] = Math.round(upper * (1 - row.share) + lower * row.share);
      }
    });
  });
  return result;
}
