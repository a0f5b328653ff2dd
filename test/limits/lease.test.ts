import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { leasing } from '../../src/limits/lease.ts'
import { storeLedger } from '../../src/limits/ledger.ts'
import type { Taken, Ticket } from '../../src/limits/sliding-window.ts'
import type { Store } from '../../src/store/store.ts'
import { memoryStore } from '../../src/store/table-store.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
beforeEach(() => void vi.useFakeTimers({ now: START }))
afterEach(() => void vi.useRealTimers())

/** A store that counts how often it is changed. */
function counting() {
  const store = memoryStore()
  let changes = 0
  const update: Store['update'] = (key, change) => {
    changes += 1
    return store.update(key, change)
  }
  return { store: { ...store, update }, changes: () => changes }
}

const ticketOf = (taken: Taken): Ticket => {
  if ('ticket' in taken) return taken.ticket
  throw new Error(`no ticket: ${JSON.stringify(taken)}`)
}

describe('requests that come one after the other', () => {
  test('pay each for itself once half of a window is spent', async () => {
    const { store, changes } = counting()
    const ledger = leasing(storeLedger(store))
    const spend = async () =>
      ledger.settle('b', ticketOf(await ledger.take('b', { perMinute: 100 }, { atOnce: 4 })))
    for (let request = 0; request < 56; request += 1) await spend()
    const before = changes()
    for (let request = 0; request < 6; request += 1) await spend()
    expect(changes() - before).toBeGreaterThanOrEqual(6)
  })

  test('share the changes of the store while there is plenty', async () => {
    const { store, changes } = counting()
    const ledger = leasing(storeLedger(store))
    for (let request = 0; request < 24; request += 1) {
      await ledger.settle('b', ticketOf(await ledger.take('b', { perMinute: 300 }, { atOnce: 4 })))
    }
    expect(changes()).toBeLessThan(8)
    await ledger.flush()
    expect(await ledger.left('b', { perMinute: 300 })).toMatchObject([{ left: 276 }])
  })

  test('pay each for itself where a window is small, or few may be in flight', async () => {
    for (const [limits, atOnce] of [
      // Few in any window, or few at the same time.
      [{ perMinute: 300, perSecond: 10 }, 4],
      [{ perMinute: 300 }, 1],
    ] as const) {
      const { store, changes } = counting()
      const ledger = leasing(storeLedger(store))
      for (let request = 0; request < 6; request += 1) {
        await ledger.settle('b', ticketOf(await ledger.take('b', limits, { atOnce })))
      }
      expect(changes()).toBeGreaterThanOrEqual(6)
    }
  })
})

test('a lease that nobody uses is free for others within a quarter of a second', async () => {
  const store = memoryStore()
  const [mine, other] = [leasing(storeLedger(store)), storeLedger(store)]
  await mine.settle('b', ticketOf(await mine.take('b', { perMinute: 300 })))
  // Those taken ahead are not free for anybody else, and not spent either.
  expect(await other.left('b', { perMinute: 300 })).toMatchObject([{ left: 292 }])
  expect(await mine.left('b', { perMinute: 300 })).toMatchObject([{ left: 299 }])
  await vi.advanceTimersByTimeAsync(300)
  expect(await other.left('b', { perMinute: 300 })).toMatchObject([{ left: 299 }])
})

test('an app that wants to be left alone is left alone at once, by everybody', async () => {
  const store = memoryStore()
  const [mine, other] = [leasing(storeLedger(store)), storeLedger(store)]
  const ticket = ticketOf(await mine.take('b', { perMinute: 300 }))
  await mine.settle('b', ticket, { throttled: true, pauseMs: 5_000 })
  for (const ledger of [mine, other]) {
    const taken = await ledger.take('b', { perMinute: 300 })
    expect('retryAt' in taken && taken.retryAt).toBeGreaterThanOrEqual(START + 5_000)
  }
})

test.each([
  ['is nearly spent', { remaining: 140, limit: 300 }],
  ['is small', { remaining: 9, limit: 10 }],
  ['is told without its limit', { remaining: 5, limit: 0 }],
])(
  'an allowance that %s ends the lease, so that no further request goes by what was known before',
  async (_, told) => {
    const store = memoryStore()
    const [mine, other] = [leasing(storeLedger(store)), storeLedger(store)]
    const ticket = ticketOf(await mine.take('b', { perMinute: 300 }))
    await mine.settle('b', ticket, { throttled: false, allowance: { ...told, resetMs: 30_000 } })
    expect(await other.left('b', { perMinute: 300 })).toMatchObject([{ left: 299 }])
    const { remaining } = told
    for (let more = 0; more < remaining; more += 1) ticketOf(await mine.take('b', { perMinute: 300 }))
    expect(await mine.take('b', { perMinute: 300 })).not.toHaveProperty('ticket')
  },
)

test('what was never sent is not spent', async () => {
  const ledger = leasing(storeLedger(memoryStore()))
  await ledger.giveBack('b', ticketOf(await ledger.take('b', { perMinute: 300 })))
  await ledger.flush()
  expect(await ledger.left('b', { perMinute: 300 })).toMatchObject([{ left: 300 }])
})

test('no window ever holds more than its limit, whoever asks and however fast', async () => {
  const requests = fc.array(fc.record({ by: fc.nat(1), pause: fc.nat(12) }), {
    minLength: 120,
    maxLength: 260,
  })
  await fc.assert(
    fc.asyncProperty(requests, fc.integer({ min: 64, max: 90 }), async (asked, perSecond) => {
      vi.setSystemTime(START)
      const store = memoryStore()
      const ledgers = [leasing(storeLedger(store)), leasing(storeLedger(store))]
      const seen: number[] = []
      for (const { by, pause } of asked) {
        const ledger = ledgers[by]
        const taken = await ledger?.take('b', { perSecond })
        if (ledger && taken && 'ticket' in taken) {
          seen.push(Date.now())
          await ledger.settle('b', taken.ticket)
        }
        await vi.advanceTimersByTimeAsync(pause)
      }
      for (const [index, time] of seen.slice(perSecond).entries()) {
        expect(time - (seen[index] ?? 0)).toBeGreaterThanOrEqual(1_000)
      }
    }),
    { numRuns: 40 },
  )
})
