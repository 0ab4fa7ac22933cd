import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../src/schedule/latency.js';
import { requantise } from '../../src/support/fixed-point.js';
import { type BenchPoint, expectCleanBench, type StallPattern } from './bench.js';
import { expectIllegal, freeRun, innerStream, probeNamed, readFixtures } from './cells.js';

const VECTORS = 1500;
const STALLS: readonly StallPattern[] = [
  { source: 0, sink: 0 },
  { source: 0.5, sink: 0 },
];

interface Shape {
  readonly lanes: number;
  readonly accBits: number;
  readonly mulBits: number;
  readonly mBits: number;
  readonly shiftMin: number;
  readonly shiftBits: number;
  readonly zwBits: number;
  readonly outBits: number;
  readonly zeroPoint: number;
  readonly lo: number;
  readonly hi: number;
}

const BYTE = { lanes: 1, accBits: 24, mulBits: 24, mBits: 18, shiftMin: 20, shiftBits: 0, zwBits: 0, outBits: 8 };

const SHAPES: readonly Shape[] = [
  { ...BYTE, zeroPoint: 0, lo: 0, hi: 255 },
  { ...BYTE, zeroPoint: -128, lo: -128, hi: 127, shiftBits: 3, zwBits: 8 },
  { ...BYTE, lanes: 3, zeroPoint: 255, lo: 10, hi: 200, shiftMin: 27, shiftBits: 1, zwBits: 9 },
  // Saturation in front of the multiplier, at the ports of the FPGA families.
  { ...BYTE, accBits: 32, mulBits: 25, shiftMin: 22, shiftBits: 4, zwBits: 8, zeroPoint: 3, lo: 0, hi: 255 },
  { ...BYTE, accBits: 40, mulBits: 27, shiftMin: 24, shiftBits: 4, zwBits: 1, zeroPoint: -5, lo: -128, hi: 127 },
  // The whole span of shifts.
  { ...BYTE, lanes: 2, shiftMin: 1, shiftBits: 6, zeroPoint: 0, lo: -128, hi: 127 },
  { ...BYTE, accBits: 40, mulBits: 40, shiftMin: 47, zeroPoint: 7, lo: 0, hi: 255 },
  { ...BYTE, accBits: 6, mulBits: 6, mBits: 8, shiftMin: 1, shiftBits: 4, zeroPoint: 0, lo: -128, hi: 127 },
  // Extreme widths of the multiplier and of the output.
  {
    ...BYTE,
    accBits: 36,
    mulBits: 36,
    mBits: 31,
    shiftMin: 30,
    shiftBits: 4,
    outBits: 16,
    zeroPoint: 65535,
    lo: 0,
    hi: 65535,
  },
  {
    ...BYTE,
    accBits: 36,
    mulBits: 27,
    mBits: 31,
    shiftMin: 33,
    shiftBits: 3,
    outBits: 16,
    zeroPoint: -32768,
    lo: -32768,
    hi: 32767,
  },
  { ...BYTE, mBits: 8, shiftMin: 12, shiftBits: 2, outBits: 1, zeroPoint: 0, lo: 0, hi: 1 },
  { ...BYTE, accBits: 12, mulBits: 12, mBits: 8, shiftMin: 3, shiftBits: 3, outBits: 1, zeroPoint: -1, lo: -1, hi: 0 },
  { ...BYTE, outBits: 4, shiftMin: 30, zwBits: 5, zeroPoint: 15, lo: 15, hi: 15 },
];

/** Seeded integers of any width. */
function makeDraw(seed: number): (lo: bigint, hi: bigint) => bigint {
  let state = BigInt(seed) * 0x9e3779b97f4a7c15n + 1n;
  return (lo, hi) => {
    state = BigInt.asUintN(128, state * 0x2360ed051fc65da44385df649fccf645n + 0x5851f42d4c957f2d14057b7ef767814fn);
    return lo + ((state >> 56n) % (hi - lo + 1n));
  };
}

type Draw = ReturnType<typeof makeDraw>;

/** acc * m / 2^shift, ties to even, from the exact quotient and rest. */
function scaled(acc: bigint, m: bigint, shift: bigint): bigint {
  const unit = 1n << shift;
  const product = acc * m;
  const floor = (product - (((product % unit) + unit) % unit)) / unit;
  const twice = 2n * (product - floor * unit);
  if (twice === unit) return floor % 2n === 0n ? floor : floor + 1n;
  return twice > unit ? floor + 1n : floor;
}

