import { HOLDS, LATENCY } from './latency.js';
import type { StreamRule } from './token-stages.js';

/** The timing of the engines that only move elements, for the token-level model. */

/** hd_permute: a pixel leaves once it is complete, and two are held. */
export function permuteRule(inBeats: number, outBeats: number): StreamRule {
  return {
    latency: LATENCY.permute,
    holds: [outBeats + 1],
    outputs: Array.from({ length: inBeats }, (_, beat) => (beat + 1 === inBeats ? outBeats : 0)),
  };
}

/** What hd_pad's timing depends on. */
export interface PadTiming {
  readonly height: number;
  readonly width: number;
  readonly beatsPerPixel: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly padBottom: number;
  readonly padRight: number;
}

/** hd_pad: constants behind a beat follow it by themselves, those in front of a frame come with its first beat. */
export function padRule(timing: PadTiming): StreamRule {
  const { height, width, beatsPerPixel, padTop, padLeft, padBottom, padRight } = timing;
  const rowBeats = width * beatsPerPixel;
  const outRow = (width + padLeft + padRight) * beatsPerPixel;
  const frameBeats = height * rowBeats;
  const leading = padTop * outRow + padLeft * beatsPerPixel;
  const trailing = (place: number): number => {
    if (place === frameBeats - 1) return padRight * beatsPerPixel + padBottom * outRow;
    return place % rowBeats === rowBeats - 1 ? (padRight + padLeft) * beatsPerPixel : 0;
  };
  const beats = Array.from({ length: frameBeats }, (_, place) => place);
  return {
    latency: LATENCY.pad,
    holds: beats.map((place) => HOLDS.pad + trailing((place + frameBeats - 1) % frameBeats)),
    outputs: beats.map((place) => (place === 0 ? leading : 0) + 1 + trailing(place)),
  };
}

/** What hd_row_buffer's timing depends on. */
export interface RowBufferTiming {
  /** Pixels of a row. */
  readonly width: number;
  /** Beats of an input pixel. */
  readonly inBeats: number;
  readonly passes: number;
  /** Output beats of a pixel in one pass. */
  readonly outBeats: number;
  /** Pixels held: more than a row, or two where there is one pass. */
  readonly capacity: number;
}

/** hd_row_buffer: the first pass follows pixel by pixel, the others come with the row's last pixel. */
export function rowBufferRule({ width, inBeats, passes, outBeats, capacity }: RowBufferTiming): StreamRule {
  const passBeats = width * outBeats;
  const rowBeats = passes * passBeats;
  /** Output beats made before a pixel is complete, and up to the last that reads it. */
  const madeBefore = (pixel: number): number => {
    const row = Math.floor(pixel / width);
    return row * rowBeats + (pixel - row * width) * outBeats;
  };
  const lastUse = (pixel: number): number => madeBefore(pixel) + (passes - 1) * passBeats + outBeats - 1;
  const beats = Array.from({ length: width * inBeats }, (_, beat) => ({
    pixel: Math.floor(beat / inBeats),
    ends: (beat + 1) % inBeats === 0,
  }));
  return {
    latency: LATENCY.rowBuffer,
    // Up to the beat before the last one that reads the oldest pixel: when it leaves, that one is read.
    holds: beats.map(({ pixel }) => madeBefore(pixel) - lastUse(pixel - capacity) + 1),
    outputs: beats.map(({ pixel, ends }) => {
      if (!ends) return 0;
      return outBeats + (pixel === width - 1 ? (passes - 1) * passBeats : 0);
    }),
  };
}
