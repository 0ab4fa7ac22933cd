import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/conformance/*.conformance.ts'],
    testTimeout: 600_000,
    disableConsoleIntercept: true,
  },
});
