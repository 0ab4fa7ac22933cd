import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../src/schedule/latency.js';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, innerStream, probeNamed } from './cells.js';

/** hd_frame_in into hd_frame_out, with TLAST in every place: see fixture_frame.v for how it travels. */

const text = await readFile(new URL('./fixtures/fixture_frame.v', import.meta.url), 'utf8');
const extraFiles = new Map([['fixture_frame.v', text]]);

interface Shape {
  readonly pixels: number;
  readonly channels: number;
  readonly lanes: number;
  readonly bits: number;
  /** Bytes of a packed beat; undefined: padded. */
  readonly packedBytes?: number;
}

interface Beat {
  readonly bytes: readonly number[];
  readonly last: boolean;
}

interface Frame {
  /** Input bytes, whole beats. */
  readonly beats: readonly (readonly number[])[];
  readonly marked: boolean;
}

const SHAPES: readonly Shape[] = [
  { pixels: 1, channels: 1, lanes: 1, bits: 8 },
  { pixels: 2, channels: 1, lanes: 2, bits: 4 },
  { pixels: 4, channels: 3, lanes: 1, bits: 8 },
  { pixels: 5, channels: 3, lanes: 2, bits: 8 },
  { pixels: 3, channels: 5, lanes: 4, bits: 5 },
  { pixels: 2, channels: 7, lanes: 8, bits: 16 },
  { pixels: 1, channels: 1, lanes: 1, bits: 8, packedBytes: 1 },
  { pixels: 5, channels: 3, lanes: 1, bits: 8, packedBytes: 4 },
  { pixels: 5, channels: 3, lanes: 4, bits: 8, packedBytes: 4 },
  { pixels: 7, channels: 3, lanes: 2, bits: 6, packedBytes: 8 },
  { pixels: 4, channels: 5, lanes: 8, bits: 8, packedBytes: 1 },
  { pixels: 3, channels: 3, lanes: 2, bits: 12, packedBytes: 4 },
  { pixels: 16, channels: 1, lanes: 1, bits: 8, packedBytes: 3 },
];

const outBytes = ({ lanes, bits }: Shape): number => Math.ceil((lanes * bits) / 8);
const inBytes = (shape: Shape): number => shape.packedBytes ?? outBytes(shape);
const words = ({ channels, lanes }: Shape): number => Math.ceil(channels / lanes);

function beatsPerFrame(shape: Shape): number {
  const { pixels, channels, bits, packedBytes } = shape;
  if (packedBytes === undefined) return pixels * words(shape);
  return Math.ceil((pixels * channels * Math.ceil(bits / 8)) / packedBytes);
}

/** Random beats, TLAST after the given numbers of them. */
function makeBeats(shape: Shape, lengths: readonly number[], seed: number): readonly Beat[] {
  const size = inBytes(shape);
  return lengths.flatMap((length, i) => {
    const bytes = Array.from(randomIntegers(length * size, 0, 255, seed * 100 + i));
    return Array.from({ length }, (_, b) => ({
      bytes: bytes.slice(b * size, (b + 1) * size),
      last: b === length - 1,
    }));
  });
}

/** RESYNC 0: frames are counted. */
function countedFrames(shape: Shape, beats: readonly Beat[]): readonly Frame[] {
  const length = beatsPerFrame(shape);
  return Array.from({ length: Math.floor(beats.length / length) }, (_, f) => ({
    beats: beats.slice(f * length, (f + 1) * length).map((beat) => beat.bytes),
    marked: false,
  }));
}

/** RESYNC 1: TLAST ends a frame: a short one is completed with zeros, a long one cut. */
function realignedFrames(shape: Shape, lengths: readonly number[], beats: readonly Beat[]): readonly Frame[] {
  const frameBeats = beatsPerFrame(shape);
  const zeros = Array.from({ length: inBytes(shape) }, () => 0);
  let start = 0;
  return lengths.map((length) => {
    const own = beats.slice(start, start + Math.min(length, frameBeats)).map((beat) => beat.bytes);
    start += length;
    const missing = Array.from({ length: frameBeats - own.length }, () => zeros);
    return { beats: [...own, ...missing], marked: missing.length > 0 };
  });
}

