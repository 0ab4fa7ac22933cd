import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.js';
import type { Graph } from '../../src/ir/graph.js';
import { PLAIN } from '../../src/report/paint.js';
import { formatSafetensors } from '../../src/support/safetensors.js';
import { branching, cli, makeFolder, pixels, save, tinyFloat, tinyInteger, writeNpy } from '../unit/cli/host.js';
import { residualBlocks } from '../unit/schedule/blocks.js';
import { openExpected } from './expected-messages.js';

/**
 * What the command line says when it cannot do its work. The whole text with the exit status is in cli.expected.txt,
 * with FOLDER for the test's own folder; nothing may be left behind.
 */

const folder = makeFolder();
const { path } = folder;
const expected = openExpected('cli.expected.txt');
afterAll(() => {
  folder.clean();
  if (expected.updating) expected.save();
});

const model = save(tinyInteger(), path('tiny.json'));
const branches = save(branching(), path('branching.json'));
const residual = save(residualBlocks('residual'), path('residual.json'));
const float = save(tinyFloat(), path('tiny-float.json'));
const spaced = save(tinyFloat(), path("it's float.json"));
const input = writeNpy(path('x.npy'), pixels(3));
const real = writeNpy(path('real.npy'), { shape: [3, 6, 6, 2], dtype: 'f4', data: new Float32Array(216) });
const wide = writeNpy(path('wide.npy'), { shape: [3, 6, 6, 2], dtype: 'i4', data: new Int32Array(216).fill(300) });
const signed = writeNpy(path('signed.npy'), { shape: [3, 6, 6, 2], dtype: 'i1', data: new Int8Array(216) });
const single = writeNpy(path('single.npy'), { shape: [6, 6, 2], dtype: 'u1', data: new Uint8Array(72) });
const none = writeNpy(path('none.npy'), { shape: [0, 6, 6, 2], dtype: 'u1', data: new Uint8Array(0) });
const labels = writeNpy(path('labels.npy'), { shape: [2], dtype: 'u1', data: new Uint8Array(2) });
const farLabels = writeNpy(path('far-labels.npy'), { shape: [3], dtype: 'u1', data: Uint8Array.of(0, 1, 99) });
const realLabels = writeNpy(path('real-labels.npy'), { shape: [3], dtype: 'f4', data: new Float32Array(3) });
mkdirSync(path('foreign'));
writeFileSync(path('foreign/mine.txt'), 'mine');
writeFileSync(path('file'), 'a file');
writeFileSync(path('not.npy'), 'not a .npy file');
writeFileSync(path('tiny.tflite'), '');
const onnx = join(import.meta.dirname, '../../models/lenet5/lenet5.onnx');
const digits = join(import.meta.dirname, '../../models/lenet5/digits.npy');
const nowhere = save(withoutPreprocessing(tinyInteger()), path('no-preprocessing.json'));

function withoutPreprocessing(graph: Graph): Graph {
  return { ...graph, inputs: graph.inputs.map(({ tensor, layout }) => ({ tensor, layout })) };
}

/** A folding file, in lines, so that places in messages have something to count. */
function folding(name: string, value: unknown): string {
  const file = path(name);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value, undefined, 2));
  return file;
}

const compile = (...options: string[]): string[] => ['compile', model, '-o', path('out'), ...options];
const run = (...options: string[]): string[] => ['run', model, ...options];
const pinFifos = (name: string, fifos: unknown): string[] => [
  ...['compile', residual, '-o', path('out'), '--folding', folding(name, { fifos })],
];
const pin = (name: string, value: unknown): string[] => compile('--folding', folding(name, value));

