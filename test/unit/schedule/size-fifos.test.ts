import { describe, expect, it } from 'vitest';
import { lowerModel } from '../../../src/compile.js';
import { chooseDesign } from '../../../src/explore/choose.js';
import type { Design } from '../../../src/hw/design.js';
import { netlistOf } from '../../../src/hw/netlist.js';
import { predict } from '../../../src/schedule/predict.js';
import { reconvergingNets } from '../../../src/schedule/reconvergence.js';
import { edgesOf } from '../../../src/schedule/size-fifos.js';
import { HeddleError } from '../../../src/support/diagnostics.js';
import { BLOCKS, residualBlocks } from './blocks.js';

const REQUEST = { clockMHz: 200, multiplierBudget: 150 };

function withDepth(design: Design, edge: string, depth: number): Design {
  const fifos = new Map(design.fifos);
  const fifo = fifos.get(edge);
  if (depth === 0 || fifo === undefined) fifos.delete(edge);
  else fifos.set(edge, { ...fifo, depth });
  return { ...design, fifos };
}

/** Clocks a frame; infinite where nothing comes out any more. */
function intervalOf(design: Design): number {
  const { cyclesPerFrame, deadlockInFrame } = predict(design);
  return deadlockInFrame === undefined ? cyclesPerFrame : Number.POSITIVE_INFINITY;
}

describe('FIFOs on reconverging paths', () => {
  it.each(Object.entries(BLOCKS))('of a %s network: none can spare a beat', (_, build) => {
    const { network } = lowerModel(build('net'));
    const { design, prediction } = chooseDesign(network, REQUEST);
    expect(prediction).toEqual(predict(design));
    expect(design.fifos.size).toBeGreaterThan(0);
    for (const [edge, { depth, chosenBy }] of design.fifos) {
      expect(chosenBy).toBe('solver');
      expect(intervalOf(withDepth(design, edge, depth - 1)), edge).toBeGreaterThan(prediction.cyclesPerFrame);
      expect(intervalOf(withDepth(design, edge, Math.floor(depth / 2))), edge).toBeGreaterThan(
        prediction.cyclesPerFrame,
      );
    }
  });

  it('are the only places that a network without branches does not have', () => {
    const { network } = lowerModel(residualBlocks('net'));
    const { design } = chooseDesign(network, REQUEST);
    const edges = edgesOf(design);
    expect(edges.filter(({ reconverges }) => reconverges).map(({ edge }) => edge)).toEqual([
      ...['conv1.0', 'add3.1', 'add3.0', 'conv4.0', 'conv6.0', 'add7.0', 'add7.1'],
    ]);
    // Two blocks, which meet in one stream.
    expect(reconvergingNets(netlistOf(design)).length).toBe(2);
  });
});

describe('pinned depths', () => {
  const { network } = lowerModel(residualBlocks('net'));
  const own = chooseDesign(network, REQUEST);
  const pinned = (edge: string, depth: number) =>
    chooseDesign(network, { ...REQUEST, pins: { layers: new Map(), fifos: new Map([[edge, depth]]) } });

  it('that let nothing through are refused, with the least that does', () => {
    let least = Number.NaN;
    try {
      pinned('add3.1', 2);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(HeddleError);
      const [problem] = (error as HeddleError).diagnostics;
      expect(problem?.code).toBe('E449');
      expect(problem?.subject).toBe("edge 'add3.1'");
      least = Number(/pin (\d+) beats/.exec(problem?.hint ?? '')?.[1]);
    }
    expect(least).toBeGreaterThan(2);
    expect(least).toBeLessThan(own.design.fifos.get('add3.1')?.depth ?? 0);
    const { design, prediction } = pinned('add3.1', least);
    expect(prediction.deadlockInFrame).toBeUndefined();
    expect(prediction.cyclesPerFrame).toBeGreaterThan(own.prediction.cyclesPerFrame);
    expect(design.fifos.get('add3.1')).toEqual({ depth: least, memory: 'distributed', chosenBy: 'user' });
    expect(() => pinned('add3.1', least - 1)).toThrow(HeddleError);
  });

  it('that let nothing through together are refused together: each alone would do', () => {
    const both = ['conv6.0', 'add7.1'];
    for (const edge of both) expect(pinned(edge, 1).prediction.deadlockInFrame).toBeUndefined();
    const pins = { layers: new Map(), fifos: new Map(both.map((edge) => [edge, 1])) };
    try {
      chooseDesign(network, { ...REQUEST, pins });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(HeddleError);
      const problems = (error as HeddleError).diagnostics;
      expect(problems.map(({ code, subject }) => [code, subject])).toEqual(
        both.map((edge) => ['E449', `edge '${edge}'`]),
      );
      for (const { text } of problems) expect(text).toContain('together with the other FIFOs that are pinned');
    }
  });

  it('that are deeper than needed are kept', () => {
    const { design, prediction } = pinned('add3.1', 4000);
    expect(prediction).toEqual(own.prediction);
    expect(design.fifos.get('add3.1')?.depth).toBe(4000);
  });

  it('of an edge that there is not are refused', () => {
    expect(() => pinned('add3.7', 4)).toThrow("edge 'add3.7'");
  });
});
