import { F32, isInt } from '../../../ir/tensor-type.js';
import {
  activationOf,
  type Call,
  defineConstant,
  defineOutput,
  emitSteps,
  inputActivation,
  inputOf,
  numbersOf,
  outputOf,
  refuse,
  refuseUnlessKnown,
  tensorOf,
} from '../call.js';
import { converted, dataOf, foldDequantize, foldQuantize } from '../fold.js';
import { emitKept } from '../keep.js';
import { unsupportedType } from '../messages.js';
import { elementType, optional } from '../options.js';
import { rule } from '../rule.js';
import { remembered } from '../tensors.js';
import { graphShape, graphType, type Numbers } from '../value.js';

/** Operators that change what numbers a tensor is made of. */

const FLOAT: Numbers = { name: 'FLOAT32', element: F32, quant: undefined };

/** Float to integer, or from one integer's scale to another's. */
const quantize = rule({
  versions: 3,
  options: optional('QuantizeOptions', {}),
  run: (call) => {
    const value = inputOf(call, 0);
    const { shape, standIn, tensor } = value;
    // Logits have no use for the scale of probabilities.
    if (standIn !== undefined && tensor !== undefined) return defineOutput(call, 0, value, tensor);
    const x = inputActivation(call, 0);
    if (x.isInteger) return emitKept(call, { made: graphShape(shape), shape });
    const numbers = numbersOf(call, outputOf(call));
    const y = activationOf(call, numbers, 'output');
    if (!y.isInteger) {
      const text = 'it quantises to FLOAT32';
      refuse(unsupportedType(call.spot, text, 'the file contradicts itself; convert the model again'));
    }
    const step = { op: { kind: 'quantise' }, type: graphType(y.element, y.quant, graphShape(shape)) } as const;
    emitSteps(call, [tensorOf(call, value)], [step], { shape, numbers });
  },
  fold: foldQuantize,
});

const dequantize = rule({
  versions: 5,
  options: optional('DequantizeOptions', {}),
  run: (call) => {
    const value = inputOf(call, 0);
    const x = inputActivation(call, 0);
    if (!x.isInteger) {
      const text = 'it dequantises what is float32 already';
      refuseUnlessKnown([value], () => unsupportedType(call.spot, text, 'convert the model again'));
    }
    emitDequantise(call);
  },
  fold: foldDequantize,
});

function emitDequantise(call: Call): void {
  const value = inputOf(call, 0);
  const { shape, standIn } = value;
  const step = { op: { kind: 'dequantise' }, type: graphType(F32, undefined, graphShape(shape)) } as const;
  const result = { shape, numbers: FLOAT, ...(standIn === undefined ? {} : { standIn }) };
  emitSteps(call, [tensorOf(call, value)], [step], result);
}

const CASTABLE: ReadonlySet<string> = new Set([
  'FLOAT32',
  'FLOAT16',
  'INT32',
  'INT64',
  'INT8',
  'UINT8',
  'INT16',
  'UINT16',
]);
const CAST_RESULTS: ReadonlySet<string> = new Set(['FLOAT32', 'INT32', 'INT64']);

/** A change of type without scales. The options repeat the types of the tensors, which are what counts. */
const cast = rule({
  versions: 5,
  options: optional('CastOptions', { in_data_type: elementType(), out_data_type: elementType() }),
  run: (call) => {
    const value = inputOf(call, 0);
    const output = numbersOf(call, outputOf(call)).name;
    const { name, element, quant } = value.numbers;
    const isPlain =
      quant === undefined || (quant.axis === undefined && quant.scale[0] === 1 && quant.zeroPoint[0] === 0);
    // An integer without scale as a real value is a dequantise with scale 1.
    if (output === 'FLOAT32' && element !== undefined && isInt(element) && element.bits <= 16 && isPlain)
      return emitDequantise(call);
    const text = `it casts ${name} to ${output} while the network runs`;
    return refuseUnlessKnown([value], () => unsupportedType(call.spot, text, 'export the network without the cast'));
  },
  fold: (call) => {
    const value = inputOf(call, 0);
    const numbers = numbersOf(call, outputOf(call));
    const from = value.numbers.name;
    if (!CASTABLE.has(from) || !CAST_RESULTS.has(numbers.name)) {
      const text = `it casts constants of ${from} to ${numbers.name}`;
      refuse(unsupportedType(call.spot, text, 'export the result as a constant'));
    }
    const isReal = from === 'FLOAT32' || from === 'FLOAT16';
    const compute = () => {
      const data = dataOf(value);
      if (isReal && numbers.name === 'FLOAT32') return data;
      return converted(call, Array.from(data as ArrayLike<number | bigint>, Number), numbers.name);
    };
    defineConstant(call, 0, { shape: value.shape, numbers }, remembered(compute));
  },
});

export const NUMBER_RULES = { QUANTIZE: quantize, DEQUANTIZE: dequantize, CAST: cast };
