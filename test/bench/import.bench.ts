import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadOnnxFile } from '../../src/frontend/onnx/import.js';
import { networkOf } from '../../src/load.js';
import { resnet50File } from './resnet50-file.js';

const RUNS = 5;

it('imports a file of 25.5 million parameters', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-'));
  try {
    const path = join(folder, 'resnet50.onnx');
    writeFileSync(path, resnet50File());
    for (let run = 1; run <= RUNS; run++) {
      const [cpu, wall] = [process.cpuUsage(), performance.now()];
      const { graph } = networkOf(loadOnnxFile(path));
      const { user, system } = process.cpuUsage(cpu);
      const parameters = [...graph.constants.values()].reduce((sum, { data }) => sum + data.length, 0);
      const seconds = `${((performance.now() - wall) / 1000).toFixed(2)} s, ${((user + system) / 1e6).toFixed(2)} s of processors`;
      console.log(`run ${run}: ${parameters.toLocaleString('en-US')} parameters in ${seconds}`);
      expect(parameters).toBeGreaterThan(25_500_000);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
