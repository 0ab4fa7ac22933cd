import { arrayDepth, constantBits, constantWords, type Engine, engineFormat, sumBits } from '../hw/design.js';
import { beatsPerFrame, type FeatureMap } from '../hw/feature-map.js';
import { type Folding, splitTaps } from '../hw/folding.js';
import {
  type AddLayer,
  type Layer,
  type MacLayer,
  type PoolLayer,
  type PoolStreamLayer,
  type SliceLayer,
  turnBeats,
} from '../hw/layer.js';
import type { Window } from '../ir/op.js';
import { defined } from '../support/invariant.js';
import { plural } from '../support/text.js';
import { memoryNames } from './memory-names.js';
import { flag, type ModuleParameters, number, type Parameter, text, words } from './parameters.js';
import { streamEngineModule } from './stream-instances.js';

/** RTL module and parameters of an engine. `instance`, unique in a folder, names its memory files. */
export function engineModule(engine: Engine, instance: string): ModuleParameters {
  const { layer } = engine;
  switch (layer.kind) {
    case 'conv':
      return { module: 'hd_conv', parameters: convParameters(engine, layer, instance) };
    case 'depthwise':
      return { module: 'hd_depthwise', parameters: depthwiseParameters(engine, layer, instance) };
    case 'dense':
      return { module: 'hd_dense', parameters: denseParameters(engine, layer, instance) };
    case 'pool':
      return { module: 'hd_pool', parameters: poolParameters(engine, layer) };
    case 'pool-stream':
      return { module: 'hd_pool_stream', parameters: poolStreamParameters(engine, layer) };
    case 'lookup':
      return {
        module: 'hd_lookup',
        parameters: [
          number('LANES', engine.lanesIn),
          number('CHANNELS', layer.input.channels),
          number('IN_BITS', layer.input.element.bits),
          number('OUT_BITS', layer.output.element.bits),
          text('TABLE_FILE', memoryNames(instance).table),
        ],
      };
    case 'add':
      return { module: 'hd_add', parameters: addParameters(engine, layer, instance) };
    case 'concat':
      return {
        module: 'hd_concat',
        parameters: [
          number('INPUTS', layer.inputs.length),
          number('LANES', engine.lanesIn),
          number('BITS', layer.output.element.bits),
          words(
            'CHANNELS',
            // Whole rows or frames are pixels of so many full beats.
            layer.inputs.map(({ map }) =>
              layer.axis === 'channels' ? map.channels : turnBeats(layer, map, engine.lanesIn) * engine.lanesIn,
            ),
          ),
        ],
      };
    case 'slice':
      return { module: 'hd_crop', parameters: cropParameters(engine, layer) };
    default:
      return streamEngineModule(layer, engine.lanesIn, instance);
  }
}

/** RTL module and parameters of a width adapter. */
export function adapterModule(adapter: {
  readonly map: FeatureMap;
  readonly lanesIn: number;
  readonly lanesOut: number;
}): ModuleParameters {
  return {
    module: adapter.lanesOut > adapter.lanesIn ? 'hd_width_up' : 'hd_width_down',
    parameters: [
      number('BITS', adapter.map.element.bits),
      number('CHANNELS', adapter.map.channels),
      number('LANES_IN', adapter.lanesIn),
      number('LANES_OUT', adapter.lanesOut),
    ],
  };
}

function foldingOf(engine: Engine): Folding {
  return defined(engine.folding, `the folding of '${engine.layer.name}'`);
}

function windowParameters(w: Window): readonly Parameter[] {
  return [
    number('KERNEL_H', w.kernelH),
    number('KERNEL_W', w.kernelW),
    number('STRIDE_H', w.strideH),
    number('STRIDE_W', w.strideW),
    number('DILATION_H', w.dilationH),
    number('DILATION_W', w.dilationW),
    number('PAD_TOP', w.padTop),
    number('PAD_LEFT', w.padLeft),
    number('PAD_BOTTOM', w.padBottom),
    number('PAD_RIGHT', w.padRight),
  ];
}

function pictureParameters(layer: Layer): readonly Parameter[] {
  return [number('IN_H', layer.input.height), number('IN_W', layer.input.width)];
}

function laneParameters(engine: Engine): readonly Parameter[] {
  return [number('LANES_IN', engine.lanesIn), number('LANES_OUT', engine.lanesOut)];
}

