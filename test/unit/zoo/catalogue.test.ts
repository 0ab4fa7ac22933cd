import { describe, expect, it } from 'vitest';
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
    for (const size of [input.least, input.least + step, input.least + 5 * step])
      for (const factor of width === undefined ? [1] : [0.25, 0.35, 0.5, 1.4])
        expect(countPlan(build({ input: size, width: factor })).macs).toBeGreaterThan(0);
  });
});

it('U-Net at its published width has the parameters of its implementations', () => {
  // 31,037,698 of three channels and two classes, where each convolution has a normalisation of twice its 5,888 biases.
  expect(countPlan(unet({ input: 128, width: 1 })).parameters).toBe(31_037_698 - 5_888);
});
