import { roundHalfEven } from '../support/fixed-point.js';

/** Range of real values that a tensor's integers are to cover. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * How a range is taken from what calibration saw. min-max: all of it. percentile: without the outermost tails.
 * mse: the one whose rounding and saturation errors have the smallest mean square.
 */
export type RangeMethod = 'min-max' | 'percentile' | 'mse';

/** Sees a tensor's values frame by frame; keeps a histogram at most, never the values. */
export interface Observer {
  add(values: Float32Array): void;
  /** False as soon as a value was NaN or infinite. */
  readonly isFinite: boolean;
  range(): Range;
}

const BINS = 4096;
/** mse tries the whole range times 1, 63/64, 62/64 ... down to 1/4. */
const MSE_STEPS = 64;

/** `levels`: integers that the range will be cut into; `percentile`: share of values to cover, 0..100. */
export function makeObserver(method: RangeMethod, levels: number, percentile: number): Observer {
  const extremes = makeExtremes();
  if (method === 'min-max') return extremes;
  const histogram = makeHistogram();
  return {
    add(values) {
      extremes.add(values);
      if (extremes.isFinite) histogram.add(values, Math.max(-extremes.range().min, extremes.range().max));
    },
    get isFinite() {
      return extremes.isFinite;
    },
    range: () =>
      method === 'percentile'
        ? percentileRange(histogram, extremes.range(), percentile)
        : leastErrorRange(histogram, extremes.range(), levels),
  };
}

/** Smallest and largest value so far; 0 is always inside, since it must be an integer exactly. */
function makeExtremes(): Observer {
  let min = 0;
  let max = 0;
  let finite = true;
  return {
    add(values) {
      for (let i = 0; i < values.length; i++) {
        const value = values[i] as number;
        if (value < min) min = value;
        if (value > max) max = value;
        if (Number.isNaN(value)) finite = false;
      }
    },
    get isFinite() {
      return finite && Number.isFinite(min) && Number.isFinite(max);
    },
    range: () => ({ min, max }),
  };
}

/** Counts over -limit..limit; a larger value doubles the limit and merges the bins in pairs. */
interface Histogram {
  add(values: Float32Array, largest: number): void;
  /** Calls `visit` for every bin that is not empty, with its middle. */
  each(visit: (middle: number, count: number) => void): void;
  readonly total: number;
}

function makeHistogram(): Histogram {
  let counts = new Float64Array(BINS);
  let limit = 0;
  let total = 0;
  return {
    add(values, largest) {
      if (largest === 0 && limit === 0) {
        counts[BINS / 2] = (counts[BINS / 2] as number) + values.length;
      } else {
        if (limit === 0) limit = 2 ** Math.ceil(Math.log2(largest));
        for (; limit < largest; limit *= 2) counts = mergePairs(counts);
        const perUnit = BINS / (2 * limit);
        for (let i = 0; i < values.length; i++) {
          const bin = Math.min(BINS - 1, Math.floor(((values[i] as number) + limit) * perUnit));
          counts[bin] = (counts[bin] as number) + 1;
        }
      }
      total += values.length;
    },
    each(visit) {
      const width = (2 * limit) / BINS;
      counts.forEach((count, bin) => {
        // The bin from 0 up holds the exact zeros of a ReLU, which round to 0 without an error.
        if (count > 0) visit(bin === BINS / 2 ? 0 : (bin + 0.5) * width - limit, count);
      });
    },
    get total() {
      return total;
    },
  };
}

/** The same counts over twice the range. */
function mergePairs(counts: Float64Array): Float64Array<ArrayBuffer> {
  const merged = new Float64Array(BINS);
  for (let bin = 0; bin < BINS; bin++) {
    const to = BINS / 4 + (bin >> 1);
    merged[to] = (merged[to] as number) + (counts[bin] as number);
  }
  return merged;
}

/** The range without the outermost (100 - percentile) / 2 percent of the values at each end. */
function percentileRange(histogram: Histogram, whole: Range, percentile: number): Range {
  const tail = (histogram.total * (1 - percentile / 100)) / 2;
  let seen = 0;
  let min: number | undefined;
  let max = 0;
  histogram.each((middle, count) => {
    seen += count;
    if (min === undefined && seen > tail) min = middle;
    if (seen - count < histogram.total - tail) max = middle;
  });
  return { min: Math.max(whole.min, Math.min(0, min ?? 0)), max: Math.min(whole.max, Math.max(0, max)) };
}

/** First both ends together, then each by itself: a long tail may be on one side only. */
function leastErrorRange(histogram: Histogram, whole: Range, levels: number): Range {
  const shares = Array.from({ length: MSE_STEPS - MSE_STEPS / 4 + 1 }, (_, i) => 1 - i / MSE_STEPS);
  const better = (best: Range, candidates: readonly Range[]): Range => {
    const errors = candidates.map((range) => squaredError(histogram, range, levels));
    const least = errors.indexOf(Math.min(...errors));
    return candidates[least] ?? best;
  };
  const both = better(
    whole,
    shares.map((share) => ({ min: whole.min * share, max: whole.max * share })),
  );
  if (whole.min === 0 || whole.max === 0) return both;
  const upper = better(
    both,
    shares.map((share) => ({ min: both.min, max: whole.max * share })),
  );
  return better(
    upper,
    shares.map((share) => ({ min: whole.min * share, max: upper.max })),
  );
}

/** Sum of the squared differences between the values and their nearest integer steps inside the range. */
function squaredError(histogram: Histogram, { min, max }: Range, levels: number): number {
  const step = (max - min) / (levels - 1);
  let error = 0;
  histogram.each((middle, count) => {
    const rounded = step === 0 ? 0 : roundHalfEven(Math.min(max, Math.max(min, middle)) / step) * step;
    error += count * (middle - rounded) ** 2;
  });
  return error;
}
