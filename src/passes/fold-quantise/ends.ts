import type { GraphNode } from '../../ir/graph.js';
import type { Diagnostic } from '../../support/diagnostics.js';
import { unquantisedInput, unquantisedOutput } from '../messages.js';
import { type Carrier, carrierOf, type Folding, type Output, typeIn } from './state.js';
import { wantedBy } from './wanted.js';

/** The integer tensor for a node's input; a problem is told where there is none, unless it has been told before. */
export function carriedInput(
  folding: Folding,
  node: GraphNode,
  tensor: string,
  problems: Diagnostic[],
): Carrier | undefined {
  const carrier = carrierOf(folding, tensor);
  if (carrier === undefined && !folding.refused.has(tensor)) {
    const reason = folding.values.has(tensor) ? 'is a constant' : 'is float32';
    problems.push(unquantisedInput(node.name, node.op.kind, tensor, reason));
  }
  return carrier;
}

/** The integer tensor to make for a float tensor whose readers quantise it; `node` is told of where they do not. */
export function quantisedOutput(
  folding: Folding,
  node: GraphNode,
  tensor: string,
  problems: Diagnostic[],
): Output | undefined {
  const wanted = wantedBy(folding, tensor);
  if ('reason' in wanted) {
    problems.push(unquantisedOutput(node.name, node.op.kind, wanted.reason));
    return undefined;
  }
  const { shape } = typeIn(folding.graph, tensor);
  return { stands: tensor, name: wanted.name ?? tensor, type: { shape, ...wanted.numbers } };
}
