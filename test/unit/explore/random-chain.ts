import { lowerModel } from '../../../src/compile.js';
import type { LayerGraph } from '../../../src/hw/layer.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Window } from '../../../src/ir/op.js';
import type { TensorType } from '../../../src/ir/tensor-type.js';
import { makeRandom, quantised, randomInteger, UNIT_WINDOW } from '../execute/make-graph.js';

type Random = () => number;

const pick = <T>(random: Random, choices: readonly T[]): T =>
  choices[randomInteger(random, 0, choices.length - 1)] as T;

function randomWindow(random: Random, height: number, width: number): Window {
  const [kernelH, kernelW] = [
    Math.min(height, randomInteger(random, 1, 3)),
    Math.min(width, randomInteger(random, 1, 3)),
  ];
  const pad = randomInteger(random, 0, Math.min(kernelH, kernelW) - 1);
  const stride = randomInteger(random, 1, 2);
  const pads = { padTop: pad, padLeft: pad, padBottom: pad, padRight: pad };
  return { ...UNIT_WINDOW, kernelH, kernelW, strideH: stride, strideW: stride, ...pads };
}

/** A chain of up to four layers of all kinds with windows, of odd sizes; the same for the same seed. */
export function randomChain(seed: number): LayerGraph {
  const random = makeRandom(seed);
  const b = makeBuilder(`random${seed}`);
  let shape = [randomInteger(random, 2, 7), randomInteger(random, 2, 7), randomInteger(random, 1, 12)];
  const type = (of: readonly number[]): TensorType => quantised(of, 8, false, 0.05, 0);
  let at = b.input('x', type(shape));
  const layers = randomInteger(random, 1, 4);
  for (let i = 0; i < layers; i++) {
    const [height = 1, width = 1, channels = 1] = shape;
    const window = randomWindow(random, height, width);
    const kind = pick(random, ['conv', 'conv', 'grouped', 'depthwise', 'pool', 'dense'] as const);
    const outH = Math.floor((height + 2 * window.padTop - window.kernelH) / window.strideH) + 1;
    const outW = Math.floor((width + 2 * window.padLeft - window.kernelW) / window.strideW) + 1;
    if (kind === 'pool') {
      shape = [outH, outW, channels];
      at = b.node(`pool${i}`, { kind: 'max-pool', ...window }, [at], type(shape));
      continue;
    }
    if (kind === 'dense' && i === layers - 1) {
      const outputs = randomInteger(random, 1, 12);
      const flat = b.node(`flat${i}`, { kind: 'flatten' }, [at], type([height * width * channels]));
      b.constant(`w${i}`, weights([outputs, height * width * channels]));
      at = b.node(`dense${i}`, { kind: 'dense' }, [flat, `w${i}`], type([outputs]));
      continue;
    }
    const even = channels % 2 === 0;
    const groups = kind === 'depthwise' ? channels : kind === 'grouped' && even ? 2 : 1;
    const outputs = groups * randomInteger(random, 1, groups === 1 ? 12 : 3);
    shape = [outH, outW, outputs];
    b.constant(`w${i}`, weights([outputs, window.kernelH, window.kernelW, channels / groups]));
    at = b.node(`conv${i}`, { kind: 'conv', ...window, groups }, [at, `w${i}`], type(shape));
  }
  return lowerModel(b.build([at])).network;
}

function weights(shape: readonly number[]): { readonly type: TensorType; readonly data: Int8Array } {
  const count = shape.reduce((a, n) => a * n, 1);
  return { type: quantised(shape, 8, true, 0.02, 0), data: Int8Array.from({ length: count }, (_, i) => (i % 7) - 3) };
}
