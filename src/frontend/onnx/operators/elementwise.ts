import { broadcastShape, broadcastsTo } from '../../../ir/broadcast.js';
import { F32, type TensorType } from '../../../ir/tensor-type.js';
import { type Call, define, emitAs, operandOf, refuseNode, step } from '../call.js';
import { isFloat } from '../dtypes.js';
import { foldElementwise } from '../fold.js';
import { MANY, type OperatorRule, type RuleTable, rule, TWO } from '../rule.js';
import { graphShape } from '../values.js';
import { floatConstant, knownInput, realInput, realValues } from './conv-weights.js';
import { emitLimits } from './elementwise-numbers.js';
import { gatedProduct } from './gates.js';

/** Sums and products element by element, with broadcasting: axes are aligned at the end, in the file and in the graph. */

const ONE_SHAPE = 'all inputs have one shape, or extents of 1 where they are repeated, axes aligned at the end';

/** The file's shape of the result. */
function resultShape(call: Call): readonly number[] {
  const shapes = call.inputs.map((_, index) => operandOf(call, index).shape);
  const shape = broadcastShape(shapes);
  if (shape !== undefined) return shape;
  const text = `its inputs have the shapes ${shapes.map((one) => `[${one.join(', ')}]`).join(' and ')}`;
  return refuseNode(call, `${text}, which do not go together`, ONE_SHAPE);
}

/** Emits a sum or product of tensors of the graph as the node's result. */
function emitJoined(call: Call, kind: 'add' | 'mul', tensors: readonly string[]): void {
  const shape = resultShape(call);
  const made = broadcastShape(tensors.map((tensor) => call.work.typeOf(tensor).shape)) ?? graphShape(shape);
  emitAs(call, { kind }, tensors, { made, shape, dtype: operandOf(call, 0).dtype });
}

function realInputs(call: Call): readonly string[] {
  return call.inputs.map((_, index) => realInput(call, index));
}

/** A constant of one number. */
function numberConstant(call: Call, name: string, value: number): string {
  return floatConstant(call, `${call.spot.node}/${name}`, [1], Float32Array.of(value));
}

/** The tensor times a number, on the way to the result. */
function times(call: Call, tensor: string, factor: number): string {
  const type: TensorType = { ...call.work.typeOf(tensor), element: F32 };
  return step(call, { kind: 'mul' }, [tensor, numberConstant(call, 'factor', factor)], type);
}

/** A constant operand with each value replaced, as the graph has it. Undefined where the operand is computed. */
function mappedConstant(call: Call, index: number, f: (value: number) => number): string | undefined {
  const value = operandOf(call, index);
  if (value.kind === 'flowing') return undefined;
  if (value.kind === 'constant' && !isFloat(value.dtype)) realInput(call, index);
  call.work.spendCopy(12 * value.data.length);
  return floatConstant(call, value.name, graphShape(value.shape), Float32Array.from(realValues(value), f));
}

const add = rule({
  from: 7,
  inputs: TWO,
  run: (call) => emitJoined(call, 'add', realInputs(call)),
  fold: (call) => foldElementwise(call, (a, b) => (a ?? 0) + (b ?? 0)),
});

/** a - b is a + (-b). */
const sub = rule({
  from: 7,
  inputs: TWO,
  run: (call) => {
    const negative = mappedConstant(call, 1, (value) => -value) ?? times(call, realInput(call, 1), -1);
    emitJoined(call, 'add', [realInput(call, 0), negative]);
  },
  fold: (call) => foldElementwise(call, (a, b) => (a ?? 0) - (b ?? 0)),
});

const mul = rule({
  from: 7,
  inputs: TWO,
  run: (call) => emitProduct(call, realInputs(call)),
  fold: (call) => foldElementwise(call, (a, b) => (a ?? 0) * (b ?? 0)),
});

/** A product; x times its own gate is one operator. */
function emitProduct(call: Call, tensors: readonly string[]): void {
  const own = gatedProduct(call.work, tensors);
  if (own === undefined) {
    emitJoined(call, 'mul', tensors);
    return;
  }
  const { dtype } = operandOf(call, 0);
  emitAs(call, { kind: own.kind }, [own.x], { made: call.work.typeOf(own.x).shape, shape: resultShape(call), dtype });
}

