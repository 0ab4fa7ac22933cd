import { elementCount } from '../../../ir/tensor-type.js';
import { sameExtents } from '../../../ir/type-equality.js';
import { clampAttribute, fusedActivation, fusedClamp } from '../activation.js';
import {
  type Activation,
  type Call,
  emitSteps,
  inputActivation,
  inputOf,
  numbersOf,
  outputActivation,
  outputOf,
  refuseUnlessKnown,
  reshapeOp,
  type Step,
  tensorOf,
} from '../call.js';
import { numbersAs } from '../keep.js';
import { CONTRADICTION, operandsDoNotFit } from '../messages.js';
import { choice, elementType, flag, required } from '../options.js';
import { rule } from '../rule.js';
import { graphShape, graphType } from '../value.js';
import { biasOf, weightOf } from '../weights.js';
import { checkBiasType, checkPlainOptions } from './checks.js';

interface Product {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

const POINTWISE = {
  ...{ kernelH: 1, kernelW: 1, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1 },
  ...{ padTop: 0, padLeft: 0, padBottom: 0, padRight: 0, groups: 1 },
} as const;

/** One row is a dense layer over the elements in their order; several are a convolution with a kernel of one pixel. */
function productSteps(
  call: Call<{ readonly fused_activation_function: string }>,
  { rows, inputs, outputs }: Product,
  x: Activation,
  y: Activation,
): readonly Step[] {
  const clamp = clampAttribute(fusedClamp(call, y));
  const isVector = rows === 1;
  const weightShape = isVector ? [outputs, inputs] : [outputs, 1, 1, inputs];
  const weight = weightOf(call, 1, { order: [0, 1], shape: weightShape }, x);
  const others = [weight, ...biasOf(call, 2, 1, outputs, x)];
  const from = graphShape(inputOf(call, 0).shape);
  const read = isVector ? [inputs] : [rows, 1, inputs];
  const made = isVector ? [outputs] : [rows, 1, outputs];
  const reshaped: Step = { op: reshapeOp(read), type: graphType(x.element, x.quant, read) };
  const op = isVector ? ({ kind: 'dense', ...clamp } as const) : ({ kind: 'conv', ...POINTWISE, ...clamp } as const);
  const product: Step = { op, type: graphType(y.element, y.quant, made), others };
  return sameExtents(from, read) ? [product] : [reshaped, product];
}

/** Weights [out][in] as in the graph. The input is taken as rows of `in` elements, whatever its shape. */
const fullyConnected = rule({
  versions: 13,
  options: required('FullyConnectedOptions', {
    fused_activation_function: fusedActivation,
    weights_format: choice(['DEFAULT', 'SHUFFLED4x16INT8']),
    keep_num_dims: flag(),
    // Only where float inputs meet integer weights, which are read as real values: their input is not quantised.
    asymmetric_quantize_inputs: flag(),
    quantized_bias_type: elementType(),
  }),
  inputs: { min: 2, max: 3 },
  run: (call) => {
    checkPlainOptions(call, { weights_format: call.options.weights_format === 'DEFAULT' });
    checkBiasType(call);
    const x = inputActivation(call, 0);
    const y = outputActivation(call, x);
    const { shape } = inputOf(call, 0);
    const [outputs = 0, inputs = 0, ...others] = inputOf(call, 1).shape;
    const rows = elementCount(shape) / inputs;
    const keeps = call.options.keep_num_dims;
    if (others.length > 0 || !Number.isInteger(rows) || rows < 1 || (keeps && shape.at(-1) !== inputs)) {
      const text = `a weight of [${inputOf(call, 1).shape.join(', ')}] does not go with an input of [${shape.join(', ')}]`;
      refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
    }
    const steps = productSteps(call, { rows, inputs, outputs }, x, y);
    const numbers = numbersAs(numbersOf(call, outputOf(call)), y);
    const result = keeps ? [...shape.slice(0, -1), outputs] : [rows, outputs];
    emitSteps(call, [tensorOf(call, inputOf(call, 0))], steps, { shape: result, numbers });
  },
});

export const DENSE_RULES = { FULLY_CONNECTED: fullyConnected };
