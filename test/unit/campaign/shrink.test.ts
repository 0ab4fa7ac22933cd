import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadModelFile } from '../../../src/frontend/json/files.js';
import { printGraph } from '../../../src/ir/print.js';
import { randomDesigns, singleLayerDesigns } from '../../campaign/make-cases.js';
import type { Case } from '../../campaign/prove.js';
import { saveFailure, shrinkFailure } from '../../campaign/shrink.js';

const folder = mkdtempSync(join(tmpdir(), 'heddle-shrink-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stands for a bug: any convolution that is folded with more than one output at a time. */
async function hasWideConvolution({ graph, sizing }: Case): Promise<boolean> {
  return graph.nodes.some(({ name, op }) => op.kind === 'conv' && (sizing.pins?.layers.get(name)?.pe ?? 1) > 1);
}

async function firstFailing(): Promise<Case> {
  for (const design of randomDesigns(1, 40)) {
    if (design.graph.nodes.length >= 4 && (await hasWideConvolution(design))) return design;
  }
  throw new Error('no design of this seed has what it takes');
}

describe('generators', () => {
  it('give the same networks for the same seed, and others for another', () => {
    const texts = (seed: number): readonly string[] => randomDesigns(seed, 5).map(({ graph }) => printGraph(graph));
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

  it('saves a model that can be read back, and what it was made from', async () => {
    const failing = await firstFailing();
    const path = saveFailure(folder, failing, ['a reason'], [{ stall: 0, seed: 1 }]);
    expect(printGraph(loadModelFile(path))).toBe(printGraph(failing.graph));
    const record = JSON.parse(readFileSync(path.replace(/\.json$/, '.case.json'), 'utf8'));
    expect(record).toMatchObject({ seed: failing.seed, failures: ['a reason'], spec: failing.spec });
  });
});
