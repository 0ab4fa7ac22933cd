import { type FeatureMap, pixelCount } from '../hw/feature-map.js';
import type {
  DepthToSpaceLayer,
  MulLayer,
  PadLayer,
  PermuteLayer,
  PreluLayer,
  ResponseLayer,
  UpsampleLayer,
} from '../hw/layer.js';
import { preluFormat, rowBufferFormat } from '../hw/stream-formats.js';
import { memoryNames } from './memory-names.js';
import { flag, type ModuleParameters, number, type Parameter, text } from './parameters.js';

/** Layers whose engines have no folding, and move elements or scale them. */
export type StreamEngineLayer =
  | PermuteLayer
  | PadLayer
  | UpsampleLayer
  | DepthToSpaceLayer
  | MulLayer
  | PreluLayer
  | ResponseLayer;

/** RTL module and parameters of an engine on streams of `lanes`. */
export function streamEngineModule(layer: StreamEngineLayer, lanes: number, instance: string): ModuleParameters {
  switch (layer.kind) {
    case 'permute':
      return { module: 'hd_permute', parameters: permuteParameters(layer, lanes, instance) };
    case 'pad':
      return { module: 'hd_pad', parameters: padParameters(layer, lanes) };
    case 'upsample':
      return { module: 'hd_upsample', parameters: upsampleParameters(layer, lanes) };
    case 'depth-to-space':
      return { module: 'hd_depth_to_space', parameters: depthToSpaceParameters(layer, lanes) };
    case 'mul':
      return { module: 'hd_mul', parameters: mulParameters(layer, lanes) };
    case 'prelu':
      return { module: 'hd_prelu', parameters: preluParameters(layer, lanes, instance) };
    case 'local-response-norm':
      return { module: 'hd_lrn', parameters: responseParameters(layer, lanes, instance) };
  }
}

function permuteParameters(layer: PermuteLayer, lanes: number, instance: string): readonly Parameter[] {
  return [
    number('LANES', lanes),
    number('IN_CHANNELS', layer.input.channels),
    number('OUT_CHANNELS', layer.output.channels),
    number('BITS', layer.input.element.bits),
    number('PAD_VALUE', layer.padValue),
    text('MAP_FILE', memoryNames(instance).map),
  ];
}

function padParameters(layer: PadLayer, lanes: number): readonly Parameter[] {
  return [
    number('IN_H', layer.input.height),
    number('IN_W', layer.input.width),
    number('CHANNELS', layer.input.channels),
    number('LANES', lanes),
    number('BITS', layer.input.element.bits),
    number('PAD_TOP', layer.padTop),
    number('PAD_LEFT', layer.padLeft),
    number('PAD_BOTTOM', layer.padBottom),
    number('PAD_RIGHT', layer.padRight),
    number('PAD_VALUE', layer.value),
  ];
}

function upsampleParameters(layer: UpsampleLayer, lanes: number): readonly Parameter[] {
  return [
    number('IN_W', layer.input.width),
    number('CHANNELS', layer.input.channels),
    number('LANES', lanes),
    number('BITS', layer.input.element.bits),
    number('FACTOR_H', layer.factorH),
    number('FACTOR_W', layer.factorW),
    number('CAPACITY', rowBufferFormat(layer, lanes).capacity),
  ];
}

function depthToSpaceParameters(layer: DepthToSpaceLayer, lanes: number): readonly Parameter[] {
  return [
    number('IN_W', layer.input.width),
    number('OUT_CHANNELS', layer.output.channels),
    number('LANES', lanes),
    number('BITS', layer.input.element.bits),
    number('BLOCK', layer.block),
    number('CAPACITY', rowBufferFormat(layer, lanes).capacity),
  ];
}

/** Bits, sign and zero point of a stream, under names that begin with `prefix`. */
function operandParameters(prefix: string, { element }: FeatureMap, zeroPoint: number): readonly Parameter[] {
  return [
    number(`${prefix}_BITS`, element.bits),
    flag(`${prefix}_SIGNED`, element.signed),
    number(`${prefix}_ZERO_POINT`, zeroPoint),
  ];
}

/** The end of an engine that requantises. */
function scaledParameters(layer: MulLayer | PreluLayer | ResponseLayer): readonly Parameter[] {
  return [
    number('OUT_BITS', layer.output.element.bits),
    number('ZERO_POINT', layer.zeroPoint),
    number('CLAMP_LO', layer.clampLo),
    number('CLAMP_HI', layer.clampHi),
  ];
}

function mulParameters(layer: MulLayer, lanes: number): readonly Parameter[] {
  const [a, b] = layer.inputs.map(({ map }) => map);
  const [za, zb] = layer.inputZeroPoints;
  return [
    flag('GATE', layer.gate),
    number('LANES', lanes),
    number('CHANNELS', layer.output.channels),
    number('PIXELS', pixelCount(layer.output)),
    ...(a === undefined ? [] : operandParameters('A', a, za)),
    ...(b === undefined ? [] : operandParameters('B', b, zb)),
    number('M_BITS', layer.requantBits),
    number('MULTIPLIER', layer.multiplier),
    number('SHIFT', layer.shift),
    ...scaledParameters(layer),
  ];
}

function preluParameters(layer: PreluLayer, lanes: number, instance: string): readonly Parameter[] {
  const format = preluFormat(layer, lanes);
  return [
    number('LANES', lanes),
    number('CHANNELS', layer.input.channels),
    ...operandParameters('IN', layer.input, layer.inputZeroPoint),
    number('M_BITS', layer.requantBits),
    number('MULTIPLIER', layer.positive.multiplier),
    number('SHIFT', layer.positive.shift),
    number('SHIFT_MIN', format.shiftMin),
    number('SHIFT_BITS', format.shiftBits),
    number('SLOPE_WORDS', format.slopeWords),
    text('SLOPE_FILE', memoryNames(instance).slopes),
    ...scaledParameters(layer),
  ];
}

function responseParameters(layer: ResponseLayer, lanes: number, instance: string): readonly Parameter[] {
  const { params } = layer;
  return [
    number('LANES', lanes),
    number('CHANNELS', layer.input.channels),
    ...operandParameters('IN', layer.input, params.inputZeroPoint),
    number('BELOW', params.below),
    number('ABOVE', params.above),
    number('CELL_BITS', params.cellBits),
    number('TABLE_DEPTH', params.multipliers.length),
    text('TABLE_FILE', memoryNames(instance).table),
    number('M_BITS', layer.requantBits),
    number('SHIFT', params.shift),
    ...scaledParameters(layer),
  ];
}
