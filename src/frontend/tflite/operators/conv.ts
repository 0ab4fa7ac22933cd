import type { Op } from '../../../ir/op.js';
import { windowOutputs } from '../../../ir/window.js';
import { clampAttribute, fusedActivation, fusedClamp } from '../activation.js';
import {
  type Activation,
  type Call,
  constantInts,
  emitSteps,
  inputActivation,
  inputOf,
  mapShape,
  numbersOf,
  outputActivation,
  outputOf,
  refuseUnlessKnown,
  tensorOf,
} from '../call.js';
import { numbersAs } from '../keep.js';
import { CONTRADICTION, operandsDoNotFit, unsupportedOption } from '../messages.js';
import { elementType, required, whole } from '../options.js';
import { rule } from '../rule.js';
import { graphType } from '../value.js';
import { biasOf, weightOf } from '../weights.js';
import { padding, requirePositive, windowOver } from '../windows.js';
import { checkBiasType } from './checks.js';

/** The four extents of a filter. */
function filterShape(call: Call, index: number): readonly [number, number, number, number] {
  const value = inputOf(call, index);
  const { shape } = value;
  const [a = 0, b = 0, c = 0, d = 0] = shape;
  if (shape.length === 4 && shape.every((extent) => extent > 0)) return [a, b, c, d];
  const text = `its weight has the shape [${shape.join(', ')}], but it must have four axes`;
  return refuseUnlessKnown([value], () => operandsDoNotFit(call.spot, text, CONTRADICTION));
}

interface Emitted {
  readonly op: Op;
  readonly weight: string;
  readonly bias: readonly string[];
  /** Operand with the data. */
  readonly data: number;
  readonly map: readonly [number, number, number];
  readonly y: Activation;
}

function emitConv(call: Call, { op, weight, bias, data, map, y }: Emitted): void {
  const numbers = numbersAs(numbersOf(call, outputOf(call)), y);
  const step = { op, type: graphType(y.element, y.quant, map), others: [weight, ...bias] };
  emitSteps(call, [tensorOf(call, inputOf(call, data))], [step], { shape: [1, ...map], numbers });
}

/** Filters [oc][kh][kw][c/groups] as in the graph; fewer channels than the input's mean groups. */
const conv2d = rule({
  versions: 8,
  options: required('Conv2DOptions', {
    padding,
    stride_w: whole(),
    stride_h: whole(),
    fused_activation_function: fusedActivation,
    dilation_w_factor: whole(1),
    dilation_h_factor: whole(1),
    quantized_bias_type: elementType(),
  }),
  inputs: { min: 2, max: 3 },
  run: (call) => {
    const { stride_h, stride_w, dilation_h_factor: dilationH, dilation_w_factor: dilationW } = call.options;
    requirePositive(call, { stride_h, stride_w, dilation_h_factor: dilationH, dilation_w_factor: dilationW });
    checkBiasType(call);
    const x = inputActivation(call, 0);
    const y = outputActivation(call, x);
    const [height, width, channels] = mapShape(call, inputOf(call, 0));
    const [outChannels, kernelH, kernelW, perGroup] = filterShape(call, 1);
    if (channels % perGroup !== 0) {
      const text = `its weight is for ${perGroup} channels, but the input has ${channels}`;
      refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
    }
    const window = windowOver(call.options, { kernelH, kernelW, dilationH, dilationW }, height, width);
    const { outH, outW } = windowOutputs(window, height, width);
    const shape = [outChannels, kernelH, kernelW, perGroup];
    emitConv(call, {
      op: { kind: 'conv', ...window, groups: channels / perGroup, ...clampAttribute(fusedClamp(call, y)) },
      weight: weightOf(call, 1, { order: [0, 1, 2, 3], shape }, x),
      bias: biasOf(call, 2, 1, outChannels, x),
      data: 0,
      map: [outH, outW, outChannels],
      y,
    });
  },
});

