/** Mean and standard deviation of each channel over all pixels of all frames. */
export interface ChannelStatistics {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
  /** Values that each channel has. */
  readonly samples: number;
}

/** `frames`: [...][channels] each. */
export function channelStatistics(frames: readonly Float32Array[], channels: number): ChannelStatistics {
  const sum = new Float64Array(channels);
  const square = new Float64Array(channels);
  let samples = 0;
  for (const values of frames) {
    for (let at = 0; at < values.length; at += channels) {
      for (let c = 0; c < channels; c++) {
        const value = values[at + c] as number;
        sum[c] = (sum[c] as number) + value;
        square[c] = (square[c] as number) + value * value;
      }
    }
    samples += values.length / channels;
  }
  const mean = sum.map((total) => total / samples);
  const deviation = square.map((total, c) => Math.sqrt(Math.max(0, total / samples - (mean[c] as number) ** 2)));
  return { mean, deviation, samples };
}

/** Root of the mean square of all values. */
export function rootMeanSquare({ mean, deviation }: ChannelStatistics): number {
  const total = mean.reduce((sum, m, c) => sum + m * m + (deviation[c] as number) ** 2, 0);
  return Math.sqrt(total / mean.length);
}

/** Frame by frame, in place: slope[c] * x + offset[c]. */
export function scaleChannels(
  frames: readonly Float32Array[],
  slope: ArrayLike<number>,
  offset: ArrayLike<number>,
): void {
  for (const values of frames) {
    for (let at = 0; at < values.length; at += slope.length) {
      for (let c = 0; c < slope.length; c++) {
        values[at + c] = (values[at + c] as number) * (slope[c] as number) + (offset[c] as number);
      }
    }
  }
}

/** Frame by frame, in place: x within lo..hi. */
export function clampValues(frames: readonly Float32Array[], lo: number, hi: number): void {
  for (const values of frames) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value < lo) values[i] = lo;
      else if (value > hi) values[i] = hi;
    }
  }
}

/** Sets `values` to numbers evenly spread over -limit..limit. */
export function fillEvenly(values: Float32Array, limit: number, random: () => number): void {
  for (let i = 0; i < values.length; i++) values[i] = limit * (2 * random() - 1);
}
