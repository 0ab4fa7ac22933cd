import { describe, expect, it } from 'vitest';
import type { GraphNode } from '../../../src/ir/graph.js';
import { sortNodes } from '../../../src/ir/topology.js';

/** `c: a b` is node c that reads the outputs of a and b. */
function nodes(...lines: readonly string[]): readonly GraphNode[] {
  return lines.map((line) => {
    const [name = '', inputs = ''] = line.split(':');
    return { name, op: { kind: 'add' }, inputs: inputs.split(' ').filter(Boolean), outputs: [name] };
  });
}

function names(list: readonly GraphNode[]): string {
  return list.map((node) => node.name).join(' ');
}

describe('sortNodes', () => {
  it('keeps an order that is right', () => {
    expect(names(sortNodes(nodes('a:', 'b: a', 'c:', 'd: b c')).sorted)).toBe('a b c d');
  });

  it('moves readers behind producers, and nothing else', () => {
    expect(names(sortNodes(nodes('d: b c', 'b: a', 'x:', 'a:', 'c: a')).sorted)).toBe('x a b c d');
  });

  it('reads a tensor twice', () => {
    expect(names(sortNodes(nodes('b: a a', 'a:')).sorted)).toBe('a b');
  });

  it('names the cycle in the direction of the data, from the first node of the file', () => {
    const { sorted, problems } = sortNodes(nodes('s:', 'c: b s', 'a: c', 'b: a', 'z: c'));
    expect(names(sorted)).toBe('s');
    expect(problems.map((problem) => problem.text)).toEqual(["the nodes form a cycle: 'c' -> 'a' -> 'b' -> 'c'"]);
  });

  it('names each of several cycles', () => {
    const { problems } = sortNodes(nodes('a: a', 'b: c', 'c: b', 'd: b'));
    expect(problems.map((problem) => problem.subject)).toEqual(["node 'a'", "node 'b'"]);
  });

  it('takes what is provided from elsewhere', () => {
    expect(sortNodes(nodes('a: a'), new Set(['a'])).problems).toEqual([]);
  });

  it('sorts a long chain given backwards', () => {
    const chain = Array.from({ length: 5000 }, (_, i) => `n${i}:${i === 0 ? '' : ` n${i - 1}`}`);
    const { sorted } = sortNodes(nodes(...[...chain].reverse()));
    expect(sorted.map((node) => node.name)).toEqual(Array.from({ length: 5000 }, (_, i) => `n${i}`));
  });
});
