import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Journeys start real processes; a pure test never comes near this.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
