import { broadcastsTo } from '../../../ir/broadcast.js';
import type { Op } from '../../../ir/op.js';
import { isInt } from '../../../ir/tensor-type.js';
import { real } from '../attributes.js';
import { type Call, emit, inputOf, operandOf, refuseNode, scalarOf, tensorOf } from '../call.js';
import { type OperatorRule, type RuleTable, rule, TWO } from '../rule.js';
import { graphShape } from '../values.js';
import { knownInput, realInput, weightTensor } from './conv-weights.js';
import { emitLimits } from './elementwise-numbers.js';

/** Functions of one element. */

/** Emits a function of real values. */
function emitFunction(call: Call, op: Op, others: readonly string[] = []): void {
  const { shape, dtype } = operandOf(call, 0);
  emit(call, op, [realInput(call), ...others], { shape, dtype });
}

function pointwise(from: number, op: Op): readonly OperatorRule[] {
  return [rule({ from, run: (call) => emitFunction(call, op) })];
}

/** Of integers it is the larger of their own value and 0, whatever they stand for. */
const relu = rule({
  from: 1,
  run: (call) => {
    const { shape, dtype } = operandOf(call, 0);
    const tensor = tensorOf(call, operandOf(call, 0));
    if (isInt(call.work.typeOf(tensor).element)) emitLimits(call, 0, { lo: 0 });
    else emit(call, { kind: 'relu' }, [tensor], { shape, dtype });
  },
});

const leakyRelu = rule({
  from: 6,
  attributes: { alpha: real(0.01) },
  run: (call) => emitFunction(call, { kind: 'leaky-relu', slope: call.attributes.alpha }),
});

const elu = rule({
  from: 6,
  attributes: { alpha: real(1) },
  run: (call) => emitFunction(call, { kind: 'elu', alpha: call.attributes.alpha }),
});

const hardSigmoid = rule({
  from: 6,
  attributes: { alpha: real(0.2), beta: real(0.5) },
  run: (call) => {
    const { alpha, beta } = call.attributes;
    emitFunction(call, { kind: 'hard-sigmoid', alpha, beta });
  },
});

/** The slopes broadcast to the input, axes aligned at the end. */
const prelu = rule({
  from: 7,
  inputs: TWO,
  run: (call) => {
    const slope = knownInput(call, 1, 'slope');
    const { shape } = operandOf(call, 0);
    if (!broadcastsTo(slope.shape, shape)) {
      const text = `a slope of [${slope.shape.join(', ')}] does not go with an input of [${shape.join(', ')}]`;
      refuseNode(call, text, 'give one slope, or one for each channel');
    }
    const order = slope.shape.map((_, axis) => axis);
    const own = graphShape(slope.shape);
    const dropped = slope.shape.length - own.length;
    const tensor = weightTensor(call, slope, 'slope', {
      split: slope.shape,
      order,
      shape: own,
      quant: (quant) => ((quant.axis ?? 0) < dropped ? undefined : { ...quant, axis: (quant.axis ?? 0) - dropped }),
    });
    emitFunction(call, { kind: 'prelu' }, [tensor]);
  },
});

/** x * sigmoid(alpha * x). */
function swish(from: number, fallback: number): OperatorRule {
  return rule({
    from,
    attributes: { alpha: real(fallback) },
    run: (call) => {
      const { alpha } = call.attributes;
      if (alpha !== 1) {
        const text = `its attribute 'alpha' is ${alpha}: only x * sigmoid(x), with alpha 1, is supported`;
        refuseNode(call, text, 'use the activation SiLU, or export it as Mul and Sigmoid');
      }
      emitFunction(call, { kind: 'swish' });
    },
  });
}

/** What float32 cannot exceed is no limit. */
const LARGEST = Math.fround(3.4028234663852886e38);

function limits(lo: number | undefined, hi: number | undefined): { readonly lo?: number; readonly hi?: number } {
  return {
    ...(lo === undefined || lo <= -LARGEST ? {} : { lo }),
    ...(hi === undefined || hi >= LARGEST ? {} : { hi }),
  };
}

const clipByAttributes = rule({
  from: 6,
  to: 10,
  attributes: { min: real(-LARGEST), max: real(LARGEST) },
  run: (call) => {
    realInput(call);
    emitLimits(call, 0, limits(call.attributes.min, call.attributes.max));
  },
});

const clipByInputs = rule({
  from: 11,
  inputs: { min: 1, max: 3 },
  run: (call) => {
    const end = (index: number, role: string): number | undefined =>
      inputOf(call, index).kind === 'absent' ? undefined : scalarOf(call, index, role);
    emitLimits(call, 0, limits(end(1, 'lower limit'), end(2, 'upper limit')));
  },
});

export const ACTIVATION_RULES: RuleTable = {
  Relu: [relu],
  Sigmoid: pointwise(6, { kind: 'sigmoid' }),
  Tanh: pointwise(6, { kind: 'tanh' }),
  HardSwish: pointwise(14, { kind: 'hard-swish' }),
  LeakyRelu: [leakyRelu],
  PRelu: [prelu],
  Elu: [elu],
  HardSigmoid: [hardSigmoid],
  Swish: [swish(24, 1)],
  Clip: [clipByAttributes, clipByInputs],
};

/** The domain com.microsoft. */
export const RUNTIME_ACTIVATION_RULES: RuleTable = { QuickGelu: [swish(1, 1.702)] };
