import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from './run-case.js';

/** The committed list: what becomes of each case, one a line. */

const PATH = join(import.meta.dirname, 'cases.txt');

export interface CaseList {
  /** Of the package that the list was made with. */
  readonly version: string;
  /** `pass`, or the reason why it does not: by the name of the case. */
  readonly texts: ReadonlyMap<string, string>;
}

const VERSION = /^# .* of (\S+):$/;

export function readList(): CaseList {
  const [head = '', ...lines] = readFileSync(PATH, 'utf8').trimEnd().split('\n');
  const entry = (line: string): readonly [string, string] => {
    const end = line.indexOf(': ');
    return [line.slice(0, end), line.slice(end + 2)];
  };
  return { version: VERSION.exec(head)?.[1] ?? '', texts: new Map(lines.map(entry)) };
}

/** What is wrong or crashed keeps the text that it had: it is no result to live with. */
export function writeList(version: string, outcomes: ReadonlyMap<string, Outcome>): void {
  const { texts } = readList();
  const lines = [...outcomes].flatMap(([name, outcome]) => {
    const text = isFailure(outcome) ? texts.get(name) : outcome.text;
    return text === undefined ? [] : [`${name}: ${text}`];
  });
  writeFileSync(PATH, `# What becomes of the operator cases of ${version}:\n${lines.join('\n')}\n`);
}

export function isFailure({ status }: Outcome): boolean {
  return status === 'wrong' || status === 'crashed';
}

/** What is otherwise than listed, not listed, or listed and not there. */
export function differences(list: CaseList, outcomes: ReadonlyMap<string, Outcome>): readonly string[] {
  const changed = [...outcomes].flatMap(([name, { text }]) => {
    const listed = list.texts.get(name);
    if (listed === undefined) return [`${name} is not listed: ${text}`];
    return listed === text ? [] : [`${name} is ${text}\n    listed: ${listed}`];
  });
  const gone = [...list.texts.keys()].filter((name) => !outcomes.has(name));
  return [...changed, ...gone.map((name) => `${name} is listed, but there is no such case`)];
}
