import type { ConvTransposeOp } from '../../../ir/op.js';
import { kernelReach, transposedOutputs, windowOutputs } from '../../../ir/window.js';
import { type AttributeValues, integer, optionalIntegers } from '../attributes.js';
import { type Call, emitMap, type MapInput, mapInput, operandOf, type Result, refuseNode } from '../call.js';
import { type RuleTable, rule } from '../rule.js';
import { biasInput, knownInput, realInput, type WeightForm, weightTensor } from './conv-weights.js';
import {
  type AutoPad,
  DILATIONS,
  explicitPads,
  halves,
  type Pair,
  pairOf,
  refusePadsBeside,
  requireFit,
  type Sides,
  SLIDING,
  windowOf,
  withoutWidePadding,
} from './conv-window.js';

export const CONV = { ...SLIDING, ...DILATIONS, group: integer(1) };
export type ConvCall = Call<AttributeValues<typeof CONV>>;

const CONTRADICTION = 'the file contradicts itself; export the model again';

/** The weight's four extents. */
function weightShape(call: ConvCall): readonly [number, number, number, number] {
  const { shape } = knownInput(call, 1, 'weight');
  const [a = 0, b = 0, kernelH = 0, kernelW = 0] = shape;
  if (shape.length !== 4) {
    const text = `its weight has the shape [${shape.join(', ')}], but only convolutions over pictures are supported`;
    refuseNode(call, text, 'export the model with two-dimensional feature maps');
  }
  if (shape.some((extent) => extent < 1))
    refuseNode(call, `its weight has the shape [${shape.join(', ')}], which is empty`, CONTRADICTION);
  const given = call.attributes.kernel_shape;
  if (given !== undefined && given.join() !== [kernelH, kernelW].join()) {
    const text = `its attribute 'kernel_shape' is [${given.join(', ')}], but its weight is for ${kernelH}x${kernelW}`;
    refuseNode(call, text, CONTRADICTION);
  }
  return [a, b, kernelH, kernelW];
}

/** The input's channels in as many groups as the attribute says. */
function checkGroups(call: ConvCall, channels: number, outChannels: number, wantedChannels: number): void {
  const { group } = call.attributes;
  if (group >= 1 && channels === wantedChannels && channels % group === 0 && outChannels % group === 0) return;
  const shape = knownInput(call, 1, 'weight').shape.join(', ');
  const text = `a weight of [${shape}] in ${group} groups does not go with an input of ${channels} channels`;
  refuseNode(call, text, CONTRADICTION);
}

/** What convolutions of real and of integer tensors differ in. */
export interface ConvParts {
  /** Puts the weight into the graph. Returns the tensor to read. */
  readonly weight: (form: WeightForm) => string;
  /** What to append to the node's inputs. */
  readonly bias: (outChannels: number) => readonly string[];
  readonly numbers: Omit<Result, 'shape'>;
}

/** Emits the convolution of the first input. Weights lie as [M][C/group][kh][kw]. */
export function emitConv(call: ConvCall, { weight, bias, numbers }: ConvParts): void {
  const [outChannels, perGroup, kernelH, kernelW] = weightShape(call);
  const { group } = call.attributes;
  const map = mapInput(call);
  checkGroups(call, map.channels, outChannels, perGroup * group);
  const whole = windowOf(call, call.attributes, [kernelH, kernelW], map);
  requireFit(call, whole, map);
  const { window, map: x } = withoutWidePadding(call, whole, map);
  const placed = weight({
    split: [outChannels, perGroup, kernelH, kernelW],
    order: [0, 2, 3, 1],
    shape: [outChannels, kernelH, kernelW, perGroup],
  });
  const { outH, outW } = windowOutputs(window, x.height, x.width);
  emitMap(call, { kind: 'conv', ...window, groups: group }, [x.tensor, placed, ...bias(outChannels)], {
    shape: [outH, outW, outChannels],
    ...numbers,
  });
}

const conv = rule({
  from: 1,
  attributes: CONV,
  inputs: { min: 2, max: 3 },
  run: (call) => {
    realInput(call);
    emitConv(call, {
      weight: (form) => weightTensor(call, knownInput(call, 1, 'weight'), 'weight', form),
      bias: (channels) => biasInput(call, 2, channels),
      numbers: { dtype: operandOf(call, 0).dtype },
    });
  },
});

const CONV_TRANSPOSE = { ...CONV, output_padding: optionalIntegers(), output_shape: optionalIntegers() };
type TransposeCall = Call<AttributeValues<typeof CONV_TRANSPOSE>>;

interface Axis {
  readonly extent: number;
  readonly reach: number;
  readonly stride: number;
  readonly outputPad: number;
  /** The attribute's, rows or columns. */
  readonly pads: Sides;
  /** Output extent that output_shape asks for. */
  readonly wanted: number | undefined;
}

/**
 * Padding along one axis, which cuts off what the input's pixels scatter. Where the output's extent is given, or is the
 * input's times the stride (auto_pad SAME), the padding is what is too much; negative padding is more output behind.
 */
