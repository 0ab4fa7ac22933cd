import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, makeSuggester, nearest, printable } from '../../../src/support/text.js';

describe('text', () => {
  it.each([
    ['conv', 'conv', 0],
    ['cnov', 'conv', 1],
    ['strides', 'stride', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ])('%s is %s but for %i edits', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it.each([
    ['maxpool', 'max-pool'],
    ['MaxPool', 'max-pool'],
    ['Conv2d', 'conv'],
    ['requantize', 'requantise'],
    ['softmax', undefined],
    ['x', undefined],
  ])('%s means %s', (word, wanted) => {
    expect(nearest(word, ['conv', 'dense', 'max-pool', 'average-pool', 'requantise', 'y'])).toBe(wanted);
  });

  it('suggests nothing where nothing is near', () => {
    expect(didYouMean('softmax', ['conv'])).toBe('');
    expect(didYouMean('kernal', ['kernel'])).toBe("did you mean 'kernel'?");
  });

  it('shows control characters as escapes', () => {
    expect(printable('a\u001b[31m\ud800é🙂')).toBe('a\\u001b[31m\\ud800é🙂');
  });
});

it('suggestions end where a file has too many names for them', () => {
  const suggest = makeSuggester();
  const names = Array.from({ length: 12_000 }, (_, i) => `name ${i} of a tensor`);
  expect(suggest('kernal', () => ['kernel', ...names])).toBe("did you mean 'kernel'?");
  expect(suggest('kernal', () => ['kernel', ...names])).toBe("did you mean 'kernel'?");
  expect(suggest('kernal', () => ['kernel'])).toBe('');
});
