import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { zooDocument, zooMarkdown } from '../../../src/report/zoo-document.js';

const DOCUMENT = join(import.meta.dirname, '../../../docs/zoo.md');

/** GOLDEN_UPDATE=1 rewrites the table. */
it('docs/zoo.md has the table of the networks as they are', () => {
  const text = readFileSync(DOCUMENT, 'utf8');
  const table = zooMarkdown(zooDocument()).join('\n');
  const wanted = text.replace(
    /(<!-- table -->\n).*(<!-- end -->)/s,
    (_all, start, end) => `${start}\n${table}\n\n${end}`,
  );
  if (process.env['GOLDEN_UPDATE'] === '1') writeFileSync(DOCUMENT, wanted);
  else expect(text).toBe(wanted);
});
