import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, it } from 'vitest';
import { INTEGER_PIPELINE } from '../../../src/passes/pipelines.js';
import { parseNpy } from '../../../src/support/npy.js';
import { makeOnnx } from '../../oracle/onnx-builder.js';
import { cli, makeFolder, pixels, save, tinyFloat, tinyInteger, writeNpy } from './host.js';

const ROOT = join(import.meta.dirname, '../../..');
const folder = makeFolder();
afterAll(folder.clean);

const ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true });

/** The one JSON document of a command's output, checked against its schema. */
function document(name: string, stdout: string): Record<string, unknown> {
  const schema = JSON.parse(readFileSync(join(ROOT, 'schemas', `${name}.schema.json`), 'utf8')) as object;
  const value = JSON.parse(stdout) as Record<string, unknown>;
  const check = ajv.getSchema(`https://heddle.invalid/schemas/${name}.schema.json`) ?? ajv.compile(schema);
  check(value);
  expect(check.errors ?? []).toEqual([]);
  return value;
}

/** All files below a folder with their bytes. */
function contents(path: string): ReadonlyMap<string, string> {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(path, name)).isFile(),
  );
  return new Map(names.sort().map((name) => [name, readFileSync(join(path, name), 'latin1')]));
}

const model = save(tinyInteger(), folder.path('tiny.json'));
const floatModel = save(tinyFloat(), folder.path('tiny-float.json'));
const input = writeNpy(folder.path('x.npy'), pixels(6));

const COMMANDS = ['verify', 'compile', 'run', 'quantize', 'explore', 'inspect', 'zoo', 'doctor'] as const;

describe('heddle', () => {
  it('prints its version and its help to stdout', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await cli(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    const help = await cli(['--help']);
    expect(help.status).toBe(0);
    for (const command of COMMANDS) expect(help.stdout).toContain(`\n  ${command}`);
  });

  it.each(COMMANDS)('%s has a help text', async (command) => {
    const { status, stdout } = await cli([command, '--help']);
    expect({ status, start: stdout.startsWith(`Usage: heddle ${command}`) }).toEqual({ status: 0, start: true });
  });

  it('prints errors as one JSON document too where JSON is asked for', async () => {
    const { status, stdout, stderr } = await cli(['verify', folder.path('none.json'), '--json']);
    expect(status).toBe(2);
    expect(document('error', stdout)).toMatchObject({ errors: [{ code: 'E101', alias: 'cannot-read' }] });
    expect(stderr).toContain('error E101 cannot-read');
  });
});

