import { describe, expect, it } from 'vitest';
import { writeDocument } from '../../../src/report/document.js';
import { chooserWords } from '../../../src/report/layers.js';
import {
  count,
  left,
  markdownTable,
  percent,
  right,
  shortened,
  significant,
  textTable,
} from '../../../src/report/table.js';
import type { VerifyDocument } from '../../../src/report/verify-document.js';
import { verifyText } from '../../../src/report/verify-text.js';

describe('tables', () => {
  const columns = [left('name'), right('figure')];

  it('stand in columns', () => {
    expect(
      textTable(columns, [
        ['a', '1'],
        ['longer', '12,345'],
      ]),
    ).toEqual(['name    figure', 'a            1', 'longer  12,345']);
  });

  it('keep their columns in Markdown whatever the names are', () => {
    expect(markdownTable(columns, [['a|b\nc', '1']])).toEqual([
      '| name | figure |',
      '| :--- | ---: |',
      '| a\\|b c | 1 |',
    ]);
  });
});

describe('figures', () => {
  it.each([
    [count(12345), '12,345'],
    [count(0), '0'],
    [count(undefined), '-'],
    [count(Number.NaN), '-'],
    [percent(0.9345), '93.5 %'],
    [percent(undefined), '-'],
    [significant(0.012345), '0.0123'],
    [significant(12345.6), '12,346'],
    [significant(99.96), '100'],
    [
      shortened('a name of 44 characters stays as it is: 12345'.slice(0, 44)),
      'a name of 44 characters stays as it is: 1234',
    ],
    [shortened(`${'n'.repeat(44)}x`), `${'n'.repeat(43)}…`],
  ])('%s', (text, wanted) => {
    expect(text).toBe(wanted);
  });
});

describe('chooserWords', () => {
  it.each([
    [{}, '-'],
    [{ pe: 'solver', simd: 'solver' }, 'solver'],
    [{ pe: 'user', simd: 'user' }, 'user'],
    [{ pe: 'user', simd: 'default', taps: 'user' }, 'user (pe, taps), default'],
  ] as const)('%j', (chosenBy, words) => {
    expect(chooserWords(chosenBy)).toBe(words);
  });
});

describe('writeDocument', () => {
  it('keeps every field: what is not known is null', () => {
    expect(JSON.parse(writeDocument({ a: undefined, b: Number.NaN, c: [1, undefined] }))).toEqual({
      a: null,
      b: null,
      c: [1, null],
    });
  });
});

describe('verifyText', () => {
  const document: VerifyDocument = {
    model: 'net',
    frames: 2,
    bitExact: false,
    mismatches: 3,
    comparedWords: 40,
    layersCompared: 1,
    cyclesPerFrame: undefined,
    latencyCycles: undefined,
    predictedCyclesPerFrame: 100,
    predictedLatencyCycles: 120,
    macs: 1000,
    multipliers: 0,
    efficiency: undefined,
    fps: undefined,
    simSeconds: 0.5,
    simCpuSeconds: 0.4,
    macsPerSecond: 4e6,
    buildSeconds: 1,
    buildCached: false,
    firstMismatch: {
      layer: 'a',
      tensor: 'a.out',
      frame: 1,
      row: 2,
      column: 3,
      channel: 4,
      expected: -5,
      got: 6,
      cycle: 70,
    },
    status: 'deadlock',
    protocolErrors: 0,
    cycles: 20_100,
    stall: 0,
    seed: 1,
    input: 'random',
    sizing: {
      clockMHz: 200,
      targetFps: undefined,
      targetCycles: undefined,
      multiplierBudget: undefined,
      pinnedLayers: [],
      inputLanes: 1,
      chosenBy: 'default',
    },
    layers: [],
    waits: ["stream 'a_out' (3 of 8 beats): 'a' offers nothing and 'b' takes nothing"],
    problems: ['one', 'two'],
  };

  it('says in words where it differs first, and who waits for whom', () => {
    const lines = verifyText(document).split('\n');
    expect(lines[0]).toBe('NOT bit-exact: net, 2 frames (random), 3 mismatches');
    const from = lines.findIndex((line) => line.startsWith('first mismatch'));
    expect(lines.slice(from)).toEqual([
      "first mismatch: layer 'a', tensor 'a.out', frame 1, channel 4, row 2, column 3: expected -5, got 6, in cycle 70",
      'one',
      'two',
      'deadlock: nothing moves any more. From the output back to the input:',
      "  stream 'a_out' (3 of 8 beats): 'a' offers nothing and 'b' takes nothing",
      '',
    ]);
    expect(lines).toContain('cycles a frame: not measured (takes three frames), predicted 100');
  });

  it('says when more frames are inside at once than were run, whose interval need not be the steady one', () => {
    const line = (latencyCycles: number): string | undefined =>
      verifyText({ ...document, frames: 3, cyclesPerFrame: 100, fps: 1, latencyCycles })
        .split('\n')
        .find((text) => text.startsWith('cycles a frame'));
    expect(line(300)).toMatch(/predicted 100$/);
    expect(line(301)).toMatch(
      /predicted 100; 4 frames are inside at once: --frames 9 --jobs 1 measures the steady state$/,
    );
  });

  it('paints the verdict and what is wrong', () => {
    const paint = { good: (s: string) => `<g>${s}`, bad: (s: string) => `<b>${s}`, strong: (s: string) => s };
    const painted = verifyText(document, paint)
      .split('\n')
      .filter((line) => line.startsWith('<b>'));
    expect(painted.length).toBe(6);
  });
});
