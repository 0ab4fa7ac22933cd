#!/usr/bin/env node
// Speed of the golden executor, layer shape by layer shape: multiply-accumulates a second of one core, with seeded data.
//   npm run bench:golden -- [--kernels plain|fast|both] [--arithmetic integer|float] [--only TEXT] [--seconds S] [--dist FOLDER]
// Rates are of processor time in the fastest of many batches, as the machine may be shared; the mean of the wall time stands
// beside them.
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const USAGE =
  'usage: npm run bench:golden -- [--kernels plain|fast|both] [--arithmetic integer|float] [--only TEXT] [--seconds S] [--dist FOLDER]';

function readOptions() {
  const fail = (message) => {
    process.stderr.write(`${message}\n${USAGE}\n`);
    return process.exit(2);
  };
  try {
    const { values } = parseArgs({
      options: {
        kernels: { type: 'string', default: 'both' },
        arithmetic: { type: 'string', default: 'integer' },
        only: { type: 'string', default: '' },
        seconds: { type: 'string', default: '0.5' },
        dist: { type: 'string', default: new URL('../dist', import.meta.url).pathname },
      },
    });
    if (!['plain', 'fast', 'both'].includes(values.kernels)) fail(`--kernels is plain, fast or both`);
    if (!['integer', 'float'].includes(values.arithmetic)) fail(`--arithmetic is integer or float`);
    if (!(Number(values.seconds) > 0)) fail('--seconds wants a number above 0');
    return values;
  } catch (error) {
    return fail(error.message);
  }
}

const options = readOptions();
const load = (path) => import(pathToFileURL(`${options.dist}/${path}`).href);
const [{ makeBuilder }, { int, F32 }, { makeRandom }, { prepareInteger }, { prepareFloat }] = await Promise.all(
  [
    'ir/builder.js',
    'ir/tensor-type.js',
    'support/random.js',
    'execute/integer/execute-integer.js',
    'execute/float/execute-float.js',
  ].map(load),
);

/** [kernel, stride, input channels, output channels, input extent, times in the network] */
const RESNET_50 = [
  [7, 2, 3, 64, 224, 1],
  [1, 1, 64, 64, 56, 1],
  [3, 1, 64, 64, 56, 3],
  [1, 1, 64, 256, 56, 4],
  [1, 1, 256, 64, 56, 2],
  [1, 1, 256, 128, 56, 1],
  [3, 2, 128, 128, 56, 1],
  [1, 1, 128, 512, 28, 4],
  [1, 2, 256, 512, 56, 1],
  [1, 1, 512, 128, 28, 3],
  [3, 1, 128, 128, 28, 3],
  [1, 1, 512, 256, 28, 1],
  [3, 2, 256, 256, 28, 1],
  [1, 1, 256, 1024, 14, 6],
  [1, 2, 512, 1024, 28, 1],
  [1, 1, 1024, 256, 14, 5],
  [3, 1, 256, 256, 14, 5],
  [1, 1, 1024, 512, 14, 1],
  [3, 2, 512, 512, 14, 1],
  [1, 1, 512, 2048, 7, 3],
  [1, 2, 1024, 2048, 14, 1],
  [1, 1, 2048, 512, 7, 2],
  [3, 1, 512, 512, 7, 2],
];

/** [kernel, stride, channels, input extent, times in MobileNet-V1] */
const DEPTHWISE = [
  [3, 1, 32, 112, 1],
  [3, 2, 64, 112, 1],
  [3, 1, 128, 56, 1],
  [3, 2, 128, 56, 1],
  [3, 1, 256, 28, 1],
  [3, 2, 256, 28, 1],
  [3, 1, 512, 14, 5],
  [3, 2, 512, 14, 1],
  [3, 1, 1024, 7, 1],
];

/** [inputs, outputs, times]: the end of ResNet-50, and the three of VGG and AlexNet. */
const DENSE = [
  [2048, 1000, 1],
  [4096, 4096, 1],
  [784, 128, 1],
];

const isInteger = options.arithmetic === 'integer';

function conv(kernel, stride, channels, outputs, extent, groups) {
  const out = Math.floor((extent - 1) / stride) + 1;
  const pad = Math.floor(kernel / 2);
  const window = { kernelH: kernel, kernelW: kernel, strideH: stride, strideW: stride, dilationH: 1, dilationW: 1 };
  return {
    op: { kind: 'conv', ...window, padTop: pad, padLeft: pad, padBottom: pad, padRight: pad, groups },
    x: [extent, extent, channels],
    w: [outputs, kernel, kernel, channels / groups],
    y: [out, out, outputs],
    macs: (out * out * outputs * kernel * kernel * channels) / groups,
  };
}

const SECTIONS = [
  {
    title: 'ResNet-50, convolutions',
    cases: RESNET_50.map(([kernel, stride, channels, outputs, extent, times]) => ({
      name: `${kernel}x${kernel}/${stride} ${channels} -> ${outputs} at ${extent}x${extent}`,
      times,
      ...conv(kernel, stride, channels, outputs, extent, 1),
    })),
  },
  {
    title: 'MobileNet-V1, depthwise convolutions',
    cases: DEPTHWISE.map(([kernel, stride, channels, extent, times]) => ({
      name: `${kernel}x${kernel}/${stride} depthwise ${channels} at ${extent}x${extent}`,
      times,
      ...conv(kernel, stride, channels, channels, extent, channels),
    })),
  },
  {
    title: 'dense layers',
    cases: DENSE.map(([inputs, outputs, times]) => ({
      name: `dense ${inputs} -> ${outputs}`,
      times,
      op: { kind: 'dense' },
      x: [inputs],
      w: [outputs, inputs],
      y: [outputs],
      macs: inputs * outputs,
    })),
  },
];

