import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, parseJsonText, pointerOf } from '../../../src/support/json-text.js';
import { messageOf } from '../../errors/expected-messages.js';

describe('parseJsonText', () => {
  const text = parseJsonText('\ufeff{\r\n  "a": [1, {"b/c": true}],\n  "__proto__": "é"}', 'f.json');

  it('finds lines and columns', () => {
    expect(text.placeOf(['a', 1, 'b/c'])).toEqual({ file: 'f.json', line: 2, column: 20, pointer: '/a/1/b~1c' });
    expect(text.placeOfKey(['a', 1, 'b/c'])).toEqual({ file: 'f.json', line: 2, column: 13, pointer: '/a/1/b~1c' });
    expect(text.placeOf(['__proto__'])).toMatchObject({ line: 3, column: 16 });
  });

  it('falls back to what encloses a missing value', () => {
    expect(text.placeOf(['a', 7, 'x'])).toMatchObject({ line: 2, column: 8, pointer: '/a/7/x' });
    expect(text.placeOfKey(['zz'])).toMatchObject({ line: 1, column: 1 });
  });

  it('escapes pointers', () => {
    expect(pointerOf(['a/b', '~', 3])).toBe('/a~1b/~0/3');
  });

  it('accepts exactly what JSON.parse accepts', () => {
    const good = '{"a":[1,-2.5e3,{"b":"\\u00e9\\n"}],"c":null,"d":true}';
    const edits = fc.array(fc.tuple(fc.nat(good.length), fc.constantFrom(...'{}[]":,\\/*01-.eE+ \n\ttfnu')), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(edits, (changes) => {
        let source = good;
        for (const [at, char] of changes) source = source.slice(0, at) + char + source.slice(at + 1);
        let valid = true;
        try {
          JSON.parse(source);
        } catch {
          valid = false;
        }
        const message = messageOf(() => parseJsonText(source, 'f.json'));
        expect(message === 'accepted' || message.includes('duplicate-key')).toBe(valid);
      }),
      { seed: 5, numRuns: 3000 },
    );
  });

  it('refuses text that is not UTF-8', () => {
    expect(messageOf(() => decodeUtf8(Uint8Array.of(0x22, 0xff, 0x22), 'f.json'))).toContain('E106 not-utf8: f.json');
  });
});
