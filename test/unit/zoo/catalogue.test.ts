import { describe, expect, it } from 'vitest';
import { defined } from '../../../src/support/invariant.js';
import { CATALOGUE } from '../../../src/zoo/catalogue.js';
import { unet } from '../../../src/zoo/networks/dense-prediction.js';
import { countPlan } from '../../../src/zoo/plan.js';

/** Nothing here makes weights: all is counted from shapes. */
describe.each(Object.entries(CATALOGUE))('%s', (_name, { build, input, width, published }) => {
  const usual = countPlan(build({ input: input.usual, width: width ?? 1 }));

  it('has the published parameters, and the published work within 1 %', () => {
    if (published.parameters !== undefined)
      expect(usual.parameters).toBe(published.parameters + (published.difference ?? 0));
    if (published.macs !== undefined) expect(Math.abs(usual.macs / published.macs - 1)).toBeLessThan(0.01);
  });

  it('can be built at its least picture, and narrower and wider', () => {
    const step = input.multipleOf ?? 1;
    for (const size of [input.least, input.least + 5 * step])
      for (const factor of width === undefined ? [1] : [0.35, 1.4])
        expect(countPlan(build({ input: size, width: factor })).macs).toBeGreaterThan(0);
  });
});

it('U-Net at its published width has the parameters of its implementations', () => {
  // 31,037,698 of three channels and two classes, where each convolution has a normalisation of twice its 5,888 biases.
  expect(countPlan(unet({ input: 128, width: 1 })).parameters).toBe(31_037_698 - 5_888);
});

it.each([
  // As published with the multiplier: the work of the paper's tables, parameters of Keras without moving means and variances.
  ['mobilenet-v1', 224, 0.25, 41e6, 475_544 - 5_472],
  ['mobilenet-v1', 160, 0.5, 76e6, 1_342_536 - 10_944],
  ['mobilenet-v1', 224, 0.75, 325e6, 2_601_976 - 16_416],
  ['shufflenet-v2', 224, 0.5, 41e6, 1_366_792],
  ['shufflenet-v2', 224, 1.5, 299e6, 3_503_624],
  ['shufflenet-v2', 224, 2, 585e6, 7_393_996],
])('%s at %i pixels and a width of %f', (name, input, width, macs, parameters) => {
  const counts = countPlan(defined(CATALOGUE[name], 'the network').build({ input, width }));
  expect(counts.parameters).toBe(parameters);
  expect(Math.abs(counts.macs / macs - 1)).toBeLessThan(0.015);
});
