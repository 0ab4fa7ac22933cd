import type { Window } from '../../../ir/op.js';
import { kernelReach, windowOutputs } from '../../../ir/window.js';
import { type AttributeSpecs, flag, optionalIntegers, required } from '../attributes.js';
import { type Call, emitMap, type MapInput, mapInput, operandOf, refuseIfRead } from '../call.js';
import { type OperatorRule, type RuleTable, rule } from '../rule.js';
import { realInput } from './conv-weights.js';
import { DILATIONS, paddedMap, pairOf, requireFit, SLIDING, type Sliding, windowOf } from './conv-window.js';
import { sameNumbers } from './elementwise-numbers.js';

const POOL = { ...SLIDING, kernel_shape: required(optionalIntegers()) };
const CEIL = { ceil_mode: flag(false) };

type PoolCall = Call<Sliding & { readonly ceil_mode?: boolean }>;

/** Rows and columns behind the padded map that the last windows reach into, where output sizes are rounded up. */
interface Overhang {
  readonly rows: number;
  readonly columns: number;
}

interface PoolWindow {
  readonly map: MapInput;
  /** As the file pads it. */
  readonly window: Window;
  readonly overhang: Overhang;
}

/**
 * Rounded up, an output more takes what is left at the end, if that window starts in front of the padding behind:
 * (outputs - 1) * stride < extent + padding in front.
 */
function overhangOf(extent: number, reach: number, stride: number, before: number, behind: number): number {
  const room = extent + before + behind;
  const most = Math.ceil((room - reach) / stride) + 1;
  const outputs = (most - 1) * stride >= extent + before ? most - 1 : most;
  return Math.max(0, (outputs - 1) * stride + reach - room);
}

function poolWindow(call: PoolCall): PoolWindow {
  const map = mapInput(call);
  const kernel = pairOf(call, call.attributes.kernel_shape, 'kernel_shape');
  const window = windowOf(call, call.attributes, kernel, map);
  requireFit(call, window, map);
  if (call.attributes.ceil_mode !== true || call.attributes.auto_pad === 'VALID')
    return { map, window, overhang: { rows: 0, columns: 0 } };
  const reachH = kernelReach(window.kernelH, window.dilationH);
  const reachW = kernelReach(window.kernelW, window.dilationW);
  const rows = overhangOf(map.height, reachH, window.strideH, window.padTop, window.padBottom);
  const columns = overhangOf(map.width, reachW, window.strideW, window.padLeft, window.padRight);
  return { map, window, overhang: { rows, columns } };
}

function withOverhang(window: Window, { rows, columns }: Overhang): Window {
  return { ...window, padBottom: window.padBottom + rows, padRight: window.padRight + columns };
}

const NO_PADDING = { padTop: 0, padLeft: 0, padBottom: 0, padRight: 0 } as const;

function mapShape(window: Window, map: MapInput): readonly [number, number, number] {
  const { outH, outW } = windowOutputs(window, map.height, map.width);
  return [outH, outW, map.channels];
}

function runMaxPool(call: PoolCall): void {
  const { map, window, overhang } = poolWindow(call);
  const whole = withOverhang(window, overhang);
  emitMap(call, { kind: 'max-pool', ...whole }, [map.tensor], {
    shape: mapShape(whole, map),
    ...sameNumbers(call, 0),
  });
}

/**
 * The divisor is the number of positions inside the picture, or with count_include_pad inside the padded picture; what
 * rounding up adds behind counts in neither case. So where both kinds of padding meet, the first is a node of its own.
 */
function runAveragePool(call: PoolCall & Call<{ readonly count_include_pad: boolean }>): void {
  realInput(call);
  const { map, window, overhang } = poolWindow(call);
  const whole = withOverhang(window, overhang);
  const result = { shape: mapShape(whole, map), dtype: operandOf(call, 0).dtype };
  const isPadded = [window.padTop, window.padLeft, window.padBottom, window.padRight].some((pad) => pad > 0);
  const counts = call.attributes.count_include_pad && isPadded;
  if (counts && overhang.rows + overhang.columns > 0) {
    const rows = { before: window.padTop, behind: window.padBottom };
    const padded = paddedMap(call, map, rows, { before: window.padLeft, behind: window.padRight });
    const inner = withOverhang({ ...window, ...NO_PADDING }, overhang);
    emitMap(call, { kind: 'average-pool', ...inner, countIncludePad: false }, [padded.tensor], result);
    return;
  }
  const isWhole =
    whole.kernelH === map.height && whole.kernelW === map.width && result.shape[0] * result.shape[1] === 1;
  if (isWhole && whole.padTop === 0 && whole.padLeft === 0 && !counts) {
    emitMap(call, { kind: 'global-average-pool' }, [map.tensor], result);
    return;
  }
  emitMap(call, { kind: 'average-pool', ...whole, countIncludePad: counts }, [map.tensor], result);
}

/** The attributes of an average pool that rounds up; dilations came later. */
export const AVERAGE_POOL = { ...POOL, ...CEIL, count_include_pad: flag(false) };

/** The rules of the opsets in which the attributes differ. */
function maxPool(from: number, to: number | undefined, attributes: AttributeSpecs): OperatorRule {
  return rule({
    from,
    ...(to === undefined ? {} : { to }),
    attributes: { ...POOL, ...attributes },
    outputs: { min: 1, max: from < 8 ? 1 : 2 },
    run: (call) => {
      refuseIfRead(call, 1, 'Indices');
      // The order that storage_order names is that of the indices.
      runMaxPool(call as unknown as PoolCall);
    },
  });
}

function averagePool(from: number, to: number | undefined, attributes: AttributeSpecs): OperatorRule {
  return rule({
    from,
    ...(to === undefined ? {} : { to }),
    attributes: { ...POOL, count_include_pad: flag(false), ...attributes },
    run: (call) => runAveragePool(call as unknown as Parameters<typeof runAveragePool>[0]),
  });
}

const ONE_PIXEL = [1, 1] as const;

const globalAveragePool = rule({
  from: 1,
  run: (call) => {
    realInput(call);
    const map = mapInput(call);
    const result = { shape: [...ONE_PIXEL, map.channels] as const, dtype: operandOf(call, 0).dtype };
    emitMap(call, { kind: 'global-average-pool' }, [map.tensor], result);
  },
});

/** One window as large as the map. */
const globalMaxPool = rule({
  from: 1,
  run: (call) => {
    const map = mapInput(call);
    const window = {
      ...{ kernelH: map.height, kernelW: map.width, strideH: map.height, strideW: map.width },
      ...{ dilationH: 1, dilationW: 1, ...NO_PADDING },
    };
    emitMap(call, { kind: 'max-pool', ...window }, [map.tensor], {
      shape: [...ONE_PIXEL, map.channels],
      ...sameNumbers(call, 0),
    });
  },
});

const STORAGE_ORDER = { storage_order: flag(false) };

export const POOL_RULES: RuleTable = {
  MaxPool: [
    maxPool(1, 7, {}),
    maxPool(8, 9, STORAGE_ORDER),
    maxPool(10, undefined, { ...STORAGE_ORDER, ...CEIL, ...DILATIONS }),
  ],
  AveragePool: [
    averagePool(7, 9, {}),
    averagePool(10, 18, CEIL),
    averagePool(19, undefined, { ...CEIL, ...DILATIONS }),
  ],
  GlobalAveragePool: [globalAveragePool],
  GlobalMaxPool: [globalMaxPool],
};
