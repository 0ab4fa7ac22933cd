import { prepareInteger } from '../../src/execute/integer/execute-integer.js';
import type { Graph, GraphNode } from '../../src/ir/graph.js';
import type { OpKind } from '../../src/ir/op.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { defined } from '../../src/support/invariant.js';

/** How far the elements of one node's output are from the runtime's, over all frames. */
export interface Agreement {
  readonly node: string;
  readonly kind: OpKind;
  elements: number;
  equal: number;
  offByOne: number;
  worse: number;
  /** The first element that is worse: where, ours, the runtime's. */
  example?: string;
}

/**
 * The golden model operator by operator: each node is fed with the runtime's own input tensors. Where the runtime has no
 * tensor of a name (an operator that the file does not have), ours, computed from the runtime's, stands in for it.
 */
export interface OperatorComparison {
  /** Compares one frame. `runtime` gives the runtime's tensors by the graph's names, in Heddle's order of axes. */
  compare(runtime: (tensor: string) => Tensor | undefined): void;
  readonly agreements: readonly Agreement[];
  /** Nodes whose output the runtime did not have. */
  readonly unseen: readonly string[];
}

export function makeComparison(graph: Graph): OperatorComparison {
  const steps = graph.nodes.map((node) => ({
    node,
    output: defined(node.outputs[0], `the output of '${node.name}'`),
    inputs: [...new Set(node.inputs.filter((name) => !graph.constants.has(name)))],
    executor: prepareInteger(alone(graph, node)),
    agreement: { node: node.name, kind: node.op.kind, elements: 0, equal: 0, offByOne: 0, worse: 0 } as Agreement,
  }));
  const unseen = new Set<string>();
  return {
    compare(runtime) {
      const stood = new Map<string, Tensor>();
      const value = (name: string): Tensor => defined(runtime(name) ?? stood.get(name), `the runtime's '${name}'`);
      for (const { node, output, inputs, executor, agreement } of steps) {
        const ours = executor.run(new Map(inputs.map((name) => [name, value(name)]))).get(output);
        const wanted = runtime(output);
        if (wanted === undefined) {
          stood.set(output, defined(ours, `the output of '${node.name}'`));
          unseen.add(node.name);
        } else count(agreement, defined(ours, `the output of '${node.name}'`), wanted);
      }
    },
    agreements: steps.map((step) => step.agreement),
    get unseen() {
      return [...unseen];
    },
  };
}

/** The graph of one node. */
function alone(graph: Graph, node: GraphNode): Graph {
  const flowing = [...new Set(node.inputs.filter((name) => !graph.constants.has(name)))];
  return {
    ...graph,
    nodes: [node],
    inputs: flowing.map((tensor) => ({ tensor, layout: 'nhwc' })),
    outputs: node.outputs.map((tensor) => ({ tensor, layout: 'nhwc', classOffset: 0 })),
  };
}

function count(agreement: Agreement, ours: Tensor, wanted: Tensor): void {
  if (ours.data.length !== wanted.data.length) {
    throw new Error(`'${agreement.node}': ${ours.data.length} elements, the runtime has ${wanted.data.length}`);
  }
  for (let i = 0; i < ours.data.length; i++) {
    const distance = Math.abs(Number(ours.data[i]) - Number(wanted.data[i]));
    agreement.elements++;
    if (distance === 0) agreement.equal++;
    else if (distance === 1) agreement.offByOne++;
    else {
      agreement.worse++;
      agreement.example ??= `element ${i}: ${ours.data[i]}, the runtime has ${wanted.data[i]}`;
    }
  }
}

/** Agreement that is asked for: this share of a tensor's elements equal, the others off by 1. */
export const LEAST_EQUAL = 0.999;

const AVERAGES: ReadonlySet<OpKind> = new Set(['average-pool', 'global-average-pool']);

/** Average pools have no share to reach: the runtime computes their mean in float32. */
export function isAcceptable({ kind, elements, equal, worse }: Agreement): boolean {
  return worse === 0 && (AVERAGES.has(kind) || equal >= LEAST_EQUAL * elements);
}

/** One line an operator kind. */
export function summarise(agreements: readonly Agreement[]): readonly Agreement[] {
  const kinds = new Map<string, Agreement>();
  for (const one of agreements) {
    const sum = kinds.get(one.kind) ?? { node: '', kind: one.kind, elements: 0, equal: 0, offByOne: 0, worse: 0 };
    sum.elements += one.elements;
    sum.equal += one.equal;
    sum.offByOne += one.offByOne;
    sum.worse += one.worse;
    kinds.set(one.kind, sum);
  }
  return [...kinds.values()];
}

export function agreementText({ kind, elements, equal, offByOne, worse }: Agreement): string {
  const share = elements === 0 ? 100 : (100 * equal) / elements;
  return `${kind.padEnd(22)} ${String(elements).padStart(11)} elements, equal ${share.toFixed(4)} %, off by 1 ${offByOne}, worse ${worse}`;
}
