import { describe, expect, it } from 'vitest';
import { lowerModel } from '../../../src/compile.js';
import { chooseDesign } from '../../../src/explore/choose.js';
import { memoryBits } from '../../../src/hw/design.js';
import { fifoReports, fifoWords } from '../../../src/report/fifos.js';
import { designMemory } from '../../../src/report/layers.js';
import { residualBlocks } from '../schedule/blocks.js';

describe('reports of FIFOs', () => {
  const pins = { layers: new Map(), fifos: new Map([['add3.1', 900]]) };
  const { design } = chooseDesign(lowerModel(residualBlocks('net')).network, {
    clockMHz: 200,
    multiplierBudget: 150,
    pins,
  });
  const reports = fifoReports(design);

  it('name pinned depths, and branches that hold whole frames with their bits', () => {
    const own = reports.find(({ edge }) => edge === 'add3.1');
    expect(own).toMatchObject({ depth: 900, memory: 'block', chosenBy: 'user' });
    expect(own?.wholeFrames).toBeGreaterThan(0);
    expect(fifoWords(reports)).toEqual([
      `branches that hold a whole frame or more: add3.1 (900 beats, ${own?.bits.toLocaleString('en-US')} bits)`,
      `FIFOs pinned by the user: add3.1 (900 beats, ${own?.bits.toLocaleString('en-US')} bits)`,
    ]);
    expect(fifoWords(reports.filter(({ edge }) => edge !== 'add3.1'))).toEqual([]);
  });

  it('count in the memory of the design', () => {
    const engines = design.engines.reduce((sum, engine) => sum + memoryBits(engine).fifo, 0);
    expect(designMemory(design).fifo).toBe(engines + reports.reduce((sum, { bits }) => sum + bits, 0));
  });
});
