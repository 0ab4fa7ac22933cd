import { makeNet } from '../net.js';
import type { Plan } from '../plan.js';
import type { Size } from '../size.js';

/** Networks for small pictures: digits, CIFAR-10, and the two smallest of MLPerf Tiny with residuals and depthwise layers. */

/** One dense layer. */
export function perceptron({ input }: Size): Plan {
  const n = makeNet('perceptron', { input, channels: 1, norm: false, act: 'linear' });
  return n.finish([n.dense(n.flatten(n.image), 10, { exact: true })]);
}

/** LeNet-300-100. */
export function mlp({ input, width }: Size): Plan {
  const n = makeNet('mlp', { input, width, channels: 1, norm: false, act: 'relu' });
  const hidden = n.dense(n.dense(n.flatten(n.image), 300), 100);
  return n.finish([n.dense(hidden, 10, { act: 'linear', exact: true })]);
}

/** With tanh and average pools as published, but with every map of the third layer connected to all before it. */
export function lenet5({ input, width }: Size): Plan {
  const n = makeNet('lenet5', { input, width, channels: 1, norm: false, act: 'tanh' });
  const half = { stride: 2, pad: 0 };
  let x = n.averagePool(n.conv(n.image, 6, 5, { pad: 0 }), 2, half);
  x = n.averagePool(n.conv(x, 16, 5, { pad: 0 }), 2, half);
  x = n.conv(x, 120, 5, { pad: 0 });
  x = n.dense(n.flatten(x), 84);
  return n.finish([n.dense(x, 10, { act: 'linear', exact: true })]);
}

/** ResNet-8 of MLPerf Tiny: convolutions have biases besides their normalisations. */
export function resnet8({ input, width }: Size): Plan {
  const n = makeNet('resnet8', { input, width, norm: true, act: 'relu', bias: true });
  let x = n.conv(n.image, 16, 3);
  [16, 32, 64].forEach((channels, i) => {
    const b = n.at(`block${i + 1}`);
    const stride = i === 0 ? 1 : 2;
    const branch = b.conv(b.conv(x, channels, 3, { stride, pad: 'same' }), channels, 3, { act: 'linear' });
    const shortcut = i === 0 ? x : b.conv(x, channels, 1, { stride, norm: false, act: 'linear' });
    x = b.act(b.add([branch, shortcut]), 'relu');
  });
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 10, { act: 'linear', exact: true })]);
}

/** ResNet-20 for CIFAR-10; shortcuts that widen are 1x1 convolutions (option B of the paper). */
export function resnet20({ input, width }: Size): Plan {
  const n = makeNet('resnet20', { input, width, norm: true, act: 'relu' });
  let x = n.conv(n.image, 16, 3);
  [16, 32, 64].forEach((channels, stage) => {
    for (let block = 0; block < 3; block++) {
      const b = n.at(`stage${stage + 1}.block${block + 1}`);
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const branch = b.conv(b.conv(x, channels, 3, { stride }), channels, 3, { act: 'linear', gain: 0.5 });
      const shortcut = stride === 1 ? x : b.conv(x, channels, 1, { stride, act: 'linear' });
      x = b.act(b.add([branch, shortcut]), 'relu');
    }
  });
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 10, { act: 'linear', exact: true })]);
}

/** DS-CNN (small) for keyword spotting, as in MLPerf Tiny: 49 frames of 10 features. */
export function dsCnn({ input, width }: Size): Plan {
  const high = input;
  const n = makeNet('ds-cnn', { input: [high, 10], channels: 1, width, norm: true, act: 'relu', bias: true });
  let x = n.conv(n.image, 64, [10, 4], { stride: 2, pad: 'same' });
  for (let block = 1; block <= 4; block++) {
    const b = n.at(`block${block}`);
    x = b.conv(b.depthwise(x, 3), 64, 1);
  }
  return n.finish([n.dense(n.flatten(n.globalPool(x)), 12, { act: 'linear', exact: true })]);
}
