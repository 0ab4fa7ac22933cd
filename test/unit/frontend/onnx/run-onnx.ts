import { prepareImported } from '../../../../src/execute/imported.js';
import { prepareNetwork } from '../../../../src/execute/run-model.js';
import { allocate } from '../../../../src/execute/tensor-access.js';
import type { Imported } from '../../../../src/frontend/imported.js';
import { importOnnx } from '../../../../src/frontend/onnx/import.js';
import type { Graph } from '../../../../src/ir/graph.js';
import type { Tensor } from '../../../../src/ir/tensor.js';
import { elementCount } from '../../../../src/ir/tensor-type.js';
import { networkOf } from '../../../../src/load.js';
import { defined } from '../../../../src/support/invariant.js';
import { makeOnnx, type OnnxAttribute, type OnnxBuilder, type OnnxDType } from '../../../oracle/onnx-builder.js';

/** Puts the nodes of a file together and returns the names of its outputs. */
export type Build = (b: OnnxBuilder) => string | readonly string[];

export function fileOf(build: Build, opset = 21): Uint8Array {
  const b = makeOnnx(opset);
  const outputs = build(b);
  return b.finish(typeof outputs === 'string' ? [outputs] : outputs);
}

export function importBuilt(build: Build, opset = 21): Imported {
  return importOnnx(fileOf(build, opset), 'net.onnx', () => new Uint8Array());
}

function framesOf(graph: Graph, values: readonly (readonly number[])[]): ReadonlyMap<string, Tensor> {
  return new Map(
    graph.inputs.map(({ tensor }, index) => {
      const type = defined(graph.types.get(tensor), `the type of '${tensor}'`);
      const data = allocate(type.element, elementCount(type.shape));
      data.set(values[index] ?? []);
      return [tensor, { type, data }];
    }),
  );
}

/** The outputs' elements, of the graph as it is imported. */
export function runBuilt(
  build: Build,
  values: readonly (readonly number[])[],
  opset?: number,
): readonly (readonly number[])[] {
  const { graph } = importBuilt(build, opset);
  const results = prepareImported(graph).run(framesOf(graph, values));
  return graph.outputs.map(({ tensor }) => Array.from(defined(results.get(tensor), tensor).data as Float32Array));
}

/** The network of a file, and what it makes of a frame in its own layout. */
export function networkBuilt(build: Build, opset?: number): Graph {
  return networkOf(importBuilt(build, opset)).graph;
}

export function runNetwork(graph: Graph, ...values: readonly (readonly number[])[]): readonly number[] {
  const results = prepareNetwork(graph).run(framesOf(graph, values));
  return Array.from(defined(results.get(graph.outputs[0]?.tensor ?? ''), 'the output').data as Float32Array);
}

export function kinds({ nodes }: Graph): readonly string[] {
  return nodes.map(({ op }) => op.kind);
}

export function longs(b: OnnxBuilder, values: readonly number[], dims: readonly number[] = [values.length]): string {
  return b.constant(b.fresh('longs'), 'int64', dims, BigInt64Array.from(values, BigInt));
}

export function floats(b: OnnxBuilder, dims: readonly number[], values: readonly number[]): string {
  return b.constant(b.fresh('floats'), 'float32', dims, Float32Array.from(values));
}

const ARRAYS = { uint8: Uint8Array, int8: Int8Array, int32: Int32Array } as const;

export function integers(
  b: OnnxBuilder,
  dtype: keyof typeof ARRAYS,
  dims: readonly number[],
  values: readonly number[],
): string {
  return b.constant(b.fresh(dtype), dtype, dims, ARRAYS[dtype].from(values));
}

/** A node of one output; operators of the runtime's own domain are written `com.microsoft:QLinearAdd`. */
export function node(
  b: OnnxBuilder,
  op: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): string {
  const [domain, name] = op.includes(':') ? op.split(':') : ['', op];
  return b.node({ op: name ?? op, domain: domain ?? '', inputs, outputs: [b.fresh(name ?? op)], attributes });
}

/** A file of one input x and one node that reads it. */
export function single(
  op: string,
  dims: readonly (number | string)[],
  others: (b: OnnxBuilder) => readonly string[] = () => [],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
  dtype: OnnxDType = 'float32',
): Build {
  return (b) => node(b, op, [b.input('x', dtype, dims), ...others(b)], attributes);
}
