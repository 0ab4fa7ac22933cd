import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rawDtypeOf } from '../../src/execute/frame-source.js';
import { allocate, numeric } from '../../src/execute/tensor-access.js';
import type { Pins } from '../../src/explore/solver.js';
import { saveModelFile } from '../../src/frontend/json/files.js';
import { elementCount } from '../../src/ir/tensor-type.js';
import { defined } from '../../src/support/invariant.js';
import { formatNpy } from '../../src/support/npy.js';
import type { Case, Run } from './prove.js';

/** Pins as JSON, layer by layer. */
export function pinsText(pins: Pins | undefined): unknown {
  if (pins === undefined) return undefined;
  return { inputLanes: pins.inputLanes, layers: Object.fromEntries(pins.layers) };
}

/** A failing case on disk. */
export interface SavedFailure {
  /** Of the model file. */
  readonly model: string;
  /** Command lines that run it again, one for each run that the command line can do. */
  readonly commands: readonly string[];
}

/**
 * Writes NAME.json and NAME.safetensors, which loadModelFile reads, and beside them NAME.case.json with all that the case
 * was made from, NAME.folding.json with its pins, and its frames.
 */
export function saveFailure(
  folder: string,
  failing: Case,
  failures: readonly string[],
  runs: readonly Run[],
): SavedFailure {
  mkdirSync(folder, { recursive: true });
  const { graph, sizing, seed, spec, title } = failing;
  const base = join(folder, graph.name);
  const model = `${base}.json`;
  saveModelFile(graph, model);
  const record = { title, seed, failures, runs, sizing: { ...sizing, pins: pinsText(sizing.pins) }, spec };
  writeFileSync(`${base}.case.json`, `${JSON.stringify(record, undefined, 2)}\n`);
  const options = [...sizingOptions(base, sizing), ...inputOptions(base, failing)];
  const plain = runs.filter((run) => run.sinkStall === undefined && run.resetAfterCycles === undefined);
  const commands = plain.map(({ stall, seed: runSeed }) =>
    ['node dist/cli/main.js verify', model, ...options, `--stall ${stall} --seed ${runSeed} --jobs 1`].join(' '),
  );
  return { model, commands };
}

function sizingOptions(base: string, { pins, multiplierBudget }: Case['sizing']): readonly string[] {
  const budget = multiplierBudget === undefined ? [] : [`--budget multipliers=${multiplierBudget}`];
  if (pins === undefined) return budget;
  const { inputLanes, layers } = pins;
  const folding = {
    formatVersion: 1,
    ...(inputLanes === undefined ? {} : { input: { lanes: inputLanes } }),
    layers: Object.fromEntries(layers),
  };
  writeFileSync(`${base}.folding.json`, `${JSON.stringify(folding, undefined, 2)}\n`);
  return [...budget, `--folding ${base}.folding.json`];
}

/** Writes a .npy file of all frames for each input. */
function inputOptions(base: string, { graph, frames }: Case): readonly string[] {
  const options = graph.inputs.map(({ tensor }) => {
    const type = defined(graph.types.get(tensor), `the type of '${tensor}'`);
    const data = allocate(type.element, frames.length * elementCount(type.shape));
    for (const [index, frame] of frames.entries())
      data.set(numeric(frame.get(tensor)?.data), index * elementCount(type.shape));
    const path = `${base}.${tensor}.npy`;
    writeFileSync(path, formatNpy({ dtype: rawDtypeOf(type), shape: [frames.length, ...type.shape], data }));
    return graph.inputs.length === 1 ? `--input ${path}` : `--input ${tensor}=${path}`;
  });
  return [...options, '--raw'];
}
