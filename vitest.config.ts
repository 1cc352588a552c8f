import { defineConfig } from 'vitest/config'

const { LONG_TESTS, RESULTS_FILE } = process.env

export default defineConfig({
  test: {
    // What needs large counts or sizes is in files of its own and runs with `npm run test:long`.
    include: LONG_TESTS ? ['test/**/*.long.test.ts'] : ['test/**/*.test.ts'],
    exclude: LONG_TESTS ? [] : ['test/**/*.long.test.ts'],
    pool: 'forks',
    // Each journey starts processes of its own; more files at a time than cores only make all of them slow.
    maxWorkers: 2,
    // Journeys start real processes; a pure test never comes near this.
    testTimeout: LONG_TESTS ? 600_000 : 60_000,
    hookTimeout: 120_000,
    reporters: RESULTS_FILE ? ['default', 'json'] : ['default'],
    ...(RESULTS_FILE && { outputFile: { json: RESULTS_FILE } }),
    // Azurite still loads a deprecated module of Node.
    execArgv: ['--disable-warning=DEP0040'],
  },
})
