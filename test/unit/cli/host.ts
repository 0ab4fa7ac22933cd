import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExitStatus, runCli } from '../../../src/cli/run-cli.js';
import { saveModelFile } from '../../../src/frontend/json/files.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { quantizeGraph } from '../../../src/quantize/quantize-graph.js';
import { PLAIN } from '../../../src/report/paint.js';
import { formatNpy, type NpyArray } from '../../../src/support/npy.js';
import { makeRandom } from '../../../src/support/random.js';
import { float, UNIT_WINDOW } from '../execute/make-graph.js';

/** The command line inside of the test's process, and small models for it. */

export interface CliResult {
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
}

export async function cli(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  const status = await runCli(args, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    environment,
    paint: PLAIN,
    signal: new AbortController().signal,
    endedByInterrupt: (work) => work(),
  });
  return { status, stdout, stderr };
}

/** A folder for one test file; `clean` removes it. */
export function makeFolder(): { readonly path: (name: string) => string; readonly clean: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-cli-'));
  return { path: (name) => join(folder, name), clean: () => rmSync(folder, { recursive: true, force: true }) };
}

const SEED = 7;

function weights(random: () => number, shape: readonly number[]): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return { type: float(shape), data: Float32Array.from({ length: count }, () => 2 * random() - 1) };
}

/** Names of the nodes of tinyFloat, in order. */
export interface TinyNames {
  readonly model: string;
  readonly conv: string;
  readonly pool: string;
  readonly dense: string;
}

const PLAIN_NAMES: TinyNames = { model: 'tiny', conv: 'conv1', pool: 'pool1', dense: 'dense1' };

/** 6x6x2 -> conv 3x3 to 4, ReLU -> max-pool 2 -> flatten -> dense 5, in float. */
export function tinyFloat(names: TinyNames = PLAIN_NAMES): Graph {
  const random = makeRandom(SEED);
  const b = makeBuilder(names.model);
  b.input('image', float([6, 6, 2]), { preprocessing: { mean: [0], std: [255], bgr: false } });
  b.constant('w1', weights(random, [4, 3, 3, 2]));
  b.node(names.conv, { kind: 'conv', ...UNIT_WINDOW, kernelH: 3, kernelW: 3, groups: 1 }, ['image', 'w1']);
  b.node('relu1', { kind: 'relu' }, [names.conv]);
  const half = { ...UNIT_WINDOW, kernelH: 2, kernelW: 2, strideH: 2, strideW: 2 };
  b.node(names.pool, { kind: 'max-pool', ...half }, ['relu1']);
  b.node('flat', { kind: 'flatten' }, [names.pool]);
  b.constant('w2', weights(random, [5, 16]));
  b.node(names.dense, { kind: 'dense' }, ['flat', 'w2']);
  return b.build([names.dense]);
}

/** The same in integers. */
export function tinyInteger(names: TinyNames = PLAIN_NAMES): Graph {
  const random = makeRandom(SEED + 1);
  const type = float([6, 6, 2]);
  const frames = Array.from(
    { length: 4 },
    () => new Map([['image', { type, data: Float32Array.from({ length: 72 }, random) }]]),
  );
  return quantizeGraph(tinyFloat(names), frames).graph;
}

/** A network whose tensor is read by two nodes. */
export function branching(): Graph {
  const random = makeRandom(SEED + 2);
  const b = makeBuilder('branching');
  const type = float([4, 4, 2]);
  b.input('image', type);
  b.constant('w1', weights(random, [2, 1, 1, 2]));
  b.node('conv1', { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, ['image', 'w1']);
  b.constant('w2', weights(random, [2, 1, 1, 2]));
  b.node('conv2', { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, ['conv1', 'w2']);
  b.node('sum', { kind: 'add' }, ['conv1', 'conv2']);
  const frames = [new Map([['image', { type, data: Float32Array.from({ length: 32 }, random) }]])];
  return quantizeGraph(b.build(['sum']), frames).graph;
}

export function save(graph: Graph, path: string): string {
  saveModelFile(graph, path);
  return path;
}

export function writeNpy(path: string, array: NpyArray): string {
  writeFileSync(path, formatNpy(array));
  return path;
}

/** Pixels 0..255 for tinyFloat and tinyInteger, frames in front. */
export function pixels(frames: number): NpyArray {
  const random = makeRandom(SEED + 3);
  const data = Uint8Array.from({ length: frames * 72 }, () => Math.floor(256 * random()));
  return { shape: [frames, 6, 6, 2], dtype: 'u1', data };
}
