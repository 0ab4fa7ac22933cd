import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/oracle/*.oracle.ts'],
    testTimeout: 3_600_000,
    disableConsoleIntercept: true,
    fileParallelism: false,
  },
});