function naive(shape: Shape, acc: bigint, m: bigint, shift: bigint): bigint {
  const y = BigInt(shape.zeroPoint) + scaled(acc, m, shift);
  const [lo, hi] = [BigInt(shape.lo), BigInt(shape.hi)];
  return y < lo ? lo : y > hi ? hi : y;
}

interface Vector {
  readonly acc: bigint;
  readonly m: bigint;
  readonly shift: bigint;
}

const half = (bits: number): bigint => 1n << BigInt(bits - 1);

/** A sum and a multiplier whose product is an odd multiple of half a unit, or next to one; undefined where none fits. */
function tieVector(shape: Shape, shift: bigint, draw: Draw): Vector | undefined {
  const { mBits, mulBits } = shape;
  const most = shift - 1n < BigInt(mBits - 1) ? shift - 1n : BigInt(mBits - 1);
  const factor = draw(0n, most);
  const odd =
    mBits - 1 === Number(factor) ? 1n : draw(half(mBits - Number(factor)), 2n * half(mBits - Number(factor)) - 1n) | 1n;
  const unit = 1n << (shift - 1n - factor);
  const limit = (half(mulBits) - 1n) / unit;
  if (limit < 1n) return undefined;
  const acc = (draw(-limit, limit - 1n) | 1n) * unit;
  return { acc, m: odd << factor, shift };
}

function edgeSum(shape: Shape, draw: Draw): bigint {
  const sums = [
    0n,
    1n,
    -1n,
    half(shape.mulBits) - 1n,
    -half(shape.mulBits),
    half(shape.accBits) - 1n,
    -half(shape.accBits),
  ];
  return sums[Number(draw(0n, BigInt(sums.length - 1)))] ?? 0n;
}

/** A sum whose result lies in the output's range or just outside it. */
function nearSum(shape: Shape, m: bigint, shift: bigint, draw: Draw): bigint {
  const target = draw(BigInt(shape.lo - 3), BigInt(shape.hi + 3)) - BigInt(shape.zeroPoint);
  const acc = (target << shift) / m + draw(-2n, 2n);
  const limit = half(shape.mulBits) - 1n;
  return acc > limit ? limit : acc < -limit ? -limit : acc;
}

/** Ties, their neighbours, extremes, dead channels, results near the clamp, and anything. */
function makeVector(shape: Shape, index: number, draw: Draw): Vector {
  const shiftSpan = shape.shiftBits === 0 ? 0n : (1n << BigInt(shape.shiftBits)) - 1n;
  const drawn = BigInt(shape.shiftMin) + draw(0n, shiftSpan);
  const shift = drawn > 47n ? 47n : drawn;
  const m = draw(half(shape.mBits), 2n * half(shape.mBits) - 1n);
  const tie = index % 6 < 2 ? tieVector(shape, shift, draw) : undefined;
  if (tie !== undefined) return index % 6 === 0 ? tie : { ...tie, acc: tie.acc + draw(-1n, 1n) };
  if (index % 6 === 2) return { acc: edgeSum(shape, draw), m: index % 4 === 0 ? 0n : m, shift };
  if (index % 6 === 3) return { acc: draw(-half(shape.accBits), half(shape.accBits) - 1n), m, shift };
  return { acc: nearSum(shape, m, shift, draw), m, shift };
}

/** The compiler only saturates where that changes no output: other vectors are drawn again. */
function legalVector(shape: Shape, index: number, draw: Draw): Vector {
  const limit = half(shape.mulBits);
  for (;;) {
    const vector = makeVector(shape, index, draw);
    const { acc, m, shift } = vector;
    const cut = acc >= limit ? limit - 1n : acc < -limit ? -limit : acc;
    if (naive(shape, cut, m, shift) === naive(shape, acc, m, shift)) return vector;
  }
}