/** Bits `from .. from + count - 1` of bytes, the first byte lowest. */
function bitsOf(bytes: readonly number[], from: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) {
    const bit = ((bytes[(from + i) >> 3] ?? 0) >> ((from + i) & 7)) & 1;
    value += bit * 2 ** i;
  }
  return value;
}

/** A frame's elements, channels last. */
function frameElements(shape: Shape, frame: Frame): readonly number[] {
  const { pixels, channels, lanes, bits, packedBytes } = shape;
  return Array.from({ length: pixels * channels }, (_, i) => {
    if (packedBytes !== undefined) return bitsOf(frame.beats.flat(), i * Math.ceil(bits / 8) * 8, bits);
    const [pixel, channel] = [Math.floor(i / channels), i % channels];
    const beat = frame.beats[pixel * words(shape) + Math.floor(channel / lanes)] ?? [];
    return bitsOf(beat, (channel % lanes) * bits, bits);
  });
}

/** The bytes of one output beat, flags on top. */
function outputBeat(shape: Shape, elements: readonly number[], frame: Frame, beat: number): readonly number[] {
  const { pixels, channels, lanes, bits } = shape;
  const [pixel, word] = [Math.floor(beat / words(shape)), beat % words(shape)];
  const bytes = Array.from({ length: outBytes(shape) }, () => 0);
  for (let lane = 0; lane < lanes; lane++) {
    const channel = word * lanes + lane;
    const value = channel < channels ? (elements[pixel * channels + channel] ?? 0) : 0;
    for (let i = 0; i < bits; i++) {
      const place = lane * bits + i;
      bytes[place >> 3] = (bytes[place >> 3] ?? 0) | (((value >> i) & 1) << (place & 7));
    }
  }
  const last = beat === pixels * words(shape) - 1;
  return [...bytes, last ? 1 + (frame.marked ? 2 : 0) : 0];
}

function frameOutput(shape: Shape, frame: Frame): readonly number[] {
  const elements = frameElements(shape, frame);
  return Array.from({ length: shape.pixels * words(shape) }, (_, beat) =>
    outputBeat(shape, elements, frame, beat),
  ).flat();
}

interface Case {
  readonly shape: Shape;
  readonly resync: boolean;
  readonly marks: number;
  /** Beats from TLAST to TLAST. */
  readonly lengths: readonly number[];
}

const caseName = ({ shape, resync, marks }: Case): string =>
  `${Object.values(shape).join(' ')} resync ${resync} marks ${marks}`;

function makePoint(test: Case, index: number): BenchPoint {
  const { shape, resync, marks, lengths } = test;
  const beats = makeBeats(shape, lengths, index);
  const frames = resync ? realignedFrames(shape, lengths, beats) : countedFrames(shape, beats);
  const input = beats.flatMap(({ bytes, last }) => [...bytes, last ? 1 : 0]);
  const output = frames.flatMap((frame) => frameOutput(shape, frame));
  const outLanes = outBytes(shape) + 1;
  return {
    name: caseName(test),
    module: 'fixture_frame',
    parameters: {
      INPUT_MODE: shape.packedBytes === undefined ? 0 : 1,
      RESYNC: resync ? 1 : 0,
      PIXELS: shape.pixels,
      CHANNELS: shape.channels,
      LANES: shape.lanes,
      BITS: shape.bits,
      PACKED_BYTES: shape.packedBytes ?? 4,
      MARKS: marks,
    },
    inputs: [innerStream('s_axis', inBytes(shape) + 1, 8, beats.length, input)],
    outputs: [innerStream('m_axis', outLanes, 8, output.length / outLanes, output)],
    activities: ['early', 'late'].map((name) => ({ name, path: `status_tlast_${name}` })),
    tieOffs: { status_tlast_early: '', status_tlast_late: '' },
  };
}

