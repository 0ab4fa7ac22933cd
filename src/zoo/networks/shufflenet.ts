import { makeNet, type Net } from '../net.js';
import type { Architect } from '../size.js';

/** Grouped 1x1 convolutions between which channels are shuffled. */

const GROUPS = 3;
/** Channels of the first stage at the width of 1, in steps that groups and bottlenecks can divide, and blocks of all. */
const STEP = 4 * GROUPS;
const FIRST_STAGE = 20 * STEP;
const FIRST_LAYER = 2 * STEP;
const BLOCKS: readonly number[] = [4, 8, 4];

const inSteps = (channels: number, step: number, least: number): number =>
  step * Math.max(least, Math.round(channels / step));

/** Version 1 of three groups. Each stage has twice the channels of the one before. */
export const shufflenet: Architect = ({ input, width }) => {
  const n = makeNet('shufflenet', { input, norm: true, act: 'relu' });
  const first = inSteps(width * FIRST_STAGE, STEP, 2);
  let x = n.maxPool(n.conv(n.image, inSteps(width * FIRST_LAYER, STEP, 1), 3, { stride: 2 }), 3, { stride: 2 });
  BLOCKS.forEach((blocks, stage) => {
    const channels = first * 2 ** stage;
    for (let i = 0; i < blocks; i++) {
      const b = n.at(`stage${stage + 2}.block${i + 1}`);
      // The few channels before the first block are not worth the groups.
      x = i === 0 ? reducing(b, x, channels, stage === 0 ? 1 : GROUPS) : residual(b, x, channels);
    }
  });
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 1000, { act: 'linear', exact: true })]);
};

/** 1x1 to a quarter of the channels, shuffled, depthwise, 1x1. */
function branch(b: Net, x: string, channels: number, out: number, stride: number, groups: number): string {
  const narrow = b.shuffle(b.conv(x, channels / 4, 1, { groups }), GROUPS);
  const spread = b.depthwise(narrow, 3, { stride, act: 'linear' });
  return b.conv(spread, out, 1, { groups: GROUPS, act: 'linear', gain: stride === 1 ? 0.5 : 1 });
}

function residual(b: Net, x: string, channels: number): string {
  return b.act(b.add([x, branch(b, x, channels, channels, 1, GROUPS)]), 'relu');
}

/** The pooled input, which is not negative, beside the branch, which makes up for the channels that are missing. */
function reducing(b: Net, x: string, channels: number, groups: number): string {
  const out = channels - b.channelsOf(x);
  const pooled = b.averagePool(x, 3, { stride: 2 });
  return b.concat([pooled, b.act(branch(b, x, channels, out, 2, groups), 'relu')]);
}

/** Channels of the first stage for the widths that were published; others are in proportion. */
const V2_FIRST_STAGE: ReadonlyMap<number, number> = new Map([
  [0.5, 48],
  [1, 116],
  [1.5, 176],
  [2, 244],
]);

/** Version 2: half of the channels pass by, and all are shuffled behind it. */
export const shufflenetV2: Architect = ({ input, width }) => {
  const n = makeNet('shufflenet-v2', { input, norm: true, act: 'relu' });
  const first = V2_FIRST_STAGE.get(width) ?? inSteps(116 * width, 4, 1);
  let x = n.maxPool(n.conv(n.image, 24, 3, { stride: 2 }), 3, { stride: 2 });
  BLOCKS.forEach((blocks, stage) => {
    const channels = first * 2 ** stage;
    for (let i = 0; i < blocks; i++) x = v2Block(n.at(`stage${stage + 2}.block${i + 1}`), x, channels / 2, i === 0);
  });
  x = n.conv(x, width < 2 ? 1024 : 2048, 1);
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 1000, { act: 'linear', exact: true })]);
};

function v2Block(b: Net, x: string, half: number, isReducing: boolean): string {
  const stride = isReducing ? 2 : 1;
  const right = isReducing ? x : b.slice(x, half, half);
  const worked = b.conv(b.depthwise(b.conv(right, half, 1), 3, { stride, act: 'linear' }), half, 1);
  const left = isReducing ? b.conv(b.depthwise(x, 3, { stride, act: 'linear' }), half, 1) : b.slice(x, 0, half);
  return b.shuffle(b.concat([left, worked]), 2);
}
