import { afterAll, beforeAll } from 'vitest'

/**
 * One world for all tests of a `describe`, or of a file, since to start a server costs more than most of what tests do
 * with it. Each of them looks at people of its own, and at what has happened since it began.
 */
export function sharing<Shared extends AsyncDisposable>(open: () => Promise<Shared>): () => Shared {
  let shared: Shared | undefined
  beforeAll(async () => {
    shared = await open()
  })
  afterAll(() => shared?.[Symbol.asyncDispose]())
  return () => {
    if (!shared) throw new Error('the world is shared by tests, and not there before they run')
    return shared
  }
}
