import { type Activation, makeNet, type Net } from '../net.js';
import type { Architect } from '../size.js';

/** Inverted residuals with squeeze and excitation: each channel is multiplied by a gate that sees the whole picture. */

interface Block {
  readonly kernel: number;
  readonly expanded: number;
  readonly channels: number;
  readonly stride: number;
  readonly act: Activation;
  /** Channels between the two layers of the gate; undefined: no gate. */
  readonly squeezed?: number;
  readonly gate: Activation;
  readonly squeezeAct: Activation;
}

function gatedResidual(b: Net, x: string, of: Block): string {
  const { act, stride } = of;
  const expanded = of.expanded === b.channelsOf(x) ? x : b.conv(x, of.expanded, 1, { act, exact: true });
  const spread = b.depthwise(expanded, of.kernel, { stride, act });
  const weighted = of.squeezed === undefined ? spread : gated(b, spread, of.squeezed, of);
  const isResidual = stride === 1 && b.channelsOf(x) === b.wide(of.channels);
  const narrow = b.conv(weighted, of.channels, 1, { act: 'linear', gain: isResidual ? 0.5 : 1 });
  return isResidual ? b.add([x, narrow]) : narrow;
}

function gated(b: Net, x: string, squeezed: number, { gate, squeezeAct }: Pick<Block, 'gate' | 'squeezeAct'>): string {
  const plain = { norm: false, exact: true };
  const narrow = b.conv(b.globalPool(x), squeezed, 1, { ...plain, act: squeezeAct });
  return b.mul([x, b.conv(narrow, b.channelsOf(x), 1, { ...plain, act: gate })]);
}

/** Nearest multiple of 8, at least 8. */
function by8(channels: number): number {
  return Math.max(8, Math.round(channels / 8) * 8);
}

/** Kernel, expanded channels, channels, whether gated, activation, stride. */
const V3_SMALL: readonly (readonly [number, number, number, boolean, Activation, number])[] = [
  [3, 16, 16, true, 'relu', 2],
  [3, 72, 24, false, 'relu', 2],
  [3, 88, 24, false, 'relu', 1],
  [5, 96, 40, true, 'hard-swish', 2],
  [5, 240, 40, true, 'hard-swish', 1],
  [5, 240, 40, true, 'hard-swish', 1],
  [5, 120, 48, true, 'hard-swish', 1],
  [5, 144, 48, true, 'hard-swish', 1],
  [5, 288, 96, true, 'hard-swish', 2],
  [5, 576, 96, true, 'hard-swish', 1],
  [5, 576, 96, true, 'hard-swish', 1],
];

export const mobilenetV3Small: Architect = ({ input, width }) => {
  const n = makeNet('mobilenet-v3-small', { input, width, norm: true, act: 'hard-swish' });
  let x = n.conv(n.image, 16, 3, { stride: 2 });
  V3_SMALL.forEach(([kernel, expansion, channels, isGated, act, stride], i) => {
    const expanded = n.wide(expansion);
    const squeezed = isGated ? { squeezed: by8(expanded / 4) } : {};
    const gates = { gate: 'hard-sigmoid', squeezeAct: 'relu' } as const;
    x = gatedResidual(n.at(`block${i + 1}`), x, { kernel, expanded, channels, stride, act, ...squeezed, ...gates });
  });
  x = n.globalPool(n.conv(x, 576, 1));
  x = n.dense(n.flatten(x), 1024);
  return n.finish([n.dense(x, 1000, { act: 'linear', exact: true })]);
};

/** Expansion, kernel, stride of the first block, channels, blocks. */
const B0_STAGES: readonly (readonly [number, number, number, number, number])[] = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
];

export const efficientnetB0: Architect = ({ input, width }) => {
  const n = makeNet('efficientnet-b0', { input, width, norm: true, act: 'swish' });
  let x = n.conv(n.image, 32, 3, { stride: 2 });
  B0_STAGES.forEach(([expansion, kernel, first, channels, blocks], stage) => {
    for (let i = 0; i < blocks; i++) {
      const inChannels = n.channelsOf(x);
      x = gatedResidual(n.at(`stage${stage + 1}.block${i + 1}`), x, {
        ...{ kernel, channels, expanded: expansion * inChannels, squeezed: Math.max(1, Math.floor(inChannels / 4)) },
        ...{ stride: i === 0 ? first : 1, act: 'swish', gate: 'sigmoid', squeezeAct: 'swish' },
      });
    }
  });
  x = n.globalPool(n.conv(x, 1280, 1));
  return n.finish([n.dense(n.flatten(x), 1000, { act: 'linear', exact: true })]);
};
