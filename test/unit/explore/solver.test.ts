import { describe, expect, it } from 'vitest';
import { lowerModel } from '../../../src/compile.js';
import { chooseDesign } from '../../../src/explore/choose.js';
import { explore, targetOfId } from '../../../src/explore/explore.js';
import {
  leastInterval,
  NO_PINS,
  type Pins,
  planFor,
  planWithin,
  slowestInterval,
} from '../../../src/explore/solver.js';
import { designMultipliers } from '../../../src/hw/design.js';
import { isWindowLayer, type LayerGraph } from '../../../src/hw/layer.js';
import { acceptsLanes, foldingBreaches, isPowerOfTwo } from '../../../src/hw/legality.js';
import { layerInterval } from '../../../src/schedule/cycles.js';
import { HeddleError, TargetMissedError } from '../../../src/support/diagnostics.js';
import { defined } from '../../../src/support/invariant.js';
import { buildNetwork } from '../../campaign/build-network.js';
import { singleLayerCases } from '../../campaign/single-layers.js';
import { makeRandom, randomInteger } from '../execute/make-graph.js';
import { randomChain } from './random-chain.js';

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

/** A few targets from the fastest design's to the slowest one's. */
function targets(chain: LayerGraph, seed: number): readonly number[] {
  const [least, most] = [leastInterval(chain, NO_PINS), slowestInterval(chain)];
  const random = makeRandom(seed);
  return [least, most, ...Array.from({ length: 4 }, () => randomInteger(random, least, most))];
}

describe('planFor', () => {
  it.each(SEEDS)('meets its target with legal foldings, chain of seed %i', (seed) => {
    const chain = randomChain(seed);
    for (const target of targets(chain, seed)) {
      const plan = planFor(chain, target, NO_PINS, 'solver');
      if (plan === undefined) throw new Error(`no plan for ${target} cycles`);
      expect(plan.interval).toBeLessThanOrEqual(target);
      let lanes = defined(plan.inputLanes[0], 'the lanes of the input');
      for (const { layer, folding, lanesIn, lanesOut } of plan.engines) {
        expect(isPowerOfTwo(lanesIn) && isPowerOfTwo(lanesOut) && lanesIn <= lanes).toBe(true);
        expect(layerInterval(layer, folding, lanesIn, lanesOut)).toBeLessThanOrEqual(target);
        expect(acceptsLanes(layer, folding, lanesIn)).toBe(true);
        if (isWindowLayer(layer) && folding !== undefined)
          expect(foldingBreaches(layer, folding, lanesOut)).toEqual([]);
        lanes = lanesOut;
      }
    }
  });

  it.each(SEEDS.slice(0, 20))('has no plan below the least interval, chain of seed %i', (seed) => {
    const chain = randomChain(seed);
    expect(planFor(chain, leastInterval(chain, NO_PINS) - 1, NO_PINS, 'solver')).toBeUndefined();
  });
});

describe('targets', () => {
  // In 1242 and 1265 a depthwise layer with two outputs a channel was once given too few channels at a time to choose from.
  it.each([...SEEDS.slice(0, 10), 1242, 1265])('above one that is met are met too, chain of seed %i', (seed) => {
    const chain = randomChain(seed);
    const least = leastInterval(chain, NO_PINS);
    for (let target = least; target < Math.min(least + 100, slowestInterval(chain)); target++) {
      const plan = planFor(chain, target, NO_PINS, 'solver');
      if (plan === undefined) throw new Error(`no plan for ${target} cycles`);
      const again = planFor(chain, plan.interval, NO_PINS, 'solver');
      expect(again).toEqual(plan);
    }
  });
});

