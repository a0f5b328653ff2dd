import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Those that wait for processes come first, so that none of them is left alone at the end. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const slow = ({ moduleId }: TestSpecification) => /front-door|redis|attacks|demo/.test(moduleId)
    const sorted = await super.sort(files)
    return [...sorted.filter(slow), ...sorted.filter((file) => !slow(file))]
  }
}

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
    sequence: { sequencer: SlowFirst },
    // Each loads all of the code once, and much of the time goes by waiting.
    maxWorkers: 3,
  },
})
