import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openApiTokens } from '../../src/auth/api-tokens.ts'
import { Unavailable } from '../../src/errors.ts'
import { memoryStore } from '../../src/store/table-store.ts'

const MINUTE = 60_000

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => vi.useRealTimers())

/** A store that can be taken out of reach. */
function failing() {
  const store = memoryStore()
  let down = false
  const unless = <Result>(work: () => Promise<Result>) =>
    down ? Promise.reject(new Unavailable('gone', 'gone')) : work()
  return {
    store: {
      ...store,
      get: <Value>(key: string) => unless(() => store.get<Value>(key)),
      update: ((key, change) => unless(() => store.update(key, change))) as typeof store.update,
    },
    fail: (on: boolean) => {
      down = on
    },
  }
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    (found) => (found ? 'found' : 'not found'),
    (error) => error.code,
  )

test('goes on with what it knows for five minutes while the store is out of reach', async () => {
  const { store, fail } = failing()
  const tokens = openApiTokens(store)
  const [known, unknown] = [
    await tokens.create('known', { scopes: [] }),
    await tokens.create('unknown', { scopes: [] }),
  ]
  await tokens.find(known.token)
  fail(true)
  const forged = known.token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
  vi.setSystemTime(Date.now() + 4 * MINUTE)
  expect(await codeOf(tokens.find(known.token))).toBe('found')
  expect(await codeOf(tokens.find(forged))).toBe('not found')
  expect(await codeOf(tokens.find(unknown.token))).toBe('unavailable')
  vi.setSystemTime(Date.now() + 2 * MINUTE)
  expect(await codeOf(tokens.find(known.token))).toBe('unavailable')
  fail(false)
  expect(await codeOf(tokens.find(known.token))).toBe('found')
})

test('does not go on with one that was revoked', async () => {
  const { store, fail } = failing()
  const tokens = openApiTokens(store)
  const { token } = await tokens.create('bot', { scopes: [] })
  await tokens.find(token)
  await openApiTokens(store).revoke('bot')
  expect(await codeOf(tokens.find(token))).toBe('not found')
  fail(true)
  expect(await codeOf(tokens.find(token))).toBe('unavailable')
})

test('notes its use at most once a minute, and never brings a revoked token back', async () => {
  const store = memoryStore()
  const update = vi.spyOn(store, 'update')
  const tokens = openApiTokens(store)
  const { token } = await tokens.create('bot', { scopes: [] })
  for (let time = 0; time < 10; time++) {
    await tokens.find(token)
    vi.setSystemTime(Date.now() + 10_000)
  }
  expect(update.mock.calls.length - 1).toBe(2)
  vi.setSystemTime(Date.now() + MINUTE)
  await Promise.all([tokens.find(token), tokens.revoke('bot')])
  expect(await tokens.list()).toEqual([])
})