describe('heddle compile', () => {
  it('gives the same bytes for the same input, and replaces its own folder', async () => {
    const [a, b] = [folder.path('out-a'), folder.path('out-b')];
    expect((await cli(['compile', model, '-o', a, '--dump-ir'])).status).toBe(0);
    expect((await cli(['compile', model, '-o', b, '--dump-ir'])).status).toBe(0);
    expect(contents(b)).toEqual(contents(a));
    writeFileSync(join(a, 'rtl', 'left-over.v'), '');
    expect((await cli(['compile', model, '-o', a, '--dump-ir'])).status).toBe(0);
    expect(contents(a)).toEqual(contents(b));
    expect([...contents(a).keys()].filter((name) => name.startsWith('ir'))).toEqual(
      ['import', ...INTEGER_PIPELINE.map(({ name }) => name)].map((name, i) =>
        join('ir', `${String(i).padStart(2, '0')}-${name}.txt`),
      ),
    );
  });

  it('prints the document that it writes, with the files that it wrote', async () => {
    const out = folder.path('out-json');
    const { status, stdout, stderr } = await cli(['compile', model, '-o', out, '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const value = document('compile', stdout);
    expect(readFileSync(join(out, 'report.json'), 'utf8')).toBe(stdout);
    expect(value['files']).toEqual([...contents(out).keys()].map((name) => relative('.', name)).sort());
    expect(value).toMatchObject({ resources: {}, notModelled: ['dsp', 'lut', 'ff', 'bram36', 'uram'] });
    for (const file of contents(out).values()) expect(file).not.toContain(out);
  });

  it('writes the integer graph so that it compiles to the same design', async () => {
    const [a, b] = [folder.path('out-first'), folder.path('out-again')];
    await cli(['compile', model, '-o', a]);
    await cli(['compile', join(a, 'model.json'), '-o', b]);
    expect(contents(b)).toEqual(contents(a));
  });

  it('keeps to a folding file and says who chose what', async () => {
    const folding = folder.path('folding.json');
    const pins = { pe: 2, simd: 1, taps: 3, requantisers: 2, lanesOut: 2 };
    writeFileSync(folding, JSON.stringify({ input: { lanes: 2 }, layers: { conv1: pins, dense1: { simd: 4 } } }));
    const out = folder.path('out-folding');
    const { stdout } = await cli(['compile', model, '-o', out, '--folding', folding, '--json']);
    expect(document('compile', stdout)).toMatchObject({
      sizing: { inputLanes: 2, pinnedLayers: ['conv1', 'dense1'], chosenBy: 'default' },
      layers: [
        {
          layer: 'conv1',
          folding: { pe: 2, simd: 1, taps: 3, requantisers: 2 },
          lanesOut: 2,
          chosenBy: { pe: 'user' },
        },
        { layer: 'pool1', chosenBy: {} },
        { layer: 'dense1', folding: { simd: 4 }, chosenBy: { simd: 'user', pe: 'default' } },
      ],
    });
  });

  it.each([
    [['--target-fps', '100000', '--clock', '100'], { targetFps: 100_000, clockMHz: 100 }],
    [['--budget', 'multipliers=20'], { multiplierBudget: 20 }],
  ])('meets %j', async (options, sizing) => {
    const { stdout } = await cli(['compile', model, '-o', folder.path('out-target'), ...options, '--json']);
    const value = document('compile', stdout);
    expect(value).toMatchObject({ sizing: { ...sizing, chosenBy: 'solver' } });
    if ('targetFps' in sizing) expect(value['fps']).toBeGreaterThanOrEqual(100_000);
    else expect(value['multipliers']).toBeLessThanOrEqual(20);
  });
});

describe('heddle explore', () => {
  it('gives designs that compile to exactly its figures', async () => {
    const { status, stdout } = await cli(['explore', model, '--clock', '125', '--json']);
    expect(status).toBe(0);
    const value = document('explore', stdout);
    const rows = value['designs'] as readonly Record<string, unknown>[];
    expect(rows.length).toBeGreaterThan(3);
    for (const { id, ...figures } of rows) {
      const options = ['--design', String(id), '--clock', '125', '--json'];
      const compiled = await cli(['compile', model, '-o', folder.path(`out-${id}`), ...options]);
      expect(document('compile', compiled.stdout)).toMatchObject(figures);
    }
  });

  it('prints a table, and takes the budgets given', async () => {
    const { stdout } = await cli(['explore', model, '--budgets', '8,64']);
    expect(stdout).toContain('2 designs at 200 MHz');
    expect(stdout).toMatch(/^ *design {2}multipliers/m);
  });
});

describe('heddle quantize', () => {
  it('writes a model that runs, and the fidelity of each layer', async () => {
    const output = folder.path('quantised.json');
    const args = [
      'quantize',
      floatModel,
      '--calibration',
      input,
      '-o',
      output,
      '--range',
      'percentile',
      '--percentile',
      '99',
    ];
    const { status, stdout } = await cli([...args, '--json']);
    expect(status).toBe(0);
    expect(document('quantize', stdout)).toMatchObject({ frames: 6, rangeMethod: 'percentile', percentile: 99 });
    const text = await cli(['quantize', floatModel, '--calibration', input, '--frames', '2', '-o', output]);
    expect(text.stdout).toContain('2 calibration frames');
    expect((await cli(['run', output, '--input', input])).status).toBe(0);
  });

  it('stores the preprocessing that it is given', async () => {
    const output = folder.path('preprocessed.json');
    const options = ['--mean', '10,20', '--std', '100', '--json'];
    expect((await cli(['quantize', floatModel, '--calibration', input, '-o', output, ...options])).status).toBe(0);
    const saved = JSON.parse(readFileSync(output, 'utf8')) as { inputs: { preprocessing: object }[] };
    expect(saved.inputs[0]?.preprocessing).toEqual({ mean: [10, 20], std: [100], bgr: false });
  });
});

describe('heddle run', () => {
  it.each([
    ['integer', model, 'i1'],
    ['float32', floatModel, 'f4'],
  ] as const)('runs a model in %s and writes its tensors', async (arithmetic, path, dtype) => {
    const [y, map] = [folder.path('y.npy'), folder.path('map.npy')];
    const raw = arithmetic === 'integer' ? ['--raw-output'] : [];
    const tensor = `${arithmetic === 'integer' ? 'pool1' : 'relu1'}=${map}`;
    const { status, stdout } = await cli([
      'run',
      path,
      '--input',
      input,
      '-o',
      y,
      '--tensor',
      tensor,
      ...raw,
      '--json',
    ]);
    expect(status).toBe(0);
    const value = document('run', stdout);
    expect(value).toMatchObject({ arithmetic, frames: 6, inputs: [{ kind: 'pixels' }], top1: null });
    const array = parseNpy(readFileSync(y), y);
    expect(array).toMatchObject({ shape: [6, 5], dtype });
    expect((value['classes'] as number[])[0]).toBe(
      Array.from(array.data.subarray(0, 5), Number).reduce((best, x, i, all) => (x > (all[best] ?? 0) ? i : best), 0),
    );
    expect(parseNpy(readFileSync(map), map).shape[0]).toBe(6);
  });

  it('takes real values, raw integers and either layout to mean the same', async () => {
    const plain = pixels(6);
    const frames = Array.from(plain.data, Number);
    const real = writeNpy(folder.path('real.npy'), {
      shape: plain.shape,
      dtype: 'f4',
      data: Float32Array.from(frames, (pixel) => pixel / 255),
    });
    const planes = Uint8Array.from({ length: frames.length }, (_, i) => {
      const [frame, rest] = [Math.floor(i / 72), i % 72];
      return frames[frame * 72 + (rest % 36) * 2 + Math.floor(rest / 36)] ?? 0;
    });
    const nchw = writeNpy(folder.path('nchw.npy'), { shape: [6, 2, 6, 6], dtype: 'u1', data: planes });
    const results = [];
    for (const args of [
      [input],
      [real],
      [input, '--raw'],
      [nchw, '--layout', 'nchw'],
      [input, '--mean', '0', '--std', '255'],
    ]) {
      const y = folder.path('same.npy');
      const { status, stderr } = await cli(['run', model, '--input', ...args, '-o', y]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      results.push(readFileSync(y).toString('hex'));
    }
    expect(new Set(results).size).toBe(1);
  });

  it('counts labels, whose offset may be given', async () => {
    const value = document('run', (await cli(['run', model, '--input', input, '--json'])).stdout);
    const classes = value['classes'] as readonly number[];
    const labels = writeNpy(folder.path('labels.npy'), {
      shape: [6],
      dtype: 'i4',
      data: Int32Array.from(classes, (c) => c - 1),
    });
    const args = ['run', model, '--input', input, '--labels', labels, '--json'];
    expect(document('run', (await cli([...args, '--label-offset', '1'])).stdout)).toMatchObject({
      top1: 1,
      top5: 1,
      labelOffset: 1,
    });
    expect(document('run', (await cli(args)).stdout)).toMatchObject({ top1: 0 });
  });
});

describe('heddle inspect', () => {
  it('tells shapes, work and numbers of an integer model, which nothing keeps from hardware', async () => {
    const value = document('inspect', (await cli(['inspect', model, '--json'])).stdout);
    expect(value).toMatchObject({ arithmetic: 'integer', blockers: [], notes: [] });
    const nodes = value['nodes'] as readonly { readonly macs: number; readonly description: string }[];
    expect(nodes[0]?.description).toBe('conv 3x3');
    expect(value['macs']).toBe(nodes.reduce((sum, { macs }) => sum + macs, 0));
    expect((await cli(['inspect', model])).stdout).toMatch(/\nnothing stands in the way of hardware\n$/);
  });

  it('says what keeps a float model from hardware, and what to do', async () => {
    const value = document('inspect', (await cli(['inspect', floatModel, '--json'])).stdout);
    expect(value).toMatchObject({
      arithmetic: 'float32',
      blockers: [{ stage: 'hardware', problem: { code: 'E400' } }],
    });
    const { status, stdout } = await cli(['inspect', floatModel]);
    expect(status).toBe(0);
    expect(stdout).toContain(`heddle quantize ${floatModel} --calibration x.npy -o `);
  });
});

describe('an ONNX file that leaves extents open', () => {
  const b = makeOnnx(13);
  const weight = b.constant('w', 'float32', [2, 1, 3, 3], new Float32Array(18).fill(0.1));
  const x = b.input('image', 'float32', ['N', 1, 'height', 'width']);
  const open = folder.path('open.onnx');
  writeFileSync(open, b.finish([b.node({ op: 'Conv', inputs: [x, weight], outputs: ['y'] })]));

  it('is refused with the option that closes them, which every command takes', async () => {
    const { status, stderr } = await cli(['inspect', open]);
    expect(status).toBe(2);
    expect(stderr).toContain('or give it: --input-shape image=1,1,224,224');
    const shape = ['--input-shape', 'image=1,1,5,4'];
    const value = document('inspect', (await cli(['inspect', open, ...shape, '--json'])).stdout);
    expect(value['inputs']).toMatchObject([{ tensor: 'image', shape: [5, 4, 1], layout: 'nchw' }]);
    const frames = writeNpy(folder.path('open.npy'), {
      shape: [2, 1, 5, 4],
      dtype: 'f4',
      data: new Float32Array(40).fill(1),
    });
    expect((await cli(['run', open, '--input', frames, ...shape])).status).toBe(0);
    for (const command of ['verify', 'compile', 'explore']) {
      const output = command === 'compile' ? ['-o', folder.path('never')] : [];
      expect((await cli([command, open, ...shape, ...output])).stderr).toContain('E400 float-model');
    }
    const integer = folder.path('closed.json');
    expect((await cli(['quantize', open, '--calibration', frames, ...shape, '-o', integer])).status).toBe(0);
  });
});

describe('heddle zoo', () => {
  it('lists the networks at their usual sizes', async () => {
    const { networks } = document('zoo', (await cli(['zoo', '--json'])).stdout) as { networks: { name: string }[] };
    expect(networks.find(({ name }) => name === 'mobilenet-v1')).toMatchObject({
      input: [224, 224, 3],
      outputs: [[1000]],
      parameters: 4_231_976,
      published: { macs: 569e6 },
    });
    const { stdout } = await cli(['zoo']);
    for (const { name } of networks) expect(stdout).toContain(`\nzoo:${name} `);
  });

  it('makes a network that every command takes', async () => {
    const name = 'zoo:mobilenet-v1,input=32,width=0.125';
    const value = document('inspect', (await cli(['inspect', name, '--json'])).stdout);
    expect(value).toMatchObject({ arithmetic: 'integer', blockers: [] });
    const frames = writeNpy(folder.path('zoo.npy'), {
      shape: [1, 32, 32, 3],
      dtype: 'u1',
      data: Uint8Array.from({ length: 3072 }, (_, i) => (i * 37) % 256),
    });
    expect((await cli(['run', name, '--input', frames])).status).toBe(0);
    const quantised = ['-o', folder.path('zoo.json')];
    expect((await cli(['quantize', name, '--calibration', frames, ...quantised])).stderr).toContain('E294');
    expect((await cli(['quantize', `${name},float`, '--calibration', frames, ...quantised])).status).toBe(0);
    expect((await cli(['compile', `${name},float`, '-o', folder.path('never')])).stderr).toContain('E400');
  });
});

describe('heddle doctor', () => {
  it('says what is there', async () => {
    const { status, stdout } = await cli(['doctor', '--json'], { HEDDLE_CACHE: folder.path('no-cache') });
    const value = document('doctor', stdout);
    expect(status).toBe(value['ok'] === true ? 0 : 3);
    expect(value['cache']).toMatchObject({ folder: folder.path('no-cache'), entries: 0, bytes: 0 });
    expect(existsSync(folder.path('no-cache'))).toBe(false);
    expect((await cli(['doctor'])).stdout).toMatch(/verilator/);
  });
});

describe('schemas', () => {
  it('are all valid, and closed', () => {
    const names = readdirSync(join(ROOT, 'schemas'));
    for (const name of names) {
      const schema = JSON.parse(readFileSync(join(ROOT, 'schemas', name), 'utf8')) as Record<string, unknown>;
      expect(schema['additionalProperties'], name).toBe(false);
      expect(schema['$id']).toBe(`https://heddle.invalid/schemas/${name}`);
    }
  });
});
