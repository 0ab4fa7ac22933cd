import { it } from 'vitest';
import { singleLayerDesigns } from '/work/wt-joins/test/campaign/make-cases.js';
import { proveBatch, standardRuns } from '/work/wt-joins/test/campaign/prove.js';
import { cacheDirectory } from '/work/wt-joins/src/simulate/cache.js';
const wanted = new RegExp(process.env['WANT'] ?? '^(add|concat|slice)');
const seed = Number(process.env['SEED'] ?? 1);
it('joins', { timeout: 3_000_000 }, async () => {
  const cases = singleLayerDesigns(seed).filter((c) => wanted.test(c.title));
  console.log(cases.length, 'cases');
  let failing = 0, words = 0;
  for (let i = 0; i < cases.length; i += 10) {
    const part = cases.slice(i, i + 10);
    const r = await proveBatch(part, { cacheDir: cacheDirectory(process.env), runs: standardRuns(seed), lintEvery: 5, corrupt: true });
    for (const c of r.cases) { words += c.comparedWords; if (c.failures.length) { failing++; console.log('FAIL', c.subject.title, c.failures.slice(0, 4).join('\n   ')); } }
    for (const f of r.corruption.failures) console.log('CORR', f);
    console.log(i + part.length, 'done', failing, 'failing', words, 'words');
  }
});
