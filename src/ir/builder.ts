import { HeddleError } from '../support/diagnostics.js';
import { defined } from '../support/invariant.js';
import { DEFAULT_REQUANT_BITS, type Graph, type GraphInput, type GraphNode, type GraphOutput } from './graph.js';
import type { Op } from './op.js';
import { inferOutputTypes } from './shape.js';
import type { Tensor } from './tensor.js';
import type { TensorType } from './tensor-type.js';

/** Collects a graph piece by piece; the methods return tensor names, so that calls chain. Node names are the tensors'. */
export interface GraphBuilder {
  /** Adds a graph input in nhwc layout. */
  input(name: string, type: TensorType, extra?: Partial<GraphInput>): string;
  constant(name: string, tensor: Tensor): string;
  /** Adds the type of a constant whose value comes later. */
  parameter(name: string, type: TensorType): string;
  /** The type of a tensor that was added. */
  typeOf(name: string): TensorType;
  /** Adds a node of the output's name. Without `type` the output is float32 of the inferred shape. */
  node(name: string, op: Op, inputs: readonly string[], type?: TensorType): string;
  /** The finished graph, unverified. */
  build(outputs: readonly string[], settings?: { readonly requantBits?: number; readonly classOffset?: number }): Graph;
}

export function makeBuilder(graphName: string): GraphBuilder {
  const inputs: GraphInput[] = [];
  const nodes: GraphNode[] = [];
  const types = new Map<string, TensorType>();
  const constants = new Map<string, Tensor>();
  return {
    input(name, type, extra = {}) {
      inputs.push({ tensor: name, layout: 'nhwc', ...extra });
      types.set(name, type);
      return name;
    },
    constant(name, tensor) {
      constants.set(name, tensor);
      types.set(name, tensor.type);
      return name;
    },
    parameter(name, type) {
      types.set(name, type);
      return name;
    },
    typeOf: (name) => defined(types.get(name), `the type of tensor '${name}'`),
    node(name, op, nodeInputs, type) {
      const node: GraphNode = { name, op, inputs: nodeInputs, outputs: [name] };
      nodes.push(node);
      types.set(name, type ?? inferredType(node, types));
      return name;
    },
    build(outputs, settings = {}) {
      const graphOutputs: GraphOutput[] = outputs.map((tensor) => ({
        tensor,
        layout: 'nhwc',
        classOffset: settings.classOffset ?? 0,
      }));
      const requantBits = settings.requantBits ?? DEFAULT_REQUANT_BITS;
      return { name: graphName, inputs, outputs: graphOutputs, nodes, types, constants, requantBits };
    },
  };
}

function inferredType(node: GraphNode, types: ReadonlyMap<string, TensorType>): TensorType {
  const inferred = inferOutputTypes(
    node,
    node.inputs.map((name) => defined(types.get(name), `the type of tensor '${name}'`)),
  );
  if ('problems' in inferred) throw new HeddleError(inferred.problems);
  return defined(inferred.types[0], `the output of node '${node.name}'`);
}

/** The graph without types and constants that nothing refers to: what a pass calls after it has removed nodes. */
export function pruneTensors(graph: Graph): Graph {
  const used = new Set([
    ...graph.inputs.map((input) => input.tensor),
    ...graph.outputs.map((output) => output.tensor),
    ...graph.nodes.flatMap((node) => [...node.inputs, ...node.outputs]),
  ]);
  return {
    ...graph,
    types: new Map([...graph.types].filter(([name]) => used.has(name))),
    constants: new Map([...graph.constants].filter(([name]) => used.has(name))),
  };
}
