import { describe, expect, it } from 'vitest';
import { fork, join } from '../../../src/schedule/token-branches.js';
import { makeChannel, pacedSource, settle, sink } from '../../../src/schedule/token-network.js';
import { fifo } from '../../../src/schedule/token-stages.js';

const BEATS = 1000;
const FRAME = 10;
const DEPTHS = [1, 2, 3, 5, 40, 300] as const;

interface Branch {
  readonly depth: number;
  readonly latency: number;
}

/** The ends of frames of a fork, a FIFO on each branch and a join: the equations themselves, beat by beat. */
function plainEnds(interval: number, branches: readonly Branch[], latency: number, holds: number): readonly number[] {
  const came = branches.map((): number[] => []);
  const joined: number[] = [];
  const left: number[] = [];
  const after = (clocks: readonly number[], beat: number): number => (beat < 0 ? 0 : (clocks[beat] as number) + 1);
  let forked = -1;
  for (let beat = 0; beat < BEATS; beat++) {
    const frame = Math.floor(beat / FRAME);
    const offered = Math.max(frame * interval + Math.floor(((beat % FRAME) * interval) / FRAME), forked + 1);
    branches.forEach(({ depth }, i) => {
      const own = came[i] as number[];
      own.push(Math.max(offered, after(own, beat - 1), after(joined, beat - depth)));
      forked = Math.max(forked, own[beat] as number);
    });
    const there = branches.map((branch, i) => ((came[i] as number[])[beat] as number) + branch.latency);
    joined.push(Math.max(...there, after(joined, beat - 1), after(left, beat - holds)));
    left.push(Math.max((joined[beat] as number) + latency, after(left, beat - 1)));
  }
  return left.filter((_, beat) => beat % FRAME === FRAME - 1);
}

function modelEnds(interval: number, branches: readonly Branch[], latency: number, holds: number): readonly number[] {
  const [input, output] = [makeChannel(), makeChannel()];
  const source = pacedSource(input, FRAME, interval);
  const ways = branches.map((branch) => ({ ...branch, from: makeChannel(), to: makeChannel() }));
  const end = sink(output, FRAME);
  const starts = ways.map(({ from }) => from);
  const fifos = ways.map(({ from, to, depth, latency: delay }) => fifo('fifo', from, to, depth, delay));
  const ends = ways.map(({ to }) => to);
  source.extend(BEATS);
  settle([source, fork('fork', input, starts), ...fifos, join('join', ends, output, { latency, holds }), end]);
  return end.frameEnds;
}

describe('a fork and a join with FIFOs between them', () => {
  for (const interval of [0, 10, 13, 40]) {
    it(`take each beat when the equations say, behind a source of ${interval} clocks a frame`, () => {
      for (const first of DEPTHS) {
        for (const second of DEPTHS) {
          const branches = [
            { depth: first, latency: 1 },
            { depth: second, latency: 4 },
          ];
          const expected = plainEnds(interval, branches, 3, 4);
          expect(modelEnds(interval, branches, 3, 4), `depths ${first} and ${second}`).toEqual(expected);
        }
      }
    });
  }
});