/** The nine words of a lane: the sum is split over acc, bias and zw * sum_x, modulo 2^accBits. */
function laneWords(shape: Shape, { acc, m, shift }: Vector, draw: Draw): readonly number[] {
  const { accBits, mBits, shiftMin, zwBits } = shape;
  const any = (): bigint => draw(-half(accBits), half(accBits) - 1n);
  const [bias, sumX] = [any(), any()];
  const zw = zwBits === 0 ? 0n : draw(-half(zwBits), half(zwBits) - 1n);
  const rest = acc - bias + zw * sumX;
  const words = (value: bigint): number[] => [
    Number(BigInt.asUintN(32, value)),
    Number(BigInt.asUintN(32, value >> 32n)),
  ];
  const mult = m - half(mBits);
  return [
    ...words(rest),
    ...words(sumX),
    ...words(bias),
    ...[mult, shift - BigInt(shiftMin), zw].map((v) => Number(BigInt.asUintN(32, v))),
  ];
}

function pointName(shape: Shape): string {
  return Object.values(shape).join(' ');
}

/** Also checks the bench's own arithmetic against the definition of all of Heddle's. */
function makePoint(shape: Shape, index: number): BenchPoint {
  const draw = makeDraw(index + 1);
  const input: number[] = [];
  const output: number[] = [];
  let ties = 0;
  for (let i = 0; i < VECTORS * shape.lanes; i++) {
    const vector = legalVector(shape, i, draw);
    const { acc, m, shift } = vector;
    const y = Number(naive(shape, acc, m, shift));
    const { zeroPoint, lo, hi, outBits } = shape;
    expect(requantise(Number(acc), Number(m), Number(shift), zeroPoint, lo, hi)).toBe(y);
    if (BigInt.asUintN(Number(shift), acc * m) === 1n << (shift - 1n)) ties++;
    input.push(...laneWords(shape, vector, draw));
    output.push(y & (2 ** outBits - 1));
  }
  expect(ties, pointName(shape)).toBeGreaterThan(VECTORS / 20);
  const { lanes, accBits, mulBits, mBits, shiftMin, shiftBits, zwBits, outBits, zeroPoint, lo, hi } = shape;
  return {
    name: pointName(shape),
    module: 'fixture_requant',
    parameters: {
      LANES: lanes,
      ACC_BITS: accBits,
      MUL_BITS: mulBits,
      M_BITS: mBits,
      SHIFT_MIN: shiftMin,
      SHIFT_BITS: shiftBits,
      ZW_BITS: zwBits,
      OUT_BITS: outBits,
      ZERO_POINT: zeroPoint,
      CLAMP_LO: lo,
      CLAMP_HI: hi,
    },
    inputs: [innerStream('s_axis', 9 * lanes, 32, VECTORS, input)],
    outputs: [innerStream('m_axis', lanes, 16, VECTORS, output)],
  };
}

describe('hd_requant', () => {
  it('rounds half to even, exactly, over ties, extremes, dead channels and saturated sums', async () => {
    const points = SHAPES.map(makePoint);
    const extraFiles = await readFixtures('fixture_requant.v');
    const runs = await expectCleanBench({
      points,
      frames: 1,
      extraFiles,
      stalls: STALLS,
      seeds: [1],
      resetAfterCycles: 40,
    });
    for (const { name = '' } of points) {
      const first = probeNamed(freeRun(runs), `${name}/s_axis`).frameFirstCycles[0] ?? 0;
      expect(probeNamed(freeRun(runs), `${name}/m_axis`).frameFirstCycles[0], name).toBe(first + LATENCY.requantise);
    }
  });

  it('refuses illegal parameters by name', async () => {
    const guard =
      'needs_SHIFT_MIN_of_1_or_more_and_MUL_BITS_within_ACC_BITS_and_CLAMP_LO_within_CLAMP_HI_and_OUT_BITS_within_16';
    await expectIllegal('hd_requant', { SHIFT_MIN: 0 }, guard);
    await expectIllegal('hd_requant', { MUL_BITS: 25 }, guard);
    await expectIllegal('hd_requant', { CLAMP_LO: 256 }, guard);
    await expectIllegal('hd_requant', { OUT_BITS: 17 }, guard);
    for (const parameters of [{ ZERO_POINT: 256 }, { ZERO_POINT: -129 }, { CLAMP_HI: 256 }, { CLAMP_LO: -129 }]) {
      await expectIllegal('hd_requant', parameters, 'ZERO_POINT_and_CLAMP_must_fit_OUT_BITS');
    }
    const widths = 'needs_LANES_of_1_MUL_BITS_and_M_BITS_of_2_or_more_and_ZW_BITS_below_ACC_BITS';
    await expectIllegal('hd_requant', { ZW_BITS: 24, ZW_PORT: 24 }, widths);
  });
});
