import { type ConvSettings, makeNet, type Net } from '../net.js';
import type { Architect } from '../size.js';

/** Depthwise separable convolutions with residuals; normalised once, behind the 1x1. */

const LINEAR: ConvSettings = { act: 'linear' };

function separable(b: Net, x: string, channels: number, settings: ConvSettings = LINEAR): string {
  return b.conv(b.depthwise(x, 3, { norm: false, act: 'linear', bias: false }), channels, 1, settings);
}

/** Two separable convolutions and a pool, beside a 1x1 of stride 2. */
function reducing(b: Net, x: string, first: number, second: number, isActive: boolean): string {
  const inner = separable(b, isActive ? b.act(x, 'relu') : x, first);
  const branch = b.maxPool(separable(b, b.act(inner, 'relu'), second), 3, { stride: 2, pad: 'same' });
  return b.add([branch, b.conv(x, second, 1, { stride: 2, ...LINEAR })]);
}

export const xception: Architect = ({ input, width }) => {
  const n = makeNet('xception', { input, width, norm: true, act: 'relu' });
  let x = n.conv(n.conv(n.image, 32, 3, { stride: 2, pad: 0 }), 64, 3, { pad: 0 });
  [128, 256, 728].forEach((channels, i) => {
    x = reducing(n.at(`entry${i + 1}`), x, channels, channels, i > 0);
  });
  for (let i = 1; i <= 8; i++) {
    const b = n.at(`middle${i}`);
    let branch = x;
    for (let step = 1; step <= 3; step++) {
      branch = separable(b, b.act(branch, 'relu'), 728, step === 3 ? { ...LINEAR, gain: 0.5 } : LINEAR);
    }
    x = b.add([branch, x]);
  }
  x = reducing(n.at('exit'), x, 728, 1024, true);
  for (const channels of [1536, 2048]) x = separable(n, x, channels, {});
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 1000, { act: 'linear', exact: true })]);
};