const CASES: Readonly<Record<string, readonly string[]>> = {
  'no command': [],
  'unknown command': ['verfy', model],
  'no model': ['verify'],
  'a model too many': ['verify', model, model],
  'unknown option': ['verify', model, '--frame', '3'],
  'option without its value': ['verify', model, '--frames'],
  'output folder left out': ['compile', model],
  'bad values, all at once': ['verify', model, '--frames', '0', '--stall', '1', '--seed', '-1', '--clock', 'fast'],
  'two targets': compile('--target-fps', '10', '--budget', 'multipliers=9', '--design', 'i100'),
  'budget of a resource that is not modelled': compile('--budget', 'dsp=10,lut=1000'),
  'budget without a value': compile('--budget', '100'),
  'budget that is no number': compile('--budget', 'multipliers=many'),
  'design that is no id': compile('--design', '100'),
  'input options without an input': ['verify', model, '--raw', '--mean', '0'],
  'raw pixels': run('--input', input, '--raw', '--mean', '0', '--bgr'),
  'bad shapes of inputs': ['inspect', model, '--input-shape', 'image=1x3', '--input-shape', 'image='],
  'shape of an input twice': ['inspect', model, '--input-shape', 'image=1,3', '--input-shape', 'image=1,4'],
  'shapes for a model that has them': ['inspect', model, '--input-shape', 'image=1,3,8,8'],
  'bad layout': run('--input', input, '--layout', 'nhcw'),
  'bad means': run('--input', input, '--mean', '1;2', '--std', '0'),

  'an unknown layer, a bad value and a missing folder, all at once': [
    'verify',
    model,
    '--layers',
    'conv99',
    '--stall',
    '2',
    '--trace',
    path('missing/out.fst'),
  ],
  'an unknown layer and a missing input': ['verify', model, '--layers', 'conv99', '--input', path('missing.npy')],
  'missing model': ['verify', path('missing.json')],
  'model that is a folder': ['verify', path('folder.json')],
  'model of another kind': ['verify', path('tiny.tflite')],
  'weights for a model': ['verify', path('tiny.safetensors')],
  'model of the zoo': ['verify', 'zoo:lenet6'],
  'option of a model of the zoo': ['compile', 'zoo:lenet5,sed=2', '-o', 'out'],
  'float model to verify': ['verify', float],
  'float model to compile': ['compile', float, '-o', path('out')],
  'float model of the zoo': ['compile', 'zoo:perceptron,float', '-o', path('out')],
  'float model to explore, with a name to quote': ['explore', spaced],
  'integer model to quantise': ['quantize', model, '--calibration', input, '-o', path('q.json')],

  'missing input': run('--input', path('missing.npy')),
  'input that is no tensor file': run('--input', path('not.npy')),
  'input without frames in front': run('--input', single),
  'input in another layout': run('--input', input, '--layout', 'nchw'),
  'input with no frame': run('--input', none),
  'too few frames': ['verify', model, '--input', input, '--frames', '5'],
  'pixels out of range': run('--input', wide),
  'raw input of another type': run('--input', signed, '--raw'),
  'raw input of real values': run('--input', real, '--raw'),
  'raw input of a float model': ['run', float, '--input', input, '--raw'],
  'means for real values': run('--input', real, '--mean', '0', '--std', '1'),
  'means of another number of channels': run('--input', input, '--mean', '1,2,3'),
  'pixels without preprocessing': ['run', nowhere, '--input', input],
  'pixels for a float model without preprocessing': ['run', onnx, '--input', digits, '--layout', 'nhwc'],
  'half of a preprocessing': ['run', nowhere, '--input', input, '--mean', '0'],
  'two files for one input': run('--input', input, '--input', `image=${input}`),
  'calibration data of another shape': ['quantize', float, '--calibration', single, '-o', path('q.json')],

  'labels of another number': run('--input', input, '--labels', labels),
  'labels that are no classes': run('--input', input, '--labels', farLabels),
  'labels that an offset makes no classes': run('--input', input, '--labels', farLabels, '--label-offset', '500'),
  'labels that are real': run('--input', input, '--labels', realLabels),
  'labels for a map': ['run', branches, '--input', path('branch.npy'), '--labels', labels],
  'label offset alone': run('--input', input, '--label-offset', '1'),
  'tensor with a misspelt name': run('--input', input, '--tensor', `rleu1=${path('t.npy')}`),
  'tensor of an unknown name': run('--input', input, '--tensor', `something=${path('t.npy')}`),
  'tensor without a file': run('--input', input, '--tensor', 'relu1'),
  'tensor given twice': run('--input', input, '--tensor', 'relu1=a.npy', '--tensor', 'relu1=b.npy'),
  'integers of a float tensor': ['run', float, '--input', input, '-o', path('y.npy'), '--raw-output'],
  'raw output of nothing': run('--input', input, '--raw-output'),
  'tensor file in a missing folder': run('--input', input, '-o', path('missing/y.npy')),
  'tensor file over a folder': run('--input', input, '-o', path('foreign')),

  'output folder below a file': ['compile', model, '-o', path('file/out')],
  'output folder that is a file': ['compile', model, '-o', path('file')],
  'output folder with other files': ['compile', model, '-o', path('foreign')],
  'output folder that cannot be made': ['compile', model, '-o', '/proc/heddle-test'],
  'verify into a folder with other files': ['verify', model, '-o', path('foreign')],
  'waveforms in a missing folder': ['verify', model, '--trace', path('missing/out.fst')],
  'quantised model of another kind': ['quantize', float, '--calibration', input, '-o', path('q.onnx')],
  'quantised model in a missing folder': ['quantize', float, '--calibration', input, '-o', path('missing/q.json')],
  'quantise options': [
    ...['quantize', float, '--calibration', input, '-o', path('q.json'), '--weight-bits', '9', '--activation-bits'],
    ...['1', '--requant-bits', '7', '--range', 'maximum', '--percentile', '50'],
  ],
  'percentile of another method': [
    ...['quantize', float, '--calibration', input, '-o', path('q.json'), '--percentile', '99'],
  ],

  'target out of reach': compile('--target-fps', '1e9'),
  'budget out of reach': compile('--budget', 'multipliers=1'),
  'budgets out of reach': ['explore', model, '--budgets', '1,8'],
  'design out of reach': compile('--design', 'i2'),
  'target out of reach of pinned layers': compile(
    ...[
      '--target-fps',
      '3e6',
      '--folding',
      folding('slow.json', { layers: { conv1: { pe: 1, simd: 1, taps: 1, requantisers: 1 } } }),
    ],
  ),

  'folding file missing': compile('--folding', path('missing.json')),
  'folding file that is no JSON': pin('bad.json', '{ "layers": { "conv1": { "pe": 2, } } }'),
  'folding file of a newer format': pin('newer.json', { formatVersion: 2, layers: {} }),
  'folding file with breaches of the format': pin('breaches.json', {
    input: { lane: 1 },
    layers: { conv1: { pee: 1, simd: 0, taps: 1.5 }, pool1: [] },
    layer: {},
  }),
  'folding file with unknown layers': pin('unknown.json', { layers: { cnov1: { pe: 1 }, 'something else': {} } }),
  'folding file with FIFOs on edges that there are not': pinFifos('edges.json', {
    'add3.7': 4,
    'ad3.1': 4,
    convolution: 2,
  }),
  'folding file with a FIFO that stops the network': pinFifos('shallow.json', { 'add3.1': 2 }),
  'folding file with illegal values': pin('illegal.json', {
    input: { lanes: 3 },
    layers: {
      conv1: { pe: 5, simd: 3, taps: 2, requantisers: 3 },
      pool1: { pe: 1, lanesOut: 2 },
      dense1: { lanesOut: 16, pe: 2 },
    },
  }),
};

