import { fusedActivation } from '../activation.js';
import {
  type Call,
  defineConstant,
  emitSteps,
  inputActivation,
  inputOf,
  normalAxis,
  numbersOf,
  outputActivation,
  outputOf,
  refuse,
  refuseUnlessKnown,
  tensorOf,
  withBatchAxis,
} from '../call.js';
import { converted, foldJoin } from '../fold.js';
import { numbersAs } from '../keep.js';
import { CONTRADICTION, operandsDoNotFit, unsupportedOperator, unsupportedType } from '../messages.js';
import { elementType, required, whole } from '../options.js';
import { MANY, rule } from '../rule.js';
import { dropsBatch, graphShape, graphType } from '../value.js';
import { checkPlainOptions } from './checks.js';

/** Operators that join tensors, and those that make constants of shapes. */

interface Joined {
  readonly axis: number;
  readonly shape: readonly number[];
}

type ConcatCall = Call<{ readonly axis: number; readonly fused_activation_function: string }>;

/** The axis from 0 on, and the shape of the result. */
function joinedShape(call: ConcatCall): Joined {
  checkPlainOptions(call, { fused_activation_function: call.options.fused_activation_function === 'NONE' });
  const shapes = call.inputs.map((_, index) => inputOf(call, index).shape);
  const [first = []] = shapes;
  const axis = normalAxis(call, call.options.axis, first.length, 'axis');
  const fits = shapes.every(
    (shape) => shape.length === first.length && shape.every((extent, at) => at === axis || extent === first[at]),
  );
  const extent = shapes.reduce((sum, shape) => sum + (shape[axis] ?? 0), 0);
  if (fits) return { axis, shape: first.with(axis, extent) };
  const text = `inputs of [${shapes.map((shape) => shape.join(', ')).join('], [')}] cannot be joined along axis ${axis}`;
  return refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
}

/** Integer inputs are brought to the output's scale by the graph's own concat. */
const concatenation = rule({
  versions: 3,
  options: required('ConcatenationOptions', { axis: whole(), fused_activation_function: fusedActivation }),
  inputs: MANY,
  run: (call) => {
    const x = inputActivation(call, 0);
    const y = outputActivation(call, x);
    if (call.inputs.some((_, index) => inputActivation(call, index).isInteger !== x.isInteger)) {
      const text = 'it mixes float32 and integers: its inputs are of both kinds';
      refuse(unsupportedType(call.spot, text, 'convert the model with one kind of numbers'));
    }
    const { axis, shape } = joinedShape(call);
    const values = call.inputs.map((_, index) => inputOf(call, index));
    // Along the batch axis, or where one input alone has one, all of it is shown.
    const isWhole = axis === 0 || !dropsBatch(shape);
    const inputs = values.map((value) => (isWhole ? withBatchAxis(call, value) : tensorOf(call, value)));
    const made = isWhole ? shape : graphShape(shape);
    const step = {
      op: { kind: 'concat', axis: isWhole ? axis : axis - 1 },
      type: graphType(y.element, y.quant, made),
    } as const;
    emitSteps(call, inputs, [step], { shape, numbers: numbersAs(numbersOf(call, outputOf(call)), y) });
  },
  fold: (call) => {
    const { axis, shape } = joinedShape(call);
    foldJoin(call, axis, shape);
  },
});

const pack = rule({
  versions: 4,
  options: required('PackOptions', { values_count: whole(), axis: whole() }),
  inputs: MANY,
  run: (call) =>
    refuseUnlessKnown(call.inputs, () =>
      unsupportedOperator(call.spot, 'it stacks what flows in the network', 'use a concatenation instead'),
    ),
  fold: (call) => {
    const shapes = call.inputs.map((_, index) => inputOf(call, index).shape);
    const [first = []] = shapes;
    const axis = normalAxis(call, call.options.axis, first.length + 1, 'axis');
    const isCounted = call.options.values_count === call.inputs.length;
    const fits = shapes.every(
      (shape) => shape.length === first.length && shape.every((extent, at) => extent === first[at]),
    );
    if (!isCounted || !fits) {
      const text = `${call.inputs.length} inputs of [${shapes.map((shape) => shape.join(', ')).join('], [')}] are not ${call.options.values_count} of one shape`;
      refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
    }
    foldJoin(call, axis, first.toSpliced(axis, 0, call.inputs.length));
  },
});

/** A constant, since every shape is known. */
const shape = rule({
  versions: 1,
  options: required('ShapeOptions', { out_type: elementType() }),
  run: (call) => {
    const extents = inputOf(call, 0).shape;
    const numbers = numbersOf(call, outputOf(call));
    if (numbers.name !== 'INT32' && numbers.name !== 'INT64') {
      const text = `its output is ${numbers.name}`;
      refuse(unsupportedType(call.spot, text, 'the file contradicts itself; convert the model again'));
    }
    const data = converted(call, extents, numbers.name);
    defineConstant(call, 0, { shape: [extents.length], numbers }, () => data);
  },
});

export const JOIN_RULES = { CONCATENATION: concatenation, PACK: pack, SHAPE: shape };