const random = makeRandom(1);
const count = (shape) => shape.reduce((product, extent) => product * extent, 1);

function fill(data, make) {
  for (let i = 0; i < data.length; i++) data[i] = make();
  return data;
}

function integerGraph({ op, x, w, y }) {
  const type = (shape, scale, zeroPoint, signed) => ({
    shape,
    element: int(8, signed),
    quant: { scale: [scale], zeroPoint: [zeroPoint] },
  });
  const b = makeBuilder('bench');
  b.input('x', type(x, 0.02, 3, false));
  const weights = fill(new Int8Array(count(w)), () => Math.floor(random() * 255) - 127);
  const scale = Array.from({ length: w[0] }, () => 0.001 + 0.004 * random());
  const weightType = { shape: w, element: int(8, true), quant: { scale, zeroPoint: [0], axis: 0 } };
  b.constant('w', { type: weightType, data: weights });
  const bias = fill(new Int32Array(w[0]), () => Math.floor(random() * 20000) - 10000);
  b.constant('b', { type: { shape: [w[0]], element: int(32, true) }, data: bias });
  b.node('y', op, ['x', 'w', 'b'], type(y, 0.05, 10, false));
  const data = fill(new Uint8Array(count(x)), () => Math.floor(random() * 256));
  return { graph: b.build(['y']), inputs: new Map([['x', { type: type(x, 0.02, 3, false), data }]]) };
}

function floatGraph({ op, x, w, y }) {
  const tensor = (shape) => ({
    type: { shape, element: F32 },
    data: fill(new Float32Array(count(shape)), () => 2 * random() - 1),
  });
  const b = makeBuilder('bench');
  b.input('x', { shape: x, element: F32 });
  b.constant('w', tensor(w));
  b.constant('b', tensor([w[0]]));
  b.node('y', op, ['x', 'w', 'b'], { shape: y, element: F32 });
  return { graph: b.build(['y']), inputs: new Map([['x', tensor(x)]]) };
}

/** Runs are timed in batches of about so long. */
const BATCH_SECONDS = 0.02;

function timed(executor, inputs, runs) {
  const before = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < runs; i++) executor.run(inputs);
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e6 / runs, wall: (performance.now() - start) / 1000 / runs };
}

/** Seconds a run, of the processor in the fastest batch, and of the clock on average. */
function measure(executor, inputs) {
  timed(executor, inputs, 1);
  const runs = Math.ceil(BATCH_SECONDS / timed(executor, inputs, 1).cpu);
  const batches = [];
  const end = performance.now() + 1000 * Number(options.seconds);
  do {
    batches.push(timed(executor, inputs, runs));
  } while (performance.now() < end);
  const wall = batches.reduce((sum, batch) => sum + batch.wall, 0) / batches.length;
  return { cpu: Math.min(...batches.map(({ cpu }) => cpu)), wall };
}

const gmacs = (macs, seconds) => (macs / seconds / 1e9).toFixed(2).padStart(7);
const KERNELS = options.kernels === 'both' ? ['plain', 'fast'] : [options.kernels];

function bench({ title, cases }) {
  const chosen = cases.filter(({ name }) => `${title} ${name}`.includes(options.only));
  if (chosen.length === 0) return;
  process.stdout.write(`${title}\n`);
  const totals = new Map(KERNELS.map((kernels) => [kernels, { macs: 0, cpu: 0, wall: 0 }]));
  for (const shape of chosen) {
    const { graph, inputs } = isInteger ? integerGraph(shape) : floatGraph(shape);
    const cells = KERNELS.map((kernels) => {
      const executor = isInteger ? prepareInteger(graph, { kernels }) : prepareFloat(graph, { kernels });
      const { cpu, wall } = measure(executor, inputs);
      const total = totals.get(kernels);
      total.macs += shape.times * shape.macs;
      total.cpu += shape.times * cpu;
      total.wall += shape.times * wall;
      return `${kernels} ${gmacs(shape.macs, cpu)} (wall ${gmacs(shape.macs, wall)})`;
    });
    const label = `${shape.name}, ${(shape.macs / 1e6).toFixed(1)} MMAC`.padEnd(52);
    process.stdout.write(`  ${label} x${shape.times}  ${cells.join('  ')}\n`);
  }
  const cells = [...totals].map(
    ([kernels, { macs, cpu, wall }]) =>
      `${kernels} ${gmacs(macs, cpu)} (wall ${gmacs(macs, wall)}), ${(1000 * cpu).toFixed(1)} ms for ${(macs / 1e6).toFixed(0)} MMAC`,
  );
  process.stdout.write(`  total GMAC/s: ${cells.join('; ')}\n`);
}

process.stdout.write(
  `${options.arithmetic} kernels, GMAC/s of processor time; Node ${process.version}, ${availableParallelism()} processors\n`,
);
for (const section of SECTIONS) bench(section);
