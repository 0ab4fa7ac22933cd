import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { executeInteger } from '../../../src/execute/integer/execute-integer.js';
import { loadFoldingFile } from '../../../src/explore/folding-file.js';
import { loadModelFile } from '../../../src/frontend/json/files.js';
import type { Graph } from '../../../src/ir/graph.js';
import { printGraph } from '../../../src/ir/print.js';
import { parseNpy } from '../../../src/support/npy.js';
import { branchingDesigns, randomDesigns, singleLayerDesigns } from '../../campaign/make-cases.js';
import type { Case } from '../../campaign/prove.js';
import { saveFailure } from '../../campaign/save-failure.js';
import { shrinkFailure } from '../../campaign/shrink.js';

const folder = mkdtempSync(join(tmpdir(), 'heddle-shrink-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stands for a bug: any convolution that is folded with more than one output at a time. */
async function hasWideConvolution({ graph, sizing }: Case): Promise<boolean> {
  return graph.nodes.some(({ name, op }) => op.kind === 'conv' && (sizing.pins?.layers.get(name)?.pe ?? 1) > 1);
}

/** A golden model with a bug: sums are not clamped, so that a fused ReLU does nothing. */
function withoutClamps(graph: Graph): Graph {
  const nodes = graph.nodes.map((node) => (node.op.kind === 'add' ? { ...node, op: { kind: 'add' } as const } : node));
  return { ...graph, nodes };
}

async function differsWithoutClamps({ graph, frames }: Pick<Case, 'graph' | 'frames'>): Promise<boolean> {
  return frames.slice(0, 2).some((frame) => {
    const right = executeInteger(graph, frame);
    const wrong = executeInteger(withoutClamps(graph), frame);
    return graph.outputs.some(({ tensor }) => !isSame(right.get(tensor)?.data, wrong.get(tensor)?.data));
  });
}

const isSame = (a: ArrayLike<unknown> | undefined, b: ArrayLike<unknown> | undefined): boolean =>
  String(a) === String(b);

async function firstFailing(
  designs = randomDesigns(1, 40),
  fails: (design: Case) => Promise<boolean> = hasWideConvolution,
): Promise<Case> {
  for (const design of designs) {
    if (design.graph.nodes.length >= 4 && (await fails(design))) return design;
  }
  throw new Error('no design of this seed has what it takes');
}

const firstBranching = (): Promise<Case> =>
  firstFailing(
    [...branchingDesigns(1, 12)].filter(({ graph }) => graph.nodes.length > 10),
    differsWithoutClamps,
  );

describe('generators', () => {
  it.each([
    ['linear', randomDesigns],
    ['branching', branchingDesigns],
  ])('give the same %s networks for the same seed, and others for another', (_, designsOf) => {
    const texts = (seed: number): readonly string[] => Array.from(designsOf(seed, 5), ({ graph }) => printGraph(graph));
    expect(texts(3)).toEqual(texts(3));
    expect(texts(3)).not.toEqual(texts(4));
  });

  it('make at least forty single-layer networks, all under different names', () => {
    const designs = singleLayerDesigns(1);
    expect(new Set(designs.map(({ title }) => title.split(' / ')[0])).size).toBeGreaterThanOrEqual(40);
    expect(new Set(designs.map(({ graph }) => graph.name)).size).toBe(designs.length);
  });
});

describe('shrinking', () => {
  it('leaves one layer of a failure that needs one, and the least folding', async () => {
    const small = await shrinkFailure(await firstFailing(), hasWideConvolution);
    expect(small.graph.nodes).toHaveLength(1);
    expect(await hasWideConvolution(small)).toBe(true);
  });

  it('leaves of a network with branches the one sum that a mutated golden model has wrong', async () => {
    const failing = await firstBranching();
    const small = await shrinkFailure(failing, differsWithoutClamps);
    expect(failing.graph.nodes.length).toBeGreaterThan(10);
    expect(small.graph.nodes.length).toBeLessThanOrEqual(3);
    expect(small.graph.nodes.some(({ op }) => op.kind === 'add' && op.clamp !== undefined)).toBe(true);
    const { model } = saveFailure(folder, small, ['sums differ'], [{ stall: 0, seed: 1 }]);
    expect(await differsWithoutClamps({ graph: loadModelFile(model), frames: small.frames })).toBe(true);
  });

  it('saves a model that can be read back, and what it was made from', async () => {
    const failing = await firstFailing();
    const { model: path, commands } = saveFailure(folder, failing, ['a reason'], [{ stall: 0, seed: 1 }]);
    expect(printGraph(loadModelFile(path))).toBe(printGraph(failing.graph));
    const record = JSON.parse(readFileSync(path.replace(/\.json$/, '.case.json'), 'utf8'));
    expect(record).toMatchObject({ seed: failing.seed, failures: ['a reason'], spec: failing.spec });
    const [input] = failing.graph.inputs;
    const frames = path.replace(/json$/, `${input?.tensor}.npy`);
    const folding = path.replace(/json$/, 'folding.json');
    expect(loadFoldingFile(folding).pins).toEqual(failing.sizing.pins);
    expect(parseNpy(readFileSync(frames), frames).shape[0]).toBe(failing.frames.length);
    expect(commands).toEqual([
      `node dist/cli/main.js verify ${path} --folding ${folding} --input ${frames} --raw --stall 0 --seed 1 --jobs 1`,
    ]);
  });
});
