import { afterAll, beforeAll } from 'vitest'

/**
 * Opens one world for all tests of a `describe` or a file, because starting a server costs more than most tests do with
 * it. Each test uses its own people, and `since()` to see only what it caused.
 */
export function shareWorld<Shared extends AsyncDisposable>(open: () => Promise<Shared>): () => Shared {
  let shared: Shared | undefined
  beforeAll(async () => {
    shared = await open()
  })
  afterAll(() => shared?.[Symbol.asyncDispose]())
  return () => {
    if (!shared) throw new Error('the shared world is only available while tests run')
    return shared
  }
}
