import { afterEach, describe, expect, test, vi } from 'vitest'
import { openClaims } from '../../src/store/claims.ts'
import type { Store } from '../../src/store/store.ts'
import { memoryStore } from '../../src/store/table-store.ts'

const open = (store = memoryStore()) => {
  const claims = openClaims(store)
  return {
    store,
    claims: ({ signal = new AbortController().signal, caller = 'local:ada' } = {}) =>
      claims({ caller, signal }),
  }
}
/** A lease of a process that no longer renews it. */
const lapsing = (ms: number) => ({ owner: 'a process that was killed', until: Date.now() + ms })

/** Turns of others before a caller that has just come: the one that goes on, and one of each other caller. */
const WITHIN = 4

afterEach(() => vi.useRealTimers())

describe('a claim', () => {
  test('is held by one call at a time, and passes on when it is given back', async () => {
    const { claims } = open()
    const [one, two] = [claims(), claims()]
    expect(await one.take(['a', 'b'])).toBeUndefined()
    let isSecond = false
    const waiting = two.take(['b']).then((got) => {
      isSecond = got === undefined
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
    expect(await one.take(['a'])).toBeUndefined()
    expect(await one.take(['a', 'b', 'a'])).toBeUndefined()
    await one.release()
    expect(await claims().take(['a', 'b'])).toBeUndefined()
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
    expect(done).toEqual(Array(20).fill(undefined))
  })

  test('lapses when its process is gone', async () => {
    const { store, claims } = open()
    await store.set('claim/a', lapsing(150))
    const before = Date.now()
    expect(await claims().take(['a'])).toBeUndefined()
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
    const cut = expect(claims({ signal: ending.signal }).take(['a'])).rejects.toThrow('gone')
    await vi.advanceTimersByTimeAsync(1_000)
    ending.abort(new Error('gone'))
    await cut
    await vi.advanceTimersByTimeAsync(15_000)
    expect(await patient).toBe('own')
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
  test.each([
    ['nobody else came', async () => undefined],
    [
      'another call came and went',
      async (store: Store) => {
        const other = openClaims(store)({ caller: 'local:bob', signal: new AbortController().signal })
        expect(await other.take(['a'])).toBeUndefined()
        await other.release()
      },
    ],
  ])('is lost when its process stood still beyond the lease: %s', async (_, meanwhile) => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] })
    const { store, claims } = open()
    const one = claims()
    expect(await one.take(['a'])).toBeUndefined()
    vi.setSystemTime(Date.now() + 7_000)
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 7_000)
    await meanwhile(store)
    expect(await one.stillHolds(['a'])).toBe(false)
    expect(one.hasTaken(['a'])).toBe(true)
    // What it planned from may have changed, so it does not start over by itself.
    expect(await one.take(['a'])).toBe('lost')
    vi.restoreAllMocks()
  })

  test('was never taken where nobody asked for it', async () => {
    const { claims } = open()
    const one = claims()
    await one.take(['a'])
    expect(one.hasTaken(['a', 'b'])).toBe(false)
    await one.release()
  })

  test.each([
    ['in one process', (store: Store) => [openClaims(store)].flatMap((one) => [one, one])],
    ['in two processes', (store: Store) => [openClaims(store), openClaims(store)]],
  ])('passes from caller to caller, however many calls one of them makes %s', async (_, opened) => {
    const [busyOnes, others] = opened(memoryStore())
    if (!busyOnes || !others) throw new TypeError('two are opened')
    const order: string[] = []
    const call = async (open: typeof others, caller: string) => {
      const claims = open({ caller, signal: new AbortController().signal })
      expect(await claims.take(['a'])).toBeUndefined()
      order.push(caller)
      await new Promise((resolve) => setTimeout(resolve, 10))
      await claims.release()
    }
    let over = false
    const endless = Array.from({ length: 10 }, async () => {
      while (!over) await call(busyOnes, 'busy')
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    const before = order.length
    await Promise.all([call(others, 'bob'), call(others, 'cara')])
    over = true
    const waited = order.slice(before)
    await Promise.all(endless)
    // One that was at it, and each of the others once at most before either.
    expect(waited.indexOf('bob')).toBeLessThanOrEqual(WITHIN)
    expect(waited.indexOf('cara')).toBeLessThanOrEqual(WITHIN)
  })

  test.each([
    ['local:ada', 'own'],
    ['local:bob', 'another'],
  ])('that %s waits for in vain is said to be held by a call of %s', async (caller, obstacle) => {
    vi.useFakeTimers()
    const { claims } = open()
    const one = claims()
    await one.take(['a'])
    const patient = claims({ caller }).take(['a'])
    await vi.advanceTimersByTimeAsync(16_000)
    expect(await patient).toBe(obstacle)
    await one.release()
  })
})
