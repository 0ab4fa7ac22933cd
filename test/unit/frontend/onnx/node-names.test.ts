import { expect, test } from 'vitest';
import type { Graph } from '../../../../src/ir/graph.js';
import type { OnnxBuilder } from '../../../oracle/onnx-builder.js';
import { type Build, floats, longs, networkBuilt } from './run-onnx.js';

/** What nodes of the network are called: as those of the file are, where these have names of their own. */

function namesOf({ nodes }: Graph): readonly string[] {
  return nodes.map(({ name }) => name);
}

const filters = (b: OnnxBuilder): string => floats(b, [2, 2, 1, 1], [1, 2, 3, 4]);

/** conv -> relu -> conv with the given names, tensors named as exporters do. */
function threeNodes(first: string, second: string, third: string): Build {
  return (b) => {
    const x = b.input('x', 'float32', [1, 2, 3, 3]);
    b.node({ op: 'Conv', inputs: [x, filters(b)], outputs: ['/c1/Conv_output_0'], name: first });
    b.node({ op: 'Relu', inputs: ['/c1/Conv_output_0'], outputs: ['/Relu_output_0'], name: second });
    return b.node({ op: 'Conv', inputs: ['/Relu_output_0', filters(b)], outputs: ['y'], name: third });
  };
}

test('their own names', () => {
  const graph = networkBuilt(threeNodes('/c1/Conv', '/Relu', '/c2/Conv'));
  expect(namesOf(graph)).toEqual(['/c1/Conv', '/Relu', '/c2/Conv']);
  expect(graph.nodes.map(({ outputs }) => outputs[0])).toEqual(['/c1/Conv_output_0', '/Relu_output_0', 'y']);
});

test('nodes without a name, or with one that others have too, are named after their results', () => {
  const graph = networkBuilt(threeNodes('Conv', '', 'Conv'));
  expect(namesOf(graph)).toEqual(['/c1/Conv_output_0', '/Relu_output_0', 'y']);
});

test('a name that is the tensor of another node', () => {
  const graph = networkBuilt(threeNodes('y', '/c1/Conv_output_0', ''));
  expect(namesOf(graph)).toEqual(['y', '/c1/Conv_output_0', 'y/nhwc']);
});

test('of several nodes that one becomes the name is that of the one that does the work', () => {
  const graph = networkBuilt((b) => {
    const x = b.input('x', 'float32', [1, 2, 3, 3]);
    b.node({
      op: 'Split',
      inputs: [x, longs(b, [1, 1])],
      outputs: ['left', 'right'],
      attributes: { axis: 1n },
      name: 's',
    });
    b.node({ op: 'Mul', inputs: ['left', 'right'], outputs: ['m'], name: 'times' });
    b.node({ op: 'Flatten', inputs: ['m'], outputs: ['f'], name: 'flat' });
    return b.node({
      op: 'Gemm',
      inputs: ['f', floats(b, [9, 2], [...Array(18).keys()]), floats(b, [2], [1, 2])],
      outputs: ['y'],
      name: 'gemm',
    });
  });
  expect(namesOf(graph)).toContain('times');
  expect(namesOf(graph)).toContain('gemm');
  expect(graph.nodes.find(({ name }) => name === 'gemm')?.op.kind).toBe('dense');
  expect(namesOf(graph).slice(0, 2)).toEqual(['left', 'right']);
});
