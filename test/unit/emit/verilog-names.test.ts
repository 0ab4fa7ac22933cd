import { describe, expect, it } from 'vitest';
import { legalName, uniqueNames } from '../../../src/emit/verilog-names.js';
import { makeRandom, randomInteger } from '../execute/make-graph.js';

describe('legalName', () => {
  it.each([
    ['conv1', 'conv1'],
    ['Block 1/Conv-2', 'block_1_conv_2'],
    ['module', 'module_n'],
    ['endmodule', 'endmodule_n'],
    ['logic', 'logic_n'],
    ['1x1', 'n_1x1'],
    ['__init__', 'init'],
    ['größe', 'gr_e'],
    ['', 'n'],
    ['*/', 'n'],
    ["it's; // x", 'it_s_x'],
    ['a'.repeat(100), 'a'.repeat(48)],
  ])('%j is %s', (name, legal) => {
    expect(legalName(name)).toBe(legal);
  });
});

describe('uniqueNames', () => {
  it('numbers names that meet, and avoids those that are taken', () => {
    expect(uniqueNames(['a b', 'a-b', 'a_b_2', 'clk', 'a b'], ['clk'])).toEqual([
      'a_b',
      'a_b_2',
      'a_b_2_2',
      'clk_2',
      'a_b_3',
    ]);
  });

  it('gives legal and different names to anything, seed 5', () => {
    const random = makeRandom(5);
    const characters = 'ab_-. 1ü"\\/$';
    const names = Array.from({ length: 500 }, () =>
      Array.from({ length: randomInteger(random, 0, 4) }, () => characters[randomInteger(random, 0, 11)]).join(''),
    );
    const unique = uniqueNames(names, ['a', 'rst']);
    expect(new Set([...unique, 'a', 'rst']).size).toBe(502);
    for (const name of unique) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
  });
});
