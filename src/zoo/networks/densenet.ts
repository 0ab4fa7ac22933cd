import { makeNet, type Net } from '../net.js';
import type { Plan } from '../plan.js';
import type { Size } from '../size.js';

const BLOCKS: readonly number[] = [6, 12, 24, 16];
const GROWTH = 32;

/**
 * DenseNet-121. A layer normalises all that was made before it, each layer with other numbers: those normalisations fold
 * into no convolution and stay layers of their own.
 */
export function densenet121({ input, width }: Size): Plan {
  const n = makeNet('densenet121', { input, width, norm: true, act: 'relu' });
  let x = n.maxPool(n.conv(n.image, 64, 7, { stride: 2 }), 3, { stride: 2 });
  BLOCKS.forEach((layers, block) => {
    for (let i = 0; i < layers; i++) x = denseLayer(n.at(`block${block + 1}.layer${i + 1}`), x);
    if (block < BLOCKS.length - 1) x = transition(n.at(`transition${block + 1}`), x);
  });
  x = n.act(n.norm(x), 'relu');
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 1000, { act: 'linear', exact: true })]);
}

/** The input with GROWTH more channels behind it. */
function denseLayer(b: Net, x: string): string {
  const inner = b.conv(b.act(b.norm(x), 'relu'), 4 * GROWTH, 1);
  return b.concat([x, b.conv(inner, GROWTH, 3, { norm: false, act: 'linear', bias: false })]);
}

/** Half the channels, half the height and width. */
function transition(b: Net, x: string): string {
  const channels = Math.floor(b.channelsOf(x) / 2);
  const narrow = b.conv(b.act(b.norm(x), 'relu'), channels, 1, {
    norm: false,
    act: 'linear',
    bias: false,
    exact: true,
  });
  return b.averagePool(narrow, 2, { stride: 2, pad: 0 });
}
