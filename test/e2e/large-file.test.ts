import { expect, it } from 'vitest';
import { importOnnx } from '../../src/frontend/onnx/import.js';
import { networkOf } from '../../src/load.js';
import { resnet50File } from '../bench/resnet50-file.js';

function noExternalFile(location: string): never {
  throw new Error(`'${location}' is read, though all weights are in the file`);
}

it('a file of 25.5 million parameters becomes a network with channels last, without a transpose', () => {
  const { graph } = networkOf(importOnnx(resnet50File(), 'resnet50.onnx', noExternalFile));
  const parameters = [...graph.constants.values()].reduce((sum, { data }) => sum + data.length, 0);
  expect(parameters).toBeGreaterThan(25_500_000);
  expect(graph.nodes.filter(({ op }) => op.kind === 'transpose' || op.kind === 'reshape')).toEqual([]);
});
