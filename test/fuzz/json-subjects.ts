import { exportModel } from '../../src/frontend/json/export.js';
import type { Graph } from '../../src/ir/graph.js';
import { defined } from '../../src/support/invariant.js';
import type { Random } from '../campaign/random.js';
import { drawableKinds, randomOperator } from '../oracle/random-operators.js';
import { tinyFloat } from '../unit/cli/host.js';
import { allOpsFloatGraph, allOpsIntegerGraph, branchingFloatGraph, integerGraph } from '../unit/ir/fixtures.js';
import type { FileSet, Subject } from './formats.js';
import { BOUNDARIES, mutateBytes, spliced, writeInteger } from './mutate-bytes.js';
import { mutateTree, type TreeWords } from './mutate-tree.js';

/** Models of the project's own format: one file of JSON, one of weights. */

const WORDS: TreeWords = {
  mostCopies: 3000,
  evil: [
    ...BOUNDARIES.map(Number),
    ...[1.5, -0.5, 1e-320, 1e300, -0, 17, 18],
    ...['', 'x', 'y', '__proto__', 'constructor', '\u0000', 'a'.repeat(300), 'conv', 'flatten', 'concat', 'add'],
    ...['float32', 'int8', 'uint8', 'int64', 'uint16', 'int1', 'F32', 'F16', 'BF16', 'U8', 'I64'],
    ...[true, false, null, {}, [], [[]], [0], [1, 1], [2 ** 20, 2 ** 20], [2 ** 40, 2 ** 40], [-1, 2], ['x']],
    ...[[1048576, 1, 1], [1, 1, 1048576], Array.from({ length: 40 }, () => 2), { lo: 1, hi: -1 }],
  ],
};

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Numbers as no program writes them. */
const ODD_NUMBERS = ['1e400', '-1e400', '1e-400', '-0', '99999999999999999999', '01', '1.', '.5', '0x10', '1e', 'NaN'];

type TextEdit = (text: string, random: Random) => string;

/** The text with the match at a random place replaced. */
function replaceOne(text: string, pattern: RegExp, random: Random, make: (found: string) => string): string {
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return text;
  const match = random.pick(matches);
  return `${text.slice(0, match.index)}${make(match[0])}${text.slice(match.index + match[0].length)}`;
}

const TEXT_EDITS: readonly TextEdit[] = [
  (text, random) => replaceOne(text, /-?\d+(\.\d+)?/g, random, () => random.pick(ODD_NUMBERS)),
  (text, random) => replaceOne(text, /-?\d+(\.\d+)?/g, random, () => String(random.pick(BOUNDARIES))),
  // Duplicate keys.
  (text, random) =>
    replaceOne(text, /"[^"]*":\s*("[^"]*"|[\d.-]+|\[[^[\]]*\])/g, random, (found) => `${found},${found}`),
  // Depth, closed and open.
  (text, random) => {
    const depth = random.pick([10, 60, 70, 1000, 100_000]);
    const [open, close] = random.pick([
      ['[', ']'],
      ['{"a":', '}'],
    ] as const);
    const isClosed = random.chance(0.7);
    return replaceOne(
      text,
      /"[^"]*"|\d+/g,
      random,
      (found) => `${open.repeat(depth)}${found}${isClosed ? close.repeat(depth) : ''}`,
    );
  },
  // Very long words and lists.
  (text, random) => replaceOne(text, /"[^"]*"/g, random, (found) => `${found.slice(0, -1)}${'x'.repeat(300_000)}"`),
  (text, random) =>
    replaceOne(text, /\[(?=\d)/g, random, (found) => `${found}${'1,'.repeat(random.pick([5, 30_000]))}`),
];

export function damageJson(bytes: Uint8Array, random: Random): Uint8Array {
  const roll = random.next();
  if (roll < 0.65) return encode(JSON.stringify(mutateTree(JSON.parse(decode(bytes)) as unknown, random, WORDS)));
  if (roll < 0.85) return encode(random.pick(TEXT_EDITS)(decode(bytes), random));
  return mutateBytes(bytes, random);
}

/** The header is damaged as JSON, with a length that fits, or its length, or the file as it is. */
export function damageSafetensors(bytes: Uint8Array, random: Random): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const roll = random.next();
  if (roll < 0.65) {
    const header = damageJson(bytes.subarray(8, 8 + length), random);
    const size = new Uint8Array(8);
    writeInteger(size, 0, 8, BigInt(header.length));
    return Buffer.concat([size, header, bytes.subarray(8 + length)]);
  }
  if (roll > 0.8) return mutateBytes(bytes, random);
  const size = new Uint8Array(8);
  const near = BigInt(length + random.integer(-9, 9));
  writeInteger(size, 0, 8, random.pick([near, BigInt(bytes.length), BigInt(bytes.length - 8), ...BOUNDARIES]));
  return spliced(bytes, 0, 8, size);
}

const JSON_FILE = 'model.json';
const WEIGHTS_FILE = 'model.safetensors';

function filesOf(graph: Graph): FileSet {
  const { json, weights } = exportModel(graph, WEIGHTS_FILE);
  const files = new Map([[JSON_FILE, encode(json)]]);
  if (weights !== undefined) files.set(WEIGHTS_FILE, weights);
  return { main: JSON_FILE, files };
}

/** Networks of all operators, and each operator by itself. */
function graphs(): readonly (readonly [string, Graph])[] {
  const single = [true, false].flatMap((isFloat) =>
    drawableKinds(isFloat).map(
      (kind) => [`${isFloat ? 'float' : 'integer'} ${kind}`, randomOperator(kind, isFloat, 1).graph] as const,
    ),
  );
  return [
    ['all float operators', allOpsFloatGraph()],
    ['all integer operators', allOpsIntegerGraph()],
    ['branches', branchingFloatGraph()],
    ['small integer', integerGraph()],
    ['small float', tinyFloat()],
    ...single,
  ];
}

function damaged(set: FileSet, file: string, damage: (bytes: Uint8Array) => Uint8Array): FileSet {
  return { ...set, files: new Map(set.files).set(file, damage(defined(set.files.get(file), file))) };
}

export function jsonSubjects(): readonly Subject[] {
  return graphs().map(([name, graph]) => {
    const valid = filesOf(graph);
    return { name, valid, damage: (random) => damaged(valid, JSON_FILE, (bytes) => damageJson(bytes, random)) };
  });
}

export function safetensorsSubjects(): readonly Subject[] {
  return graphs().flatMap(([name, graph]) => {
    const valid = filesOf(graph);
    if (!valid.files.has(WEIGHTS_FILE)) return [];
    const damage: Subject['damage'] = (random) =>
      damaged(valid, WEIGHTS_FILE, (bytes) => damageSafetensors(bytes, random));
    return [{ name, valid, damage }];
  });
}