/** a / b is a * (1 / b), b being constant. */
const div = rule({
  from: 7,
  inputs: TWO,
  run: (call) => {
    const divisor = operandOf(call, 1);
    if (divisor.kind === 'flowing') {
      const text = 'it divides by what flows through the network, which has no operator in hardware';
      refuseNode(call, text, 'divide by constants only');
    }
    if (realValues(divisor).includes(0)) refuseNode(call, 'it divides by 0', 'export the model again');
    const reciprocal = mappedConstant(call, 1, (value) => 1 / value) ?? '';
    emitProduct(call, [realInput(call, 0), reciprocal]);
  },
  fold: (call) => {
    const isInteger = !isFloat(operandOf(call, 0).dtype);
    foldElementwise(call, (a = 0, b = 1) => {
      if (isInteger && b === 0) refuseNode(call, 'it divides integers by 0', 'export the model again');
      return a / b;
    });
  },
});

const negate = rule({
  from: 6,
  run: (call) => {
    const tensor = realInput(call);
    const { shape, dtype } = operandOf(call, 0);
    const inputs = [tensor, numberConstant(call, 'factor', -1)];
    emitAs(call, { kind: 'mul' }, inputs, { made: call.work.typeOf(tensor).shape, shape, dtype });
  },
  fold: (call) => foldElementwise(call, (a) => -(a ?? 0)),
});

/** Of one input it is that. */
const sum = rule({
  from: 6,
  inputs: MANY,
  run: (call) => emitMany(call, realInputs(call)),
  fold: (call) => foldElementwise(call, (...values) => values.reduce((total, value) => total + value, 0)),
});

function emitMany(call: Call, tensors: readonly string[]): void {
  const [only = ''] = tensors;
  const { shape, dtype } = operandOf(call, 0);
  if (tensors.length > 1) emitJoined(call, 'add', tensors);
  else define(call, { shape, dtype }, only);
}

const mean = rule({
  from: 6,
  inputs: MANY,
  run: (call) => {
    const share = 1 / call.inputs.length;
    emitMany(
      call,
      realInputs(call).map((tensor) => times(call, tensor, share)),
    );
  },
  fold: (call) =>
    foldElementwise(call, (...values) => values.reduce((total, value) => total + value, 0) / values.length),
});

/** The larger or smaller of a tensor and constants of one value each: limits. */
function limit(end: 'lo' | 'hi', choose: (...values: readonly number[]) => number): OperatorRule {
  return rule({
    from: 6,
    inputs: MANY,
    run: (call) => {
      const flowing = call.inputs.flatMap((value, index) => (value.kind === 'flowing' ? [index] : []));
      const [x = 0, ...others] = flowing;
      if (others.length > 0) {
        const text = `it takes the ${end === 'lo' ? 'larger' : 'smaller'} one of ${flowing.length} tensors that are computed`;
        refuseNode(call, text, 'only limits that are constants are supported');
      }
      const bounds = call.inputs.flatMap((_, index) => (index === x ? [] : [boundOf(call, index, x)]));
      emitLimits(call, x, bounds.length === 0 ? {} : { [end]: choose(...bounds) });
    },
    fold: (call) => foldElementwise(call, choose),
  });
}

/** The one value of a constant that goes with the tensor at input `x`. */
function boundOf(call: Call, index: number, x: number): number {
  const value = knownInput(call, index, 'limit');
  const [bound, ...others] = new Set(realValues(value));
  const { shape } = operandOf(call, x);
  if (bound !== undefined && others.length === 0 && broadcastsTo(value.shape, shape)) return bound;
  const text = `its constant of [${value.shape.join(', ')}] is not one value for all of [${shape.join(', ')}]`;
  return refuseNode(call, text, 'limit all elements alike');
}

/** The square is a product; other powers of what flows have no operator. */
const pow = rule({
  from: 7,
  inputs: TWO,
  run: (call) => {
    const exponents = new Set(realValues(knownInput(call, 1, 'exponent')));
    const [exponent, ...others] = exponents;
    if (others.length > 0 || exponent !== 2) {
      const powers = others.length > 0 ? `${exponents.size} different powers` : `the power ${exponent}`;
      refuseNode(call, `it raises to ${powers}`, 'only squares are supported');
    }
    const tensor = realInput(call, 0);
    emitJoined(call, 'mul', [tensor, tensor]);
  },
  fold: (call) => foldElementwise(call, (a, b) => (a ?? 0) ** (b ?? 0)),
});

export const ELEMENTWISE_RULES: RuleTable = {
  Add: [add],
  Sub: [sub],
  Mul: [mul],
  Div: [div],
  Neg: [negate],
  Sum: [sum],
  Mean: [mean],
  Max: [limit('lo', Math.max)],
  Min: [limit('hi', Math.min)],
  Pow: [pow],
};
