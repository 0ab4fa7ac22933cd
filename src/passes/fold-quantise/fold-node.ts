import type { GraphNode } from '../../ir/graph.js';
import type { OpKind } from '../../ir/op.js';
import { isInt } from '../../ir/tensor-type.js';
import { sameNumbers } from '../../ir/type-equality.js';
import { ACTIVATION_BITS } from '../../ir/verify-typing.js';
import { noIntegerForm, quantisedPerAxis, unfoldedSums } from '../messages.js';
import { evaluateConstant } from './constants.js';
import { foldAffine, foldFunction, foldJoin, isGateOfProduct, isJoin } from './joins.js';
import { foldDequantisedSums, foldLayer, isLayer } from './layer.js';
import { foldAveragePool, foldMover, isAveragePool } from './movers.js';
import { carrierOf, emit, type Folding, outputOf, refuse, typeIn } from './state.js';
import { commutesWithQuantise } from './wanted.js';

/** Puts into the new graph what stands for one node of the old one. Nodes come in topological order. */
export function foldNode(folding: Folding, node: GraphNode): void {
  if (folding.absorbed.has(node) || evaluateConstant(folding, node)) return;
  if (node.op.kind === 'quantise') foldQuantised(folding, node);
  else if (node.op.kind === 'dequantise') foldDequantised(folding, node);
  else if (isInt(typeIn(folding.graph, outputOf(node)).element)) keepInteger(folding, node);
  else foldFloat(folding, node);
}

/** Behind a tensor that has the wanted type already nothing is left; otherwise it is requantised. */
function foldQuantised(folding: Folding, node: GraphNode): void {
  const output = outputOf(node);
  const type = typeIn(folding.graph, output);
  const carrier = carrierOf(folding, node.inputs[0] ?? '');
  // Where the input has been refused the type is known all the same, so that what follows can be looked at.
  if (carrier === undefined) folding.carriers.set(output, output);
  else if (sameNumbers(carrier.type, type)) folding.carriers.set(output, carrier.name);
  else {
    const requantise = { name: node.name, op: { kind: 'requantise' }, inputs: [carrier.name] } as const;
    emit(folding, requantise, { stands: output, name: output, type });
  }
}

function foldDequantised(folding: Folding, node: GraphNode): void {
  const [input = ''] = node.inputs;
  const output = outputOf(node);
  const layer = folding.sums.get(input);
  const carrier = carrierOf(folding, input);
  if (layer !== undefined && isLayer(layer)) foldDequantisedSums(folding, layer, node);
  else if (carrier === undefined) refuse(folding, output, []);
  else if (carrier.type.quant?.axis !== undefined) refuse(folding, output, [quantisedPerAxis(node.name, input)]);
  else folding.carriers.set(output, carrier.name);
}

/** A node that computes in integers already stays; sums of 32 bits wait for what makes them a tensor. */
function keepInteger(folding: Folding, node: GraphNode): void {
  const output = outputOf(node);
  const type = typeIn(folding.graph, output);
  if (isInt(type.element) && type.element.bits > ACTIVATION_BITS.most && isLayer(node)) {
    const readers = folding.readers.get(output) ?? [];
    const other = readers.find((reader) => reader.op.kind !== 'dequantise');
    if (folding.outputs.has(output))
      refuse(folding, output, [unfoldedSums(node.name, node.op.kind, 'which are an output of the network')]);
    else if (other !== undefined)
      refuse(folding, output, [
        unfoldedSums(node.name, node.op.kind, `which node '${other.name}' ('${other.op.kind}') reads`),
      ]);
    else if (readers.length > 1)
      refuse(folding, output, [unfoldedSums(node.name, node.op.kind, `which ${readers.length} nodes read`)]);
    else folding.sums.set(output, node);
    return;
  }
  if (node.inputs.some((name) => folding.refused.has(name))) {
    refuse(folding, output, []);
    return;
  }
  const inputs = node.inputs.map((name) => folding.carriers.get(name) ?? name);
  emit(folding, { name: node.name, op: node.op, inputs }, { stands: output, name: output, type });
}

function foldFloat(folding: Folding, node: GraphNode): void {
  const { op } = node;
  if (isLayer(node)) foldLayer(folding, node);
  else if (isJoin(node)) foldJoin(folding, node);
  else if (isAveragePool(node)) foldAveragePool(folding, node);
  else if (commutesWithQuantise(op)) foldMover(folding, node);
  else if (TABLES.has(op.kind)) foldTable(folding, node);
  else if (op.kind !== 'batch-norm' || !foldAffine(folding, node)) refuseFloat(folding, node);
}

const TABLES: ReadonlySet<OpKind> = new Set<OpKind>([
  'sigmoid',
  'tanh',
  'elu',
  'hard-sigmoid',
  'hard-swish',
  'swish',
  'leaky-relu',
  'prelu',
  'local-response-norm',
]);

function foldTable(folding: Folding, node: GraphNode): void {
  if (isGateOfProduct(folding, node)) folding.absorbed.add(node);
  else foldFunction(folding, node);
}

/** What has no integer form at all. */
function refuseFloat(folding: Folding, node: GraphNode): void {
  const { kind } = node.op;
  const isTold = node.inputs.some((name) => folding.refused.has(name));
  const problem =
    kind === 'batch-norm'
      ? noIntegerForm(node.name, kind, NORMALISES, 'fold it into the layer before it when the network is exported')
      : noIntegerForm(
          node.name,
          kind,
          'it has no integer form',
          'export the network in float32 up to here, or without this operator',
        );
  refuse(folding, outputOf(node), isTold && kind === 'batch-norm' ? [] : [problem]);
}

const NORMALISES = 'it stands behind nothing that it could be folded into, and its input is no quantised feature map';
