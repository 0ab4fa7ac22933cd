#!/usr/bin/env node
// Gives a float model that was exported without its weights seeded ones, with which signals neither die nor saturate, quantises it
// to int8, and writes it for `heddle verify`: so the shape of a network is proven at RTL before it is trained. Needs the built package.
//   npm run seed-model -- MODEL OUT.json [--seed N]     seed: 1
// Exit status: 0 written, 1 the model cannot be used, 2 bad usage. Plain Node without dependencies.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const USAGE = 'usage: npm run seed-model -- MODEL OUT.json [--seed N]';

function fail(text, status = 2) {
  process.stderr.write(`${text}\n${status === 2 ? `${USAGE}\n` : ''}`);
  process.exit(status);
}

function readOptions() {
  try {
    const { values, positionals } = parseArgs({ options: { seed: { type: 'string' } }, allowPositionals: true });
    const { seed = '1' } = values;
    if (!/^\d{1,9}$/.test(seed)) fail(`--seed wants a whole number of up to nine digits, not '${seed}'`);
    const [model, out] = positionals;
    if (positionals.length !== 2 || !out.endsWith('.json')) fail('a model and OUT.json are wanted');
    return { model, out, seed: Number(seed) };
  } catch (error) {
    return fail(error.message);
  }
}

const { model, out, seed } = readOptions();
const built = (file) => import(pathToFileURL(fileURLToPath(new URL(`../dist/${file}`, import.meta.url))).href);
const [{ HeddleError, loadModel, saveModelFile }, { reseedNetwork }] = await Promise.all([
  built('index.js'),
  built('zoo/make-network.js'),
]);
try {
  saveModelFile(reseedNetwork(loadModel(model).graph, seed), out);
} catch (error) {
  if (!(error instanceof HeddleError)) throw error;
  fail(error.message, 1);
}
