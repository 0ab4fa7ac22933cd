import { describe, it } from 'vitest';
import { verifyGraph } from '../../../src/ir/verify.js';
import { floatGraph, integerGraph } from './fixtures.js';

describe('verifyGraph', () => {
  it('accepts sound graphs', () => {
    verifyGraph(floatGraph(), 'import');
    verifyGraph(integerGraph(), 'import');
  });
});