mkdirSync(path('folder.json'));
writeNpy(path('branch.npy'), { shape: [2, 4, 4, 2], dtype: 'f4', data: new Float32Array(64) });

/** Every file below the folder with its size and time, to see that nothing changes. */
function snapshot(): readonly string[] {
  const names = readdirSync(path('.'), { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => {
    const { size, mtimeMs } = statSync(join(path('.'), name));
    return `${name} ${size} ${mtimeMs}`;
  });
}

describe('the command line refuses', () => {
  it.each(Object.keys(CASES))('%s', async (name) => {
    const before = snapshot();
    const { status, stdout, stderr } = await cli(CASES[name] ?? []);
    const text = `status ${status}\n${stderr.trimEnd()}`.replaceAll(path('.').replace(/\/\.?$/, ''), 'FOLDER');
    expect(stdout).toBe('');
    expect(snapshot()).toEqual(before);
    if (expected.updating) expected.update(name, text);
    else expect(text).toBe(expected.get(name));
  });

  it('nothing else is expected', () => {
    if (!expected.updating) expect([...expected.names].sort()).toEqual(Object.keys(CASES).sort());
  });
});

describe('an internal error', () => {
  const broken = (environment: Readonly<Record<string, string>>): Promise<{ status: number; text: string }> => {
    let text = '';
    const context = {
      stdout: () => {
        throw new Error('the paper is out');
      },
      stderr: (line: string) => {
        text += line;
      },
      environment,
      paint: PLAIN,
      signal: new AbortController().signal,
      endedByInterrupt: <T>(work: () => T): T => work(),
    };
    return runCli(['doctor'], context).then((status) => ({ status, text }));
  };

  it('ends with status 70, and shows its stack only where that is wanted', async () => {
    const quiet = await broken({});
    expect(quiet.status).toBe(70);
    expect(quiet.text).toBe(
      'error E478 internal-error: the paper is out\n  fix: run it again with --debug to see where it came from, and report it with the model\n',
    );
    expect((await broken({ HEDDLE_DEBUG: '1' })).text).toMatch(/\n {4}at /);
  });
});

describe('a failed write', () => {
  it('leaves the folder of an earlier compilation as it was', async () => {
    const out = path('kept');
    expect((await cli(['compile', model, '-o', out])).status).toBe(0);
    const before = readFileSync(join(out, 'report.json'), 'utf8');
    const result = await cli(['compile', model, '-o', out, '--target-fps', '1e9']);
    expect(result.status).toBe(1);
    expect(readFileSync(join(out, 'report.json'), 'utf8')).toBe(before);
    expect(readdirSync(path('.')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('does not take a damaged weights file for a model', async () => {
    const damaged = save(tinyInteger(), path('damaged.json'));
    writeFileSync(path('damaged.safetensors'), formatSafetensors(new Map()).subarray(0, 5));
    const { status, stderr } = await cli(['verify', damaged]);
    expect({ status, code: /E\d+/.exec(stderr)?.[0] }).toMatchObject({ status: 2 });
  });
});