function windowMemoryParameters(
  engine: Engine,
  layer: Exclude<MacLayer, { kind: 'dense' }> | PoolLayer,
): readonly Parameter[] {
  const memory = defined(engine.memory, `the window memory of '${layer.name}'`);
  const { tapsH, tapsW } = splitTaps(layer, foldingOf(engine).taps);
  return [
    number('TAPS_H', tapsH),
    number('TAPS_W', tapsW),
    number('CAPACITY', memory.capacity),
    number('ROW_BANKS', memory.rowBanks),
    number('COL_BANKS', memory.colBanks),
    number('BANK_ROWS', memory.bankRows),
  ];
}

/** What all layers with weights share, from the operands to the files. */
function macParameters(engine: Engine, layer: MacLayer, instance: string): readonly Parameter[] {
  const format = defined(engineFormat(engine), `the format of '${layer.name}'`);
  const { numbers } = layer;
  const names = memoryNames(instance);
  return [
    number('X_BITS', layer.input.element.bits),
    flag('X_SIGNED', layer.input.element.signed),
    ...(layer.kind === 'dense' ? [] : [number('PAD_VALUE', numbers.inputZeroPoint)]),
    number('W_BITS', numbers.weightBits),
    number('ACC_BITS', format.accBits),
    number('CHAIN', format.chain),
    number('R', foldingOf(engine).requantisers),
    number('MUL_BITS', format.mulBits),
    number('M_BITS', numbers.requantBits),
    number('SHIFT_MIN', format.shiftMin),
    number('SHIFT_BITS', format.shiftBits),
    number('ZW_BITS', format.zeroPointBits),
    number('OUT_BITS', layer.output.element.bits),
    number('ZERO_POINT', numbers.outputZeroPoint),
    number('CLAMP_LO', numbers.clampLo),
    number('CLAMP_HI', numbers.clampHi),
    number('FIFO_DEPTH', defined(engine.fifoDepth, `the output FIFO of '${layer.name}'`)),
    text('WEIGHT_FILE', names.weights),
    text('PARAM_FILE', names.parameters),
  ];
}

function convParameters(
  engine: Engine,
  layer: Extract<Layer, { kind: 'conv' }>,
  instance: string,
): readonly Parameter[] {
  return [
    ...pictureParameters(layer),
    number('IN_CHANNELS', layer.input.channels),
    number('OUT_CHANNELS', layer.output.channels),
    number('GROUPS', layer.groups),
    ...windowParameters(layer.window),
    ...laneParameters(engine),
    number('PE', foldingOf(engine).pe),
    number('SIMD', foldingOf(engine).simd),
    ...windowMemoryParameters(engine, layer),
    ...macParameters(engine, layer, instance),
  ];
}

function depthwiseParameters(
  engine: Engine,
  layer: Extract<Layer, { kind: 'depthwise' }>,
  instance: string,
): readonly Parameter[] {
  return [
    ...pictureParameters(layer),
    number('CHANNELS', layer.input.channels),
    number('MULTIPLIER', layer.multiplier),
    ...windowParameters(layer.window),
    ...laneParameters(engine),
    number('CH', foldingOf(engine).pe),
    ...windowMemoryParameters(engine, layer),
    ...macParameters(engine, layer, instance),
  ];
}

function denseParameters(
  engine: Engine,
  layer: Extract<Layer, { kind: 'dense' }>,
  instance: string,
): readonly Parameter[] {
  return [
    number('IN_BEATS', beatsPerFrame({ map: layer.input, lanes: engine.lanesIn })),
    number('OUT_CHANNELS', layer.output.channels),
    ...laneParameters(engine),
    number('PE', foldingOf(engine).pe),
    number('SIMD', foldingOf(engine).simd),
    number('CAPACITY', defined(engine.memory, `the input memory of '${layer.name}'`).capacity),
    ...macParameters(engine, layer, instance),
  ];
}

function poolNumbers(layer: PoolLayer | PoolStreamLayer): readonly Parameter[] {
  return [
    flag('COUNT_INCLUDE_PAD', layer.countIncludePad),
    number('ZERO_POINT', layer.mode === 'average' ? layer.zeroPoint : 0),
    number('CLAMP_LO', layer.clampLo),
    number('CLAMP_HI', layer.clampHi),
  ];
}

