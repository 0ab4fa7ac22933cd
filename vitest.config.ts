import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A bench builds a simulator: seconds the first time, nothing from the cache.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
