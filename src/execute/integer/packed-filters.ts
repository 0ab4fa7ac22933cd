import { roundHalfEven } from '../../support/fixed-point.js';
import type { DotGroup } from '../convolve.js';
import { dotRows, PATCHES_AT_ONCE } from '../dot-rows.js';
import type { RequantParams } from './requant-params.js';

/**
 * Two filters in the halves of doubles: p = u + APART * v, so that sum x * p = sum x * u + APART * sum x * v, and one
 * multiplication does for two. Below SMALL both sums can be told apart again, and all of it is exact, as it stays below 2^53.
 */
const APART = 2 ** 26;
const SMALL = APART / 2;

/** Shorter runs of exact sums are not worth their parting. */
const SHORTEST_RUN = 64;

/** What is needed of a layer. */
export type PackedLayer = Pick<
  RequantParams,
  'weights' | 'filterLength' | 'outChannels' | 'partialBound' | 'inputMagnitude'
>;

/** A part of all filters, over which every sum of products stays below SMALL. */
interface Run {
  /** First element of a filter in the run, and how many there are. */
  readonly start: number;
  readonly length: number;
  /** [group][pair of filters][length]; the last pair of a group may lack its second. */
  readonly pairs: Float64Array;
}

/**
 * The sums of a convolution's groups, two filters at a time; undefined where its numbers are too large for that. The
 * sums are exact, so they do not depend on the order of their terms.
 */
export function packedDotGroup(params: PackedLayer, groups: number): DotGroup | undefined {
  const { filterLength, outChannels } = params;
  const longest = params.partialBound < SMALL ? filterLength : Math.floor((SMALL - 1) / largestProduct(params));
  if (longest < Math.min(SHORTEST_RUN, filterLength)) return undefined;
  const runs: Run[] = [];
  for (let start = 0; start < filterLength; start += longest) {
    const length = Math.min(longest, filterLength - start);
    runs.push({ start, length, pairs: packRun(params, groups, start, length) });
  }
  const groupOut = outChannels / groups;
  const groupPairs = Math.ceil(groupOut / 2);
  const pairSums = new Float64Array(PATCHES_AT_ONCE * groups * groupPairs);
  const sumPitch = groups * groupPairs;
  return (patches, group, sums) => {
    const first = group * groupPairs;
    for (const { start, length, pairs } of runs) {
      const part = { ...patches, from: patches.from + start, length };
      dotRows(part, pairs, first, first + groupPairs, pairSums, sumPitch);
      for (let p = 0; p < PATCHES_AT_ONCE; p++) {
        const to = { at: p * outChannels + group * groupOut, count: groupOut, isFirst: start === 0 };
        partSums(pairSums, p * sumPitch + first, sums, to);
      }
    }
  };
}

function largestProduct({ weights, inputMagnitude }: PackedLayer): number {
  return inputMagnitude * weights.reduce((largest, w) => Math.max(largest, Math.abs(w)), 0);
}

function packRun(
  { weights, filterLength, outChannels }: PackedLayer,
  groups: number,
  start: number,
  length: number,
): Float64Array {
  const groupOut = outChannels / groups;
  const groupPairs = Math.ceil(groupOut / 2);
  const pairs = new Float64Array(groups * groupPairs * length);
  for (let oc = 0; oc < outChannels; oc++) {
    const inGroup = oc % groupOut;
    const to = (Math.floor(oc / groupOut) * groupPairs + (inGroup >> 1)) * length;
    const factor = inGroup % 2 === 0 ? 1 : APART;
    const from = oc * filterLength + start;
    for (let i = 0; i < length; i++) {
      pairs[to + i] = (pairs[to + i] as number) + factor * (weights[from + i] as number);
    }
  }
  return pairs;
}

/** Parts the sums of pairs from `from` on, and adds them to those of earlier runs. */
function partSums(
  pairSums: Float64Array,
  from: number,
  sums: Float64Array,
  to: { readonly at: number; readonly count: number; readonly isFirst: boolean },
): void {
  for (let i = 0; i < to.count; i += 2) {
    const both = pairSums[from + (i >> 1)] as number;
    const second = roundHalfEven(both / APART);
    const first = both - second * APART;
    const at = to.at + i;
    sums[at] = to.isFirst ? first : (sums[at] as number) + first;
    if (i + 1 < to.count) sums[at + 1] = to.isFirst ? second : (sums[at + 1] as number) + second;
  }
}
