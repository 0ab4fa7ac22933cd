import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../unit/cli/host.js';
import { makeCase, subjectsOf } from './cases.js';
import { exercise } from './exercise.js';
import { FORMATS } from './formats.js';
import { processorMilliseconds } from './run-cases.js';

/** A sample of what `npm run fuzz` does more of, in this process: its watchdog and its limit of memory are not here. */
const seed = Number(process.env['HEDDLE_SEED'] ?? 1);
const CASES = 100;
const MOST_MILLISECONDS = 5000;

const folder = makeFolder();
afterAll(folder.clean);

/** Its file is valid, but scales as odd as its cannot be computed with. */
const NOT_COMPUTED = 'all integer operators';

describe.each(FORMATS)(`%s, HEDDLE_SEED=${seed}`, (format) => {
  it('the files are valid before they are damaged', async () => {
    const bad: string[] = [];
    for (const { name, valid } of subjectsOf(format).own) {
      const { kind, detail } = await exercise(folder.path('.'), format, valid);
      if (kind === 'failed' || (kind === 'refused' && name !== NOT_COMPUTED)) bad.push(`${name}: ${kind} ${detail}`);
    }
    expect(bad).toEqual([]);
  });

  it('damaged ones end well, or with status 2 and a message', async () => {
    for (let number = 0; number < CASES; number++) {
      const { subject, set } = makeCase(format, seed, number);
      const started = processorMilliseconds();
      const { kind, detail } = await exercise(folder.path('.'), format, set);
      const title = `case ${number} (${subject}), npm run fuzz -- --seed ${seed} --case ${number} ${format}: ${detail}`;
      expect(kind, title).not.toBe('failed');
      expect(processorMilliseconds() - started, title).toBeLessThan(MOST_MILLISECONDS);
    }
  });
});
