import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000, interval: 20 } },
    // Each worker loads the code once, not once for each file; so a test leaves clocks and spies as it found them.
    isolate: false,
    restoreMocks: true,
    // Most of the time goes by waiting for child processes.
    maxWorkers: 4,
  },
})
