import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/campaign/*.campaign.ts'],
    testTimeout: 6 * 3_600_000,
    disableConsoleIntercept: true,
  },
});