function transposedPads(autoPad: AutoPad, axis: Axis): Sides {
  const { extent, reach, stride, outputPad, pads } = axis;
  const isSame = autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER';
  const output = axis.wanted ?? (isSame ? extent * stride : undefined);
  if (output === undefined) return autoPad === 'NOTSET' ? pads : { before: 0, behind: 0 };
  const total = (extent - 1) * stride + outputPad + reach - output;
  if (total < 0) return { before: 0, behind: total };
  // By the operator's definition only SAME_UPPER has the larger half behind.
  return halves(total, autoPad === 'SAME_UPPER' ? autoPad : 'SAME_LOWER');
}

function transposedOp(call: TransposeCall, [kernelH, kernelW]: Pair, map: MapInput): ConvTransposeOp {
  const { attributes } = call;
  const [strideH, strideW] = pairOf(call, attributes.strides, 'strides');
  const [dilationH, dilationW] = pairOf(call, attributes.dilations, 'dilations');
  const [extraH, extraW] = pairOf(call, attributes.output_padding ?? [0, 0], 'output_padding', 0);
  const [wantedH, wantedW] = wantedOutput(call);
  const [rows, columns] = explicitPads(call, attributes.pads);
  refusePadsBeside(call, attributes.auto_pad, attributes.pads);
  const high = transposedPads(attributes.auto_pad, {
    ...{ extent: map.height, reach: kernelReach(kernelH, dilationH), stride: strideH },
    ...{ outputPad: extraH, pads: rows, wanted: wantedH },
  });
  const wide = transposedPads(attributes.auto_pad, {
    ...{ extent: map.width, reach: kernelReach(kernelW, dilationW), stride: strideW },
    ...{ outputPad: extraW, pads: columns, wanted: wantedW },
  });
  return {
    kind: 'conv-transpose',
    ...{ kernelH, kernelW, strideH, strideW, dilationH, dilationW, groups: attributes.group },
    ...{ padTop: high.before, padBottom: Math.max(0, high.behind) },
    ...{ padLeft: wide.before, padRight: Math.max(0, wide.behind) },
    ...{ outputPadH: extraH + Math.max(0, -high.behind), outputPadW: extraW + Math.max(0, -wide.behind) },
  };
}

/** Height and width of output_shape; some exporters write batch and channels in front. */
function wantedOutput(call: TransposeCall): readonly [number | undefined, number | undefined] {
  const { output_shape: shape, pads } = call.attributes;
  if (shape === undefined || shape.length === 0) return [undefined, undefined];
  if (pads?.some((pad) => pad !== 0)) {
    const text = `it has output_shape [${shape.join(', ')}] and pads [${pads.join(', ')}], of which one follows from the other`;
    refuseNode(call, text, 'export the model with one of both');
  }
  return pairOf(call, shape.length === 4 ? shape.slice(2) : shape, 'output_shape');
}

/** Weights [C][M/group][kh][kw]: channels of a group go to the output channels of the same group. */
function transposedForm(group: number, [channels, perGroup, kernelH, kernelW]: readonly number[]): WeightForm {
  const inGroup = (channels ?? 0) / group;
  const outGroup = perGroup ?? 0;
  const [high = 0, wide = 0] = [kernelH, kernelW];
  return {
    split: [group, inGroup, outGroup, high, wide],
    order: [0, 2, 3, 4, 1],
    shape: [group * outGroup, high, wide, inGroup],
    quant: (quant) => {
      // One entry for each output channel of a group, the same in every group.
      const repeat = (list: readonly number[]): readonly number[] => Array.from({ length: group }, () => list).flat();
      if (quant.axis === 1) return { axis: 0, scale: repeat(quant.scale), zeroPoint: repeat(quant.zeroPoint) };
      if (quant.axis === 0) return group === 1 ? { ...quant, axis: 3 } : undefined;
      return { ...quant, axis: (quant.axis ?? 0) - 1 };
    },
  };
}

const convTranspose = rule({
  from: 1,
  attributes: CONV_TRANSPOSE,
  inputs: { min: 2, max: 3 },
  run: (call) => {
    realInput(call);
    const shape = weightShape(call);
    const [wantedChannels, perGroup, kernelH, kernelW] = shape;
    const { group } = call.attributes;
    const map = mapInput(call);
    checkGroups(call, map.channels, perGroup * group, wantedChannels);
    const op = transposedOp(call, [kernelH, kernelW], map);
    const { outH, outW } = transposedOutputs(op, map.height, map.width);
    if (outH < 1 || outW < 1)
      refuseNode(call, `its padding leaves ${outH}x${outW} pixels of the output`, CONTRADICTION);
    const weight = weightTensor(call, knownInput(call, 1, 'weight'), 'weight', transposedForm(group, shape));
    const outChannels = perGroup * group;
    const inputs = [map.tensor, weight, ...biasInput(call, 2, outChannels)];
    emitMap(call, op, inputs, { shape: [outH, outW, outChannels], dtype: operandOf(call, 0).dtype });
  },
});

export const CONV_RULES: RuleTable = { Conv: [conv], ConvTranspose: [convTranspose] };
