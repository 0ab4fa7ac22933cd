import { requantParams } from '../execute/integer/requant-params.js';
import { constantInput } from '../execute/tensor-access.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { ConvOp, DenseOp } from '../ir/op.js';
import { isInt } from '../ir/tensor-type.js';
import { invariant } from '../support/invariant.js';
import type { MacNumbers } from './layer.js';

/**
 * A layer's numbers as the hardware keeps them. Unsigned weights become signed by taking half their range off, which
 * moves their zero point alike; the array then computes `sum x*w' - zw' * sum x`, and what depends on the input's zero
 * point but not on x, `-zx * sum(w - zw)` over all taps, padded ones too, goes into the bias.
 */
export function macNumbers(graph: Graph, node: GraphNode<ConvOp | DenseOp>): MacNumbers {
  const p = requantParams(graph, node);
  const { element } = constantInput(graph, node, 1).type;
  invariant(isInt(element), `the weights of node '${node.name}' are not integers`);
  const offset = element.signed ? 0 : 2 ** (element.bits - 1);
  const weightZeroPoint = p.weightZeroPoint.map((zeroPoint) => zeroPoint - offset);
  const weights = new Int16Array(p.weights.length);
  const bias = Float64Array.from(p.bias);
  for (let oc = 0; oc < p.outChannels; oc++) {
    let sum = 0;
    for (let i = oc * p.filterLength; i < (oc + 1) * p.filterLength; i++) {
      const centred = p.weights[i] as number;
      weights[i] = centred + (weightZeroPoint[oc] as number);
      sum += centred;
    }
    bias[oc] = (bias[oc] as number) - p.inputZeroPoint * sum;
  }
  return {
    weights,
    weightBits: element.bits,
    filterLength: p.filterLength,
    weightZeroPoint,
    bias,
    multiplier: p.multiplier,
    shift: p.shift,
    requantBits: graph.requantBits,
    accMin: p.accMin,
    accMax: p.accMax,
    inputZeroPoint: p.inputZeroPoint,
    outputZeroPoint: p.zeroPoint,
    clampLo: p.lo,
    clampHi: p.hi,
  };
}
