import { afterEach, describe, expect, test, vi } from 'vitest'
import { openClaims } from '../../src/store/claims.ts'
import { memoryStore } from '../../src/store/table-store.ts'

const open = (store = memoryStore()) => {
  const claims = openClaims(store)
  return { store, claims: (signal = new AbortController().signal) => claims(signal) }
}
/** A lease of a process that no longer renews it. */
const lapsing = (ms: number) => ({ owner: 'a process that was killed', until: Date.now() + ms })

afterEach(() => vi.useRealTimers())

describe('a claim', () => {
  test('is held by one call at a time, and passes on when it is given back', async () => {
    const { claims } = open()
    const [one, two] = [claims(), claims()]
    expect(await one.take(['a', 'b'])).toBe(true)
    let isSecond = false
    const waiting = two.take(['b']).then((got) => {
      isSecond = got
    })
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(isSecond).toBe(false)
    await one.release()
    await waiting
    expect(isSecond).toBe(true)
    expect(await two.stillHolds(['b'])).toBe(true)
    expect(await one.stillHolds(['b'])).toBe(false)
    await two.release()
  })

  test('can be taken twice by the call that has it', async () => {
    const { claims } = open()
    const one = claims()
    expect(await one.take(['a'])).toBe(true)
    expect(await one.take(['a', 'b', 'a'])).toBe(true)
    await one.release()
    expect(await claims().take(['a', 'b'])).toBe(true)
  })

  test('makes no two calls wait for each other, whatever order they name things in', async () => {
    const { claims } = open()
    const done = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const call = claims()
        const got = await call.take(at % 2 ? ['x', 'y', 'z'] : ['z', 'y', 'x'])
        await call.release()
        return got
      }),
    )
    expect(done).toEqual(Array(20).fill(true))
  })

  test('lapses when its process is gone', async () => {
    const { store, claims } = open()
    await store.set('claim/a', lapsing(150))
    const before = Date.now()
    expect(await claims().take(['a'])).toBe(true)
    expect(Date.now() - before).toBeGreaterThanOrEqual(140)
  })

  test('is renewed while its call goes on, for as long as that takes', async () => {
    vi.useFakeTimers()
    const { claims } = open()
    const one = claims()
    await one.take(['a'])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await one.stillHolds(['a'])).toBe(true)
    await one.release()
  })

  test('is not waited for without end, and not beyond the end of the call', async () => {
    vi.useFakeTimers()
    const { claims } = open()
    const one = claims()
    await one.take(['a'])
    const patient = claims().take(['a'])
    const ending = new AbortController()
    const cut = expect(claims(ending.signal).take(['a'])).rejects.toThrow('gone')
    await vi.advanceTimersByTimeAsync(1_000)
    ending.abort(new Error('gone'))
    await cut
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await patient).toBe(false)
    await one.release()
  })

  test('that another took over meanwhile is known to be lost', async () => {
    vi.useFakeTimers()
    const { store, claims } = open()
    const one = claims()
    await one.take(['a'])
    await store.set('claim/a', lapsing(60_000))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await one.stillHolds(['a'])).toBe(false)
    await one.release()
    // It gives nothing back that is another's.
    expect(await store.get('claim/a')).toMatchObject({ owner: 'a process that was killed' })
  })
})
