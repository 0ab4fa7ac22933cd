import type { CaseList } from './case-list.js';
import { type Outcome, runCase } from './run-case.js';
import type { InstalledCases } from './test-data.js';

/** All cases, and what people want to know of them. */

export function runAll({ folders }: InstalledCases): ReadonlyMap<string, Outcome> {
  return new Map([...folders].map(([name, folder]) => [name, runCase(folder)]));
}

const STATUSES = ['pass', 'left out', 'refused', 'out of scope', 'wrong', 'crashed'] as const;

/** The names that passed together, every other case with its reason, then the counts. */
export function report(outcomes: ReadonlyMap<string, Outcome>, list: CaseList): string {
  const sections = STATUSES.flatMap((status) => {
    const cases = [...outcomes].filter(([, outcome]) => outcome.status === status);
    return cases.length === 0 ? [] : [`${status}: ${cases.length}\n${linesOf(cases).join('\n')}\n`];
  });
  const counts = STATUSES.map(
    (status) => `${status} ${[...outcomes.values()].filter((one) => one.status === status).length}`,
  );
  const unlisted = [...outcomes.keys()].filter((name) => !list.texts.has(name));
  return `${sections.join('\n')}\n${outcomes.size} cases: ${counts.join(', ')}; not listed ${unlisted.length} ${unlisted.join(' ')}`;
}

/** Cases of the same result in one paragraph. */
function linesOf(cases: readonly (readonly [string, Outcome])[]): readonly string[] {
  const byText = new Map<string, string[]>();
  for (const [name, { text }] of cases) byText.set(text, [...(byText.get(text) ?? []), name]);
  return [...byText].map(([text, names]) => `  ${text}\n    ${names.join(' ')}`);
}
