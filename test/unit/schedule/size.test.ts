import { describe, expect, it } from 'vitest';
import { lowerModel } from '../../../src/compile.js';
import { NO_PINS, planFor } from '../../../src/explore/solver.js';
import type { Design } from '../../../src/hw/design.js';
import type { LayerGraph } from '../../../src/hw/layer.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { TensorType } from '../../../src/ir/tensor-type.js';
import { predict } from '../../../src/schedule/predict.js';
import { sizeDesign } from '../../../src/schedule/size.js';
import { quantised, UNIT_WINDOW } from '../execute/make-graph.js';

/** Depthwise and pointwise layers in turn: all channels of a pixel leave in a burst, and windows wait for rows. */
function separableChain(pairs: number): LayerGraph {
  const b = makeBuilder('separable');
  const type = (shape: readonly number[]): TensorType => quantised(shape, 8, false, 0.05, 0);
  const weights = (shape: readonly number[]) => ({
    type: quantised(shape, 8, true, 0.02, 0),
    data: new Int8Array(shape.reduce((a, n) => a * n, 1)).fill(1),
  });
  const window = { ...UNIT_WINDOW, kernelH: 3, kernelW: 3, padTop: 1, padLeft: 1, padBottom: 1, padRight: 1 };
  let at = b.input('x', type([8, 8, 8]));
  for (let i = 0; i < pairs; i++) {
    b.constant(`d${i}`, weights([8, 3, 3, 1]));
    at = b.node(`depthwise${i}`, { kind: 'conv', ...window, groups: 8 }, [at, `d${i}`], type([8, 8, 8]));
    b.constant(`p${i}`, weights([8, 1, 1, 8]));
    at = b.node(`pointwise${i}`, { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, [at, `p${i}`], type([8, 8, 8]));
  }
  return lowerModel(b.build([at])).network;
}

function withLess(design: Design, index: number, pixels: number): Design {
  const engines = design.engines.map((engine, i) =>
    i !== index || engine.memory === undefined
      ? engine
      : { ...engine, memory: { ...engine.memory, capacity: engine.memory.capacity - pixels } },
  );
  return { ...design, engines };
}

describe('sizeDesign', () => {
  it.each([576, 640, 1024])('gives window memories that reach %i cycles and that all need their size', (target) => {
    const chain = separableChain(4);
    const plan = planFor(chain, target, NO_PINS, 'solver');
    if (plan === undefined) throw new Error('no plan');
    const { design, prediction } = sizeDesign(chain, plan.inputLanes, plan.engines);
    expect(prediction).toEqual(predict(design));
    expect(prediction.cyclesPerFrame).toBe(plan.interval);
    design.engines.forEach((engine, i) => {
      // A step of the trimming is an eighth of a row of eight pixels; banks of rows cannot be cut by a pixel.
      if (engine.memory === undefined || engine.memory.rowBanks > 1) return;
      const { cyclesPerFrame, deadlockInFrame } = predict(withLess(design, i, 1));
      expect(deadlockInFrame !== undefined || cyclesPerFrame > plan.interval, engine.layer.name).toBe(true);
    });
  });
});
