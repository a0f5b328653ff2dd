import { existsSync, statfsSync } from 'node:fs'
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

/**
 * A file system in memory with a gigabyte to spare, if there is one: the store and the journal flush each change, and most
 * of the tests' time would go by waiting for the disk.
 */
function memoryFolder(path: string): { TMPDIR?: string } {
  if (!existsSync(path)) return {}
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize > 2 ** 30 ? { TMPDIR: path } : {}
}

/** Files that say `@module-tag long` take most of the time: they run in CI, and for whoever names files. */
const all =
  process.env.IDENTITY_MCP_FULL === '1' || process.argv.slice(2).some((word) => /(^|\/)test\//.test(word))

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    tags: [{ name: 'long', description: 'Takes seconds of processor time; left out by a plain npm test.' }],
    ...(all ? {} : { tagsFilter: ['!long'] }),
    globalSetup: ['test/support/build.ts'],
    env: memoryFolder('/dev/shm'),
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000, interval: 20 } },
    // Each worker loads the code once, not once for each file; so a test leaves clocks and spies as it found them.
    isolate: false,
    restoreMocks: true,
    sequence: { sequencer: SlowFirst },
    // Each loads all of the code once, and much of the time goes by waiting.
    maxWorkers: 4,
  },
})