/** Filters [1][kh][kw][oc], with oc = channels * multiplier; in the graph [oc][kh][kw][1]. */
const depthwiseConv2d = rule({
  versions: 7,
  options: required('DepthwiseConv2DOptions', {
    padding,
    stride_w: whole(),
    stride_h: whole(),
    depth_multiplier: whole(),
    fused_activation_function: fusedActivation,
    dilation_w_factor: whole(1),
    dilation_h_factor: whole(1),
  }),
  inputs: { min: 2, max: 3 },
  run: (call) => {
    const { stride_h, stride_w, dilation_h_factor: dilationH, dilation_w_factor: dilationW } = call.options;
    requirePositive(call, { stride_h, stride_w, dilation_h_factor: dilationH, dilation_w_factor: dilationW });
    const x = inputActivation(call, 0);
    const y = outputActivation(call, x);
    const [height, width, channels] = mapShape(call, inputOf(call, 0));
    const [one, kernelH, kernelW, outChannels] = filterShape(call, 1);
    if (one !== 1 || outChannels % channels !== 0) {
      const text = `its weight has the shape [${[one, kernelH, kernelW, outChannels].join(', ')}], which is not for ${channels} channels`;
      refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
    }
    const multiplier = outChannels / channels;
    // Newer files may leave it at 0, since the weight's shape says it.
    if (call.options.depth_multiplier !== 0 && call.options.depth_multiplier !== multiplier) {
      const text = `is ${call.options.depth_multiplier}, but by the weight's shape it is ${multiplier}`;
      refuseUnlessKnown(call.inputs, () => unsupportedOption(call.spot, 'depth_multiplier', text, CONTRADICTION));
    }
    const window = windowOver(call.options, { kernelH, kernelW, dilationH, dilationW }, height, width);
    const { outH, outW } = windowOutputs(window, height, width);
    emitConv(call, {
      op: { kind: 'conv', ...window, groups: channels, ...clampAttribute(fusedClamp(call, y)) },
      weight: weightOf(call, 1, { order: [3, 1, 2, 0], shape: [outChannels, kernelH, kernelW, 1] }, x),
      bias: biasOf(call, 2, 1, outChannels, x),
      data: 0,
      map: [outH, outW, outChannels],
      y,
    });
  },
});

interface Overhang {
  readonly before: number;
  readonly behind: number;
  readonly outputPad: number;
}

/** What is cut off from the scattered results along one axis, or added behind, to have `output` of them. */
function overhang(kind: 'SAME' | 'VALID', input: number, output: number, kernel: number, stride: number): Overhang {
  const outputs = kind === 'SAME' ? Math.ceil(output / stride) : Math.ceil((output - kernel + 1) / stride);
  const total = Math.max(0, (outputs - 1) * stride + kernel - output);
  const before = Math.floor(total / 2);
  const behind = (input - 1) * stride + kernel - before - output;
  return { before, behind: Math.max(0, behind), outputPad: Math.max(0, -behind) };
}

/** The gradient of a convolution, as TFLite computes it: padding follows from the output's shape, its first operand. */
const transposeConv = rule({
  versions: 5,
  options: required('TransposeConvOptions', {
    padding,
    stride_w: whole(),
    stride_h: whole(),
    fused_activation_function: fusedActivation,
    quantized_bias_type: elementType(),
  }),
  inputs: { min: 3, max: 4 },
  run: (call) => {
    const { padding: kind, stride_h, stride_w } = call.options;
    requirePositive(call, { stride_h, stride_w });
    checkBiasType(call);
    const x = inputActivation(call, 2);
    const y = outputActivation(call, x);
    const shape = constantInts(call, inputOf(call, 0), 'output shape');
    const [batch, outH = 0, outW = 0, depth] = shape;
    const [height, width, channels] = mapShape(call, inputOf(call, 2));
    const [outChannels, kernelH, kernelW, perFilter] = filterShape(call, 1);
    if (shape.length !== 4 || batch !== 1 || depth !== outChannels || perFilter !== channels || outH < 1 || outW < 1) {
      const text = `an output of [${shape.join(', ')}] does not go with ${channels} input channels and a weight for ${perFilter} to ${outChannels}`;
      refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, CONTRADICTION));
    }
    const rows = overhang(kind, height, outH, kernelH, stride_h);
    const columns = overhang(kind, width, outW, kernelW, stride_w);
    emitConv(call, {
      op: {
        kind: 'conv-transpose',
        ...{ kernelH, kernelW, strideH: stride_h, strideW: stride_w, dilationH: 1, dilationW: 1, groups: 1 },
        ...{ padTop: rows.before, padBottom: rows.behind, padLeft: columns.before, padRight: columns.behind },
        ...{ outputPadH: rows.outputPad, outputPadW: columns.outputPad },
        ...clampAttribute(fusedClamp(call, y)),
      },
      weight: weightOf(call, 1, { order: [0, 1, 2, 3], shape: [outChannels, kernelH, kernelW, channels] }, x),
      bias: biasOf(call, 3, 1, outChannels, x),
      data: 2,
      map: [outH, outW, outChannels],
      y,
    });
  },
});

export const CONV_RULES = {
  CONV_2D: conv2d,
  DEPTHWISE_CONV_2D: depthwiseConv2d,
  TRANSPOSE_CONV: transposeConv,
};