function poolParameters(engine: Engine, layer: PoolLayer): readonly Parameter[] {
  return [
    flag('MODE', layer.mode === 'average'),
    ...pictureParameters(layer),
    number('CHANNELS', layer.input.channels),
    number('BITS', layer.input.element.bits),
    flag('SIGNED', layer.input.element.signed),
    ...windowParameters(layer.window),
    ...laneParameters(engine),
    number('CH', foldingOf(engine).pe),
    ...windowMemoryParameters(engine, layer),
    number('R', foldingOf(engine).requantisers),
    ...poolNumbers(layer),
    number('FIFO_DEPTH', defined(engine.fifoDepth, `the output FIFO of '${layer.name}'`)),
  ];
}

function poolStreamParameters(engine: Engine, layer: PoolStreamLayer): readonly Parameter[] {
  return [
    flag('MODE', layer.mode === 'average'),
    ...pictureParameters(layer),
    number('CHANNELS', layer.input.channels),
    number('LANES', engine.lanesIn),
    number('BITS', layer.input.element.bits),
    flag('SIGNED', layer.input.element.signed),
    ...windowParameters(layer.window).filter(({ name }) => !name.startsWith('DILATION')),
    ...poolNumbers(layer),
  ];
}

function addParameters(engine: Engine, layer: AddLayer, instance: string): readonly Parameter[] {
  const elements = layer.inputs.map(({ map }) => map.element);
  return [
    number('INPUTS', layer.inputs.length),
    number('LANES', engine.lanesIn),
    number('CHANNELS', layer.output.channels),
    words(
      'IN_BITS',
      elements.map(({ bits }) => bits),
    ),
    words(
      'IN_SIGNED',
      elements.map(({ signed }) => (signed ? 1 : 0)),
    ),
    number(
      'DATA_BITS',
      elements.reduce((sum, { bits }) => sum + bits, 0),
    ),
    number('SUM_BITS', sumBits(layer)),
    words('ZERO_POINTS', layer.inputZeroPoints),
    words('MULTIPLIERS', layer.multipliers),
    number('OUT_BITS', layer.output.element.bits),
    number('SHIFT', layer.shift),
    number('ZERO_POINT', layer.zeroPoint),
    number('CLAMP_LO', layer.clampLo),
    number('CLAMP_HI', layer.clampHi),
    number('K_WORDS', constantWords(layer, engine.lanesIn)),
    number('K_BITS', constantBits(layer)),
    text('K_FILE', layer.constant.length === 0 ? '' : memoryNames(instance).constant),
  ];
}

function cropParameters(engine: Engine, layer: SliceLayer): readonly Parameter[] {
  return [
    ...pictureParameters(layer),
    number('IN_CHANNELS', layer.input.channels),
    number('LANES', engine.lanesIn),
    number('BITS', layer.input.element.bits),
    number('ROW_FROM', layer.rowFrom),
    number('OUT_H', layer.output.height),
    number('COLUMN_FROM', layer.columnFrom),
    number('OUT_W', layer.output.width),
    number('CHANNEL_FROM', layer.channelFrom),
    number('OUT_CHANNELS', layer.output.channels),
  ];
}

/** Depth of an engine's products, for comments. */
export function foldingText(engine: Engine): string {
  const { layer, folding } = engine;
  if (folding === undefined) return plural(engine.lanesIn, 'lane');
  const depth = arrayDepth(engine);
  switch (layer.kind) {
    case 'conv':
    case 'dense':
      return `PE ${folding.pe} x SIMD ${folding.simd}${layer.kind === 'conv' ? ` x ${plural(folding.taps, 'tap')}` : ''} = ${plural(folding.pe * depth, 'multiplier')}, ${plural(folding.requantisers, 'requantiser')}`;
    case 'depthwise':
      return `${plural(folding.pe, 'channel')} x ${layer.multiplier} x ${plural(folding.taps, 'tap')} = ${plural(folding.pe * layer.multiplier * folding.taps, 'multiplier')}, ${plural(folding.requantisers, 'requantiser')}`;
    default:
      return `${plural(folding.pe, 'channel')} x ${plural(folding.taps, 'tap')}`;
  }
}
