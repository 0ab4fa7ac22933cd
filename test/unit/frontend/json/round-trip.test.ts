import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportModel } from '../../../../src/frontend/json/export.js';
import { loadModelFile, saveModelFile } from '../../../../src/frontend/json/files.js';
import { importModel } from '../../../../src/frontend/json/import.js';
import { makeBuilder } from '../../../../src/ir/builder.js';
import type { Graph } from '../../../../src/ir/graph.js';
import type { Op } from '../../../../src/ir/op.js';
import { int } from '../../../../src/ir/tensor-type.js';
import { verifyGraph } from '../../../../src/ir/verify.js';
import {
  allOpsFloatGraph,
  allOpsIntegerGraph,
  branchingFloatGraph,
  floatGraph,
  integerGraph,
  quantised,
} from '../../ir/fixtures.js';

const GRAPHS: Readonly<Record<string, () => Graph>> = {
  floatGraph,
  integerGraph,
  allOpsFloatGraph,
  allOpsIntegerGraph,
  branchingFloatGraph,
};

function reimport(graph: Graph): Graph {
  const { json, weights } = exportModel(graph);
  return importModel(json, 'model.json', () => weights ?? new Uint8Array());
}

describe.each(Object.keys(GRAPHS))('%s', (name) => {
  const graph = GRAPHS[name]?.() ?? floatGraph();

  it('is sound', () => {
    verifyGraph(graph, 'import');
  });

  it('comes back equal', () => {
    expect(reimport(graph)).toEqual(graph);
  });

  it('exports to the same bytes again', () => {
    const first = exportModel(graph);
    const second = exportModel(reimport(graph));
    expect(second.json).toBe(first.json);
    expect(second.weights).toEqual(first.weights);
  });
});

it('keeps names that are keywords, numbers, or look like object internals', () => {
  const b = makeBuilder('module "x"');
  const type = quantised(int(8, true), 0.5, 0, 2, 2, 1);
  const names = ['always', '7', '__proto__', 'constructor', 'a b/c~d', 'Zürich 🙂', "it's"];
  let last = b.input('reg', type);
  for (const name of names) last = b.node(name, { kind: 'relu' }, [last], type);
  const graph = b.build([last]);
  verifyGraph(graph, 'import');
  expect(reimport(graph)).toEqual(graph);
});

it('keeps doubles and the sign of zero', () => {
  const b = makeBuilder('doubles');
  const type = { shape: [2, 2, 1], element: { kind: 'f32' } } as const;
  const ops: readonly Op[] = [
    { kind: 'clip', lo: -0, hi: 0.1 + 0.2 },
    { kind: 'clip', lo: 5e-324, hi: Number.MAX_VALUE },
    { kind: 'clip' },
  ];
  let last = b.input('x', type);
  for (const [index, op] of ops.entries()) last = b.node(`n${index}`, op, [last]);
  const graph = b.build([last]);
  expect(reimport(graph)).toEqual(graph);
  expect(exportModel(graph).weights).toBeUndefined();
});

it('sorts nodes, and spreads one zero point over all channels', () => {
  const { json, weights } = exportModel(integerGraph());
  const model = JSON.parse(json) as { nodes: unknown[] };
  model.nodes.reverse();
  const graph = importModel(JSON.stringify(model), 'model.json', () => weights ?? new Uint8Array());
  expect(graph.nodes.map((node) => node.name)).toEqual(['conv1', 'sum', 'out']);
  expect(graph.types.get('conv1.weight')?.quant?.zeroPoint).toEqual([0, 0, 0, 0]);
});

describe('model files', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('are two files that load again', () => {
    const path = join(folder, 'net.v2.json');
    saveModelFile(integerGraph(), path);
    expect(readdirSync(folder).sort()).toEqual(['net.v2.json', 'net.v2.safetensors']);
    expect(readFileSync(path, 'utf8')).toContain('"weights": "net.v2.safetensors"');
    expect(loadModelFile(path)).toEqual(integerGraph());
  });

  it('leave nothing behind where they cannot be written', () => {
    const path = join(folder, 'missing', 'net.json');
    expect(() => saveModelFile(integerGraph(), path)).toThrow(
      `error E102 cannot-write: ${join(folder, 'missing', 'net.safetensors')}: the file cannot be written: its folder does not exist`,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('are both refused where a folder has the name of one', () => {
    mkdirSync(join(folder, 'net.json'));
    expect(() => saveModelFile(integerGraph(), join(folder, 'net.json'))).toThrow('there is a folder of this name');
    expect(readdirSync(folder)).toEqual(['net.json']);
  });

  it('are not touched where one of them cannot be replaced', () => {
    const path = join(folder, 'net.json');
    saveModelFile(integerGraph(), path);
    const before = readFileSync(path);
    expect(() => saveModelFile(floatGraph(), `${folder}/net.json/x.json`)).toThrow(
      'a part of its path is not a folder',
    );
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(folder).sort()).toEqual(['net.json', 'net.safetensors']);
  });
});
