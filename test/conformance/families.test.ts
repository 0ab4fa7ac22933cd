import { describe, expect, test } from 'vitest';
import { readList } from './case-list.js';
import { FAMILIES } from './families.js';

/** What the committed list has to say, whether or not the cases themselves are there. */

const { texts } = readList();

describe('the list of operator cases', () => {
  test.each(FAMILIES)('has a pass for each promised case of $name', ({ cases, except }) => {
    const promised = [...texts].filter(([name]) => cases.test(name) && !except.some(([pattern]) => pattern.test(name)));
    expect(promised.length).toBeGreaterThan(0);
    expect(promised.filter(([, text]) => !/^pass(?:$|[,;])/.test(text))).toEqual([]);
  });

  test('tells what is refused from what is out of scope', () => {
    const known = /^(?:pass(?:$|[,;])|(?:refused|left out): [EW]\d{3} |out of scope: )/;
    expect([...texts].filter(([, text]) => !known.test(text))).toEqual([]);
  });
});
