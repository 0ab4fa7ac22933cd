import { readFileSync } from 'node:fs';
import { exportGraph } from '../oracle/export-graph.js';
import { makeOnnx } from '../oracle/onnx-builder.js';
import { drawableKinds, leastOpset, randomOperator } from '../oracle/random-operators.js';
import { sharedPath } from '../shared-data.js';
import { tinyFloat, tinyInteger } from '../unit/cli/host.js';
import type { FileSet, Subject } from './formats.js';
import { mutateBytes } from './mutate-bytes.js';
import { mutateProto } from './mutate-proto.js';

/** Small ONNX models: every operator that can be written, in float and in both quantised forms, and a few by hand. */

/** Shapes that the network computes from itself, and constants that are computed from others. */
function shapes(): Uint8Array {
  const b = makeOnnx(13, 'shapes');
  const longs = (name: string, ...values: readonly number[]): string =>
    b.constant(name, 'int64', [values.length], BigInt64Array.from(values, BigInt));
  const node = (op: string, inputs: readonly string[], output: string, attributes = {}): string =>
    b.node({ op, inputs, outputs: [output], attributes });
  const x = b.input('x', 'float32', ['N', 2, 4, 4]);
  const shape = node('Shape', [x], 'shape');
  const first = node('Gather', [shape, b.constant('zero', 'int64', [], BigInt64Array.of(0n))], 'first', { axis: 0n });
  const batch = node('Unsqueeze', [first, longs('axes', 0)], 'batch');
  const target = node('Concat', [batch, longs('rest', -1)], 'target', { axis: 0n });
  const flat = node('Reshape', [x, target], 'flat');
  const one = b.constant('one', 'float32', [1], Float32Array.of(0.5));
  const w = node('Expand', [one, longs('size', 3, 32)], 'w');
  const turned = node('Transpose', [w], 'turned', { perm: [1, 0] });
  const y = node('MatMul', [flat, turned], 'y');
  const sliced = node('Slice', [y, longs('starts', 0), longs('ends', 2), longs('along', 1)], 'sliced');
  const padded = node('Pad', [sliced, longs('pads', 0, 1, 0, 0)], 'padded');
  const zeros = node('ConstantOfShape', [longs('three', 3)], 'zeros');
  return b.finish([node('Softmax', [node('Add', [padded, zeros], 'sum')], 'out', { axis: -1n })]);
}

function fileSet(bytes: Uint8Array): FileSet {
  return { main: 'model.onnx', files: new Map([['model.onnx', bytes]]) };
}

function subject(name: string, bytes: Uint8Array): Subject {
  return {
    name,
    valid: fileSet(bytes),
    damage: (random) => fileSet(random.chance(0.75) ? mutateProto(bytes, random) : mutateBytes(bytes, random)),
  };
}

function operators(): readonly (readonly [string, Uint8Array])[] {
  return [true, false].flatMap((isFloat) =>
    drawableKinds(isFloat).flatMap((kind, index) => {
      const drawn = randomOperator(kind, isFloat, 3);
      const opset = Math.max(13, leastOpset(drawn)) + (index % 8);
      const forms = isFloat ? (['qdq'] as const) : (['qdq', 'qoperator'] as const);
      return forms.map((form) => {
        const name = `${isFloat ? 'float' : form} ${kind}, opset ${opset}`;
        return [name, exportGraph(drawn.graph, { form, opset, realEnds: form === 'qdq' })] as const;
      });
    }),
  );
}

export function onnxSubjects(): readonly Subject[] {
  const list: readonly (readonly [string, Uint8Array])[] = [
    ['shapes', shapes()],
    ['small float', exportGraph(tinyFloat(), { form: 'qdq', opset: 17 })],
    ['small QDQ', exportGraph(tinyInteger(), { form: 'qdq', opset: 15, realEnds: true })],
    ['small QOperator', exportGraph(tinyInteger(), { form: 'qoperator', opset: 14 })],
    ...operators(),
  ];
  return list.map(([name, bytes]) => subject(name, bytes));
}

/** The smallest of the trained models beside the checkout. */
export function trainedOnnxSubjects(): readonly Subject[] {
  const names = [
    ['ort-examples', 'mnist.onnx'],
    ['onnx-light', 'light_squeezenet.onnx'],
  ] as const;
  return names.flatMap(([folder, name]) => {
    const path = sharedPath('models', folder, name);
    return path === undefined ? [] : [subject(name, readFileSync(path))];
  });
}
