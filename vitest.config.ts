import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts', 'functions/**/*.test.ts'],
    globalSetup: 'tests/helpers/global-setup.ts',
    reporters: ['default', './tests/helpers/plain-line-reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 90_000,
    hookTimeout: 90_000,
  },
});
