import { isInt, type Quantization } from '../../../ir/tensor-type.js';
import { type Call, inputOf, integersOf, operandOf, refuseNode, tensorOf } from '../call.js';
import { elementOf } from '../dtypes.js';
import { type RuleTable, rule } from '../rule.js';
import type { QuantisedConstant } from '../values.js';
import { CONV, emitConv } from './conv.js';
import { knownInput, placedTensor, type WeightForm } from './conv-weights.js';
import { emitProduct, matMulProduct, matrixForm } from './dense.js';
import { claim } from './quantised-linear.js';

/**
 * Operators that hand out their sums as int32. What scales these, adds a bias and quantises them stands behind them as nodes
 * of their own; the pass fold-quantise makes one layer of it all.
 */

/** Sums count as they are. */
const SUMS = { dtype: 'int32', quant: { scale: [1], zeroPoint: [0] } } as const;

const OPERANDS = { min: 2, max: 4 } as const;

/** Zero points at an input; 0 where it is left out. */
function zeroPoints(call: Call, index: number, role: string): readonly number[] {
  return inputOf(call, index).kind === 'absent' ? [0] : integersOf(call, index, role);
}

/** What flows in has the zero point that the node says. */
function checkInput(call: Call): void {
  const x = operandOf(call, 0);
  const [zeroPoint = 0, ...others] = zeroPoints(call, 2, 'zero point of its input');
  if (others.length > 0) refuseNode(call, 'its input has several zero points', 'quantise activations per tensor');
  if (x.kind !== 'flowing' || !isInt(call.work.typeOf(tensorOf(call, x)).element)) {
    refuseNode(call, `its input is ${x.dtype}, not integers that flow through the network`, 'export the model again');
    return;
  }
  const known = claim(call, x, { scale: [1], zeroPoint: [zeroPoint] });
  if (known.axis === undefined && known.zeroPoint[0] === zeroPoint) return;
  const text = `it reads '${call.node.input[0]}' with zero point ${zeroPoint}, but that has ${known.zeroPoint[0]}`;
  refuseNode(call, text, 'the zero points at both ends of a tensor have to be equal; export the model again');
}

/** The weight as integers with zero points, one for each index of `axis` or one for all. */
function integerWeight(call: Call, axis: number): QuantisedConstant {
  const value = knownInput(call, 1, 'weight');
  const element = elementOf(value.dtype);
  if (value.kind !== 'constant' || element === undefined || !isInt(element))
    return refuseNode(call, `its weight is not a constant of integers`, 'export the model again');
  const zeroPoint = zeroPoints(call, 3, 'zero point of its weight');
  const scale = zeroPoint.map(() => 1);
  if (zeroPoint.length > 1 && zeroPoint.length !== value.shape[axis]) {
    const text = `it has ${zeroPoint.length} zero points for a weight of [${value.shape.join(', ')}]`;
    refuseNode(call, text, 'the file contradicts itself; export the model again');
  }
  const quant: Quantization = zeroPoint.length > 1 ? { scale, zeroPoint, axis } : { scale, zeroPoint };
  return { ...value, kind: 'quantised', quant };
}

const placeIn =
  (call: Call, weight: QuantisedConstant) =>
  (form: WeightForm): string =>
    placedTensor(call, weight, 'weight', form);

const convInteger = rule({
  from: 10,
  attributes: CONV,
  inputs: OPERANDS,
  run: (call) => {
    checkInput(call);
    emitConv(call, { weight: placeIn(call, integerWeight(call, 0)), bias: () => [], numbers: SUMS });
  },
});

const matMulInteger = rule({
  from: 10,
  inputs: OPERANDS,
  run: (call) => {
    checkInput(call);
    const a = operandOf(call, 0);
    const weight = integerWeight(call, 1);
    const { product, shape } = matMulProduct(call, a, weight);
    const inputs = { x: tensorOf(call, a), weight: placeIn(call, weight)(matrixForm(product)), bias: [] };
    emitProduct(call, product, inputs, { shape, ...SUMS });
  },
});

export const INTEGER_SUM_RULES: RuleTable = { ConvInteger: [convInteger], MatMulInteger: [matMulInteger] };