/** Frames of the right length, and among them short and long ones. */
function misplacedLengths(shape: Shape): readonly number[] {
  const n = beatsPerFrame(shape);
  return [n, n - 1, n, n + 2, n, n, 1, 1, n, 2 * n + 1, n, n + 1, n - 1, n].filter((length) => length > 0);
}

const exact = (shape: Shape): readonly number[] => Array.from({ length: 5 }, () => beatsPerFrame(shape));

/** RESYNC 0 with misplaced TLAST, filled up to whole frames. */
function ignoredLengths(shape: Shape): readonly number[] {
  const lengths = misplacedLengths(shape);
  const n = beatsPerFrame(shape);
  const rest = lengths.reduce((sum, length) => sum + length, 0) % n;
  return rest === 0 ? lengths : [...lengths, n - rest];
}

/** Of each shape, frames to be realigned, and in turn correct frames or misplaced TLASTs to be ignored. */
const CASES: readonly Case[] = SHAPES.flatMap((shape, i) => [
  { shape, resync: true, marks: 1 + (i % 3), lengths: misplacedLengths(shape) },
  { shape, resync: false, marks: 2, lengths: i % 2 === 0 ? exact(shape) : ignoredLengths(shape) },
]);

describe('hd_frame_in and hd_frame_out', () => {
  it('pass frames, realign them or not, mark them, and report a misplaced TLAST', async () => {
    const runs = await expectCleanBench({
      points: CASES.map(makePoint),
      frames: 1,
      extraFiles,
      seeds: [1],
      resetAfterCycles: 23,
    });
    for (const { result } of runs) {
      for (const test of CASES) {
        const n = beatsPerFrame(test.shape);
        const flag = (name: string): boolean =>
          (result.activities.find((a) => a.name === `${caseName(test)}/${name}`)?.cycles ?? 0) > 0;
        const misplaced = test.lengths.some((length) => length !== n);
        const early = test.lengths.some((length) => length < n);
        if (!misplaced || test.resync) expect(flag('early'), caseName(test)).toBe(misplaced && early);
        expect(flag('late'), caseName(test)).toBe(misplaced);
      }
    }
  });

  it('pass padded frames at a beat a cycle and two cycles later', async () => {
    const shapes = SHAPES.filter(({ packedBytes }) => packedBytes === undefined);
    const tests = shapes.map((shape) => ({ shape, resync: true, marks: 2, lengths: exact(shape) }));
    const runs = await expectCleanBench({
      points: tests.map(makePoint),
      frames: 1,
      extraFiles,
      stalls: [{ source: 0, sink: 0 }],
      seeds: [1],
    });
    for (const test of tests) {
      const source = probeNamed(freeRun(runs), `${caseName(test)}/s_axis`);
      const sink = probeNamed(freeRun(runs), `${caseName(test)}/m_axis`);
      // A frame's last beat waits a cycle for its mark when there is no network between.
      const latency = LATENCY.frameIn + LATENCY.frameOut + (beatsPerFrame(test.shape) === 1 ? 1 : 0);
      expect(source.stalls, caseName(test)).toBe(0);
      expect(sink.frameFirstCycles[0], caseName(test)).toBe((source.frameFirstCycles[0] ?? 0) + latency);
    }
  });

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_frame_in', { INPUT_MODE: 2 }, 'INPUT_MODE_must_be_0_padded_or_1_packed');
    await expectIllegal('hd_frame_in', { RESYNC: 2 }, 'RESYNC_must_be_0_or_1');
    await expectIllegal('hd_frame_in', { BITS: 17 }, 'BITS_must_be_1_to_16');
    await expectIllegal('hd_frame_in', { PIXELS: 0 }, 'PIXELS_CHANNELS_and_LANES_must_be_at_least_1');
  });
});