describe('planWithin', () => {
  it.each(SEEDS)('keeps its budget, and more multipliers are never slower, chain of seed %i', (seed) => {
    const chain = randomChain(seed);
    const least = planFor(chain, slowestInterval(chain), NO_PINS, 'solver')?.multipliers ?? 0;
    let before = Number.POSITIVE_INFINITY;
    for (let budget = least; budget < least + 200; budget = Math.ceil(budget * 1.3) + 1) {
      const plan = planWithin(chain, budget, NO_PINS, 'solver');
      if (plan === undefined) throw new Error(`no plan within ${budget} multipliers`);
      expect(plan.multipliers).toBeLessThanOrEqual(budget);
      expect(plan.interval).toBeLessThanOrEqual(before);
      before = plan.interval;
    }
    if (least > 0) expect(planWithin(chain, least - 1, NO_PINS, 'solver')).toBeUndefined();
  });
});

describe('explore', () => {
  it.each(SEEDS.slice(0, 12))('gives a front whose rows chooseDesign makes again, chain of seed %i', (seed) => {
    const chain = randomChain(seed);
    const rows = explore(chain, { clockMHz: 100 });
    expect(rows.length).toBeGreaterThan(0);
    rows.forEach((row, i) => {
      const next = rows[i + 1];
      if (next !== undefined) {
        expect(next.multipliers).toBeGreaterThanOrEqual(row.multipliers);
        expect(next.cyclesPerFrame).toBeLessThan(row.cyclesPerFrame);
      }
      expect(targetOfId(row.id)).toBe(row.targetCycles);
      const again = chooseDesign(chain, { clockMHz: 100, targetCycles: row.targetCycles });
      expect(again.prediction).toEqual(row.sized.prediction);
      expect(again.design).toEqual(row.sized.design);
      expect(designMultipliers(again.design)).toBe(row.multipliers);
    });
  });
});

describe('chooseDesign', () => {
  const chain = randomChain(3);
  const [window] = chain.layers.filter(isWindowLayer);
  const name = window?.name ?? '';
  const one = { pe: 1, simd: 1, taps: 1, requantisers: 1 };
  const pinned = (folding: Partial<typeof one> & { readonly lanesOut?: number }): Pins => ({
    layers: new Map([[name, folding]]),
  });

  it('keeps what is pinned, says so, and chooses the rest', () => {
    const { design } = chooseDesign(chain, { clockMHz: 100, pins: pinned({ pe: 1, taps: 1 }) });
    const engine = design.engines.find(({ layer }) => layer.name === name);
    expect(engine?.folding).toMatchObject({ pe: 1, taps: 1 });
    expect(engine?.chosenBy).toEqual({ pe: 'user', simd: 'default', taps: 'user', requantisers: 'default' });
  });

  it('takes a folding that is pinned whole as it is, but not for a target that it misses', () => {
    const fast = leastInterval(chain, NO_PINS);
    expect(() => chooseDesign(chain, { clockMHz: 1, targetFps: 1e6 / fast, pins: pinned(one) })).toThrow(
      TargetMissedError,
    );
  });

  it('takes the lanes that are pinned of a join, and nothing else of it', () => {
    const join = singleLayerCases(1).find(({ title }) => title === 'concat of 3 and 7');
    const { network } = lowerModel(buildNetwork(join?.spec ?? expect.fail()) ?? expect.fail());
    const layer = network.layers.at(-1)?.name ?? '';
    const pins = (pin: { readonly lanesOut?: number; readonly pe?: number }): Pins => ({
      layers: new Map([[layer, pin]]),
    });
    const { design } = chooseDesign(network, { clockMHz: 100, pins: pins({ lanesOut: 4 }) });
    expect(design.engines.at(-1)).toMatchObject({ lanesIn: 4, lanesOut: 4 });
    expect(() => chooseDesign(network, { clockMHz: 100, pins: pins({ lanesOut: 3 }) })).toThrow(HeddleError);
    expect(() => chooseDesign(network, { clockMHz: 100, pins: pins({ pe: 1 }) })).toThrow(
      "only 'lanesOut' can be pinned",
    );
  });

  it.each([
    ['lanesOut', { lanesOut: 3 }],
    ['pe', { pe: 1000 }],
    ['requantisers', { requantisers: 3 }],
  ])('refuses an illegal %s', (_, folding) => {
    expect(() => chooseDesign(chain, { clockMHz: 100, pins: pinned(folding) })).toThrow(HeddleError);
  });
});
