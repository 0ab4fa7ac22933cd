import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // As many as there are processors: the builds of simulators in some files leave room for the arithmetic of others.
    maxWorkers: '100%',
    // A bench builds a simulator: seconds the first time, nothing from the cache.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
