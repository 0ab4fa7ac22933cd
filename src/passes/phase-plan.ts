/**
 * How a transposed convolution along one axis is an ordinary one. Output o is phase r of block q: o = q * block + r - shift.
 * It sums the taps k with r + pad - shift - k * dilation = e * stride for an integer e, at the inputs
 * q * block / stride + e. So each phase is a convolution over the offsets e, and all phases together are one of as many
 * outputs, over the range of all offsets; where a phase has no tap at an offset, the weight is 0.
 */

export interface TransposedAxis {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly pad: number;
}

export interface PhasePlan {
  /** Window of the convolution. */
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padLo: number;
  readonly padHi: number;
  /** Blocks that the convolution makes. */
  readonly blocks: number;
  /** Outputs in front of the first that is wanted. */
  readonly shift: number;
  /** The tap of the transposed kernel that a phase has in a place of the convolution's kernel. */
  readonly tapOf: (phase: number, place: number) => number | undefined;
}

/** The plan with the fewest multiplications; of equal ones that which makes nothing that is cut off. */
export function planPhases(axis: TransposedAxis, block: number): PhasePlan {
  const plans = Array.from({ length: block }, (_, shift) => planShifted(axis, block, shift));
  const waste = ({ blocks, shift }: PhasePlan): number => (blocks * block === axis.outputs ? 0 : 1 + shift);
  const [best] = plans.toSorted((a, b) => a.kernel * a.blocks - b.kernel * b.blocks || waste(a) - waste(b));
  return best as PhasePlan;
}

function planShifted(axis: TransposedAxis, block: number, shift: number): PhasePlan {
  const { inputs, outputs, kernel, stride, dilation, pad } = axis;
  const offsets: number[] = [];
  for (let phase = 0; phase < block; phase++) {
    for (let tap = 0; tap < kernel; tap++) {
      const offset = (phase + pad - shift - tap * dilation) / stride;
      if (Number.isInteger(offset)) offsets.push(offset);
    }
  }
  const pace = block / stride;
  const blocks = Math.ceil((outputs + shift) / block);
  // The window begins with the first input or before it, and ends with it or behind it.
  const last = Math.max(0, ...offsets);
  const padHi = Math.max(0, (blocks - 1) * pace + last - (inputs - 1));
  // Padding is less than the window's reach: one that goes further has more weights of 0 in front.
  const first = Math.min(0, ...offsets, last - padHi);
  // Without phases the taps lie as far apart as before.
  const isSparse = block === 1 && offsets.includes(first) && offsets.includes(last);
  const step = isSparse ? dilation : 1;
  const reach = last - first + 1;
  return {
    kernel: (reach - 1) / step + 1,
    stride: pace,
    dilation: step,
    padLo: -first,
    padHi,
    blocks: Math.floor((inputs - first + padHi - reach) / pace) + 1,
    shift,
    tapOf: (phase, place) => {
      const tap = (phase + pad - shift - (first + place * step) * stride) / dilation;
      return Number.isInteger(tap) && tap >= 0 && tap < kernel ? tap : undefined;
    },
  };
}
