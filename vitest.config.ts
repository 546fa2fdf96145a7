import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,wire,transport-compliance,session,e2e,browser,faults,contract}/**/*.test.ts'],
    disableConsoleIntercept: true,
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
