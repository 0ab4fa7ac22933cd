import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/accuracy/*.accuracy.ts'],
    testTimeout: 3_600_000,
    disableConsoleIntercept: true,
  },
});
