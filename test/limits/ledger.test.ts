// @module-tag long

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Unavailable } from '../../src/errors.ts'
import { type Ledger, storeLedger } from '../../src/limits/ledger.ts'
import type { Limits, Taken, TakeOptions, Ticket } from '../../src/limits/sliding-window.ts'
import type { Store } from '../../src/store/store.ts'
import { diskStore, memoryStore } from '../../src/store/table-store.ts'
import { bundled } from '../support/bundled.ts'

const START = Date.UTC(2026, 0, 1)
const WINDOWS = { perSecond: 1_000, perMinute: 60_000, perHour: 3_600_000, perDay: 86_400_000 }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
})
afterEach(() => {
  vi.useRealTimers()
})

const setClock = (ms: number) => vi.setSystemTime(START + ms)

async function ticketFrom(taken: Promise<Taken>): Promise<Ticket> {
  const answer = await taken
  if (!('ticket' in answer)) throw new Error(`no ticket: ${JSON.stringify(answer)}`)
  return answer.ticket
}

/** Takes and settles `times` tokens, one after the other, now. */
async function spend(ledger: Ledger, limits: Limits, times: number, wanted?: TakeOptions) {
  for (let i = 0; i < times; i += 1) {
    await ledger.settle('b', await ticketFrom(ledger.take('b', limits, wanted)))
  }
}

describe('what an app sees', () => {
  interface Trip {
    /** Milliseconds after the request before. */
    gap: number
    /** From the ticket to the app. */
    out: number
    /** From the app to the answer. */
    back: number
    fate: 'answered' | 'lost' | 'never sent'
    count: number
    reserve: number
  }

  const HOLD_MS = 5_000

  /** Lets every request through that gets a ticket before `end`; returns when the app received each token. */
  async function seenByApp(ledgers: Ledger[], limits: Limits, trips: Trip[], end = Infinity) {
    const seen: number[] = []
    const agenda: { at: number; run: () => Promise<void> }[] = []
    const plan = (at: number, run: () => Promise<void>) => {
      const index = agenda.findLastIndex((entry) => entry.at <= at) + 1
      agenda.splice(index, 0, { at, run })
    }
    const depart = async (trip: Trip, ledger: Ledger, now: number): Promise<void> => {
      const { count, reserve, out, back, fate } = trip
      const taken = await ledger.take('b', limits, { count, reserve, holdMs: HOLD_MS })
      if ('busy' in taken || 'never' in taken) return
      if ('retryAt' in taken) {
        plan(taken.retryAt, () => depart(trip, ledger, taken.retryAt))
      } else if (fate === 'never sent') {
        plan(now + out, () => ledger.giveBack('b', taken.ticket))
      } else {
        for (let i = 0; i < count; i += 1) seen.push(now + out)
        if (fate === 'answered') plan(now + out + back, () => ledger.settle('b', taken.ticket))
      }
    }
    let asked = START
    for (const [index, trip] of trips.entries()) {
      asked += trip.gap
      const [at, ledger] = [asked, ledgers[index % ledgers.length] as Ledger]
      plan(at, () => depart(trip, ledger, at))
    }
    for (let next = agenda.shift(); next && next.at < START + end; next = agenda.shift()) {
      vi.setSystemTime(next.at)
      await next.run()
    }
    return seen.sort((one, other) => one - other)
  }

  function mostInAnyWindow(seen: number[], ms: number): number {
    let most = 0
    let first = 0
    for (const [last, time] of seen.entries()) {
      while ((seen[first] ?? time) <= time - ms) first += 1
      most = Math.max(most, last - first + 1)
    }
    return most
  }

  const limit = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined })
  const anyLimits = fc.record({
    perSecond: limit(20),
    perMinute: limit(60),
    perHour: limit(100),
    perDay: limit(150),
  })
  const anyFate: fc.Arbitrary<Trip['fate']> = fc.oneof(
    { weight: 8, arbitrary: fc.constant('answered' as const) },
    fc.constantFrom('lost' as const, 'never sent' as const),
  )
  const anyTrip = fc.record({
    gap: fc.oneof(fc.constant(0), fc.nat(50), fc.nat(5_000), fc.nat(600_000)),
    out: fc.oneof(fc.constant(0), fc.nat(100), fc.nat(HOLD_MS)),
    back: fc.oneof(fc.constant(0), fc.nat(3_000)),
    fate: anyFate,
    count: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 5 })),
    reserve: fc.constantFrom(0, 0.1, 0.5),
  })
  const plain = { fate: 'answered' as const, count: 1, reserve: 0 }
  const quickTrip = fc.record({ gap: fc.nat(90), out: fc.constant(0), back: fc.constant(0) })

  const sharing = (processes: number) => {
    const store = memoryStore()
    return Array.from({ length: processes }, () => storeLedger(store))
  }

  test.each([1, 2])('never exceeds a limit in any sliding window, from %i processes', async (processes) => {
    await fc.assert(
      fc.asyncProperty(anyLimits, fc.array(anyTrip, { maxLength: 120 }), async (limits, trips) => {
        const seen = await seenByApp(sharing(processes), limits, trips)
        for (const [name, ms] of Object.entries(WINDOWS)) {
          const most = limits[name as keyof Limits] ?? Infinity
          expect(mostInAnyWindow(seen, ms)).toBeLessThanOrEqual(most)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('never exceeds a limit where many requests share a moment', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20, max: 60 }),
        fc.array(quickTrip, { minLength: 200, maxLength: 200 }),
        async (perMinute, trips) => {
          const all = trips.map((trip) => ({ ...plain, ...trip }))
          const seen = await seenByApp(sharing(1), { perMinute }, all)
          expect(seen).toHaveLength(200)
          expect(mostInAnyWindow(seen, WINDOWS.perMinute)).toBeLessThanOrEqual(perMinute)
        },
      ),
      { numRuns: 10 },
    )
  })

  test.each([1, 2])(
    'uses 95 percent of a limit when there is more to do, from %i processes',
    async (processes) => {
      const anyDelay = fc.record({ out: fc.nat(200), back: fc.nat(200) })
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 60 }),
          fc.array(anyDelay, { minLength: 240, maxLength: 240 }),
          async (perMinute, delays) => {
            const trips = delays.slice(0, perMinute * 4).map((delay) => ({ ...plain, gap: 0, ...delay }))
            const seen = await seenByApp(sharing(processes), { perMinute }, trips, 4 * WINDOWS.perMinute)
            expect(seen.length).toBeGreaterThanOrEqual(0.95 * 4 * perMinute)
          },
        ),
        { numRuns: 15 },
      )
    },
  )
})

describe('what may be taken', () => {
  test('is the whole limit at once, and each token again one window after its answer', async () => {
    const ledger = storeLedger(memoryStore())
    const limits = { perMinute: 2 }
    const first = await ticketFrom(ledger.take('b', limits))
    await ticketFrom(ledger.take('b', limits))
    setClock(500)
    await ledger.settle('b', first)
    const taken = await ledger.take('b', limits)
    expect(taken).toEqual({ retryAt: START + 500 + 60_060 + 1 })
    setClock(60_561)
    expect(await ledger.take('b', limits)).toHaveProperty('ticket')
  })

  test('is bounded by every window', async () => {
    const ledger = storeLedger(memoryStore())
    const limits = { perSecond: 2, perHour: 3 }
    await spend(ledger, limits, 2)
    expect(await ledger.take('b', limits)).toEqual({ retryAt: START + 1_002 })
    setClock(1_002)
    await spend(ledger, limits, 1)
    expect(await ledger.take('b', limits)).toEqual({ retryAt: START + 3_603_601 })
  })

  test('is told for the place in the queue too', async () => {
    const ledger = storeLedger(memoryStore())
    const limits = { perMinute: 2 }
    await spend(ledger, limits, 1)
    setClock(10_000)
    await spend(ledger, limits, 1)
    const places = [1, 2, 3, 4].map((nth) => ledger.freeAt('b', limits, { nth, reserve: 0 }))
    expect(await Promise.all(places)).toEqual([60_061, 70_061, 120_121, 130_121].map((ms) => START + ms))
  })

  test('is less by the reserve, for those who leave it', async () => {
    const ledger = storeLedger(memoryStore())
    const limits = { perMinute: 10 }
    await spend(ledger, limits, 8, { reserve: 0.2 })
    expect(await ledger.take('b', limits, { reserve: 0.2 })).toHaveProperty('retryAt')
    await spend(ledger, limits, 2)
    expect(await ledger.take('b', limits)).toHaveProperty('retryAt')
  })

  test('is one at least, whatever the reserve', async () => {
    const ledger = storeLedger(memoryStore())
    expect(await ledger.take('b', { perMinute: 1 }, { reserve: 0.9 })).toHaveProperty('ticket')
  })

  test('is all or nothing when several are wanted', async () => {
    const ledger = storeLedger(memoryStore())
    const limits = { perHour: 20 }
    const ticket = await ticketFrom(ledger.take('b', limits, { count: 15 }))
    expect(await ledger.take('b', limits, { count: 6 })).toHaveProperty('retryAt')
    expect(await ledger.take('b', limits, { count: 21 })).toEqual({ never: true })
    await ledger.giveBack('b', ticket)
    expect(await ledger.take('b', limits, { count: 20 })).toHaveProperty('ticket')
  })

  test('is bounded by what is under way at once', async () => {
    const ledger = storeLedger(memoryStore())
    const first = await ticketFrom(ledger.take('b', {}, { atOnce: 2 }))
    await ticketFrom(ledger.take('b', {}, { atOnce: 2 }))
    expect(await ledger.take('b', {}, { atOnce: 2 })).toEqual({ busy: true })
    await ledger.settle('b', first)
    expect(await ledger.take('b', {}, { atOnce: 2 })).toHaveProperty('ticket')
  })

  test('a process that was killed keeps the others from its place for three seconds at most, and from its tokens as before', async () => {
    const store = memoryStore()
    const [killed, next] = [storeLedger(store), storeLedger(store)]
    const limits = { perMinute: 3 }
    for (const ledger of [killed, killed]) await ticketFrom(ledger.take('b', limits, { atOnce: 2 }))
    expect(await next.take('b', limits, { atOnce: 2 })).toEqual({ busy: true })
    setClock(3_000)
    // Its own are under way however long they take.
    expect(await killed.take('b', limits, { atOnce: 2 })).toEqual({ busy: true })
    await ticketFrom(next.take('b', limits, { atOnce: 2 }))
    expect(await next.take('b', limits, { atOnce: 2 })).toHaveProperty('retryAt')
  })

  test('a place is kept for as long as its process waits for the answer, however slow the app is', async () => {
    vi.useRealTimers()
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: START })
    const store = memoryStore()
    const [slow, other] = [storeLedger(store), storeLedger(store)]
    const ticket = await ticketFrom(slow.take('b', {}, { atOnce: 1 }))
    for (let second = 0; second < 30; second++) {
      await vi.advanceTimersByTimeAsync(1_000)
      expect(await other.take('b', {}, { atOnce: 1 })).toEqual({ busy: true })
    }
    await slow.settle('b', ticket)
    await slow.flush()
    expect(vi.getTimerCount()).toBe(0)
    expect(await other.take('b', {}, { atOnce: 1 })).toHaveProperty('ticket')
  })

  test('counts a ticket whose holder crashed as spent when it lapses', async () => {
    const ledger = storeLedger(memoryStore())
    const limits = { perMinute: 1 }
    await ticketFrom(ledger.take('b', limits, { holdMs: 5_000, atOnce: 1 }))
    setClock(30_000)
    expect(await ledger.take('b', limits, { atOnce: 1 })).toEqual({ retryAt: START + 5_000 + 60_061 })
  })

  test('comes back in time when the clock is set back', async () => {
    const ledger = storeLedger(memoryStore())
    const limits = { perMinute: 2 }
    await spend(ledger, limits, 1)
    await ticketFrom(ledger.take('b', limits, { holdMs: 5_000 }))
    setClock(-3_600_000)
    expect(await ledger.take('b', limits)).toEqual({ retryAt: START - 3_600_000 + 60_061 })
    setClock(-3_600_000 + 66_000)
    expect(await ledger.take('b', limits)).toHaveProperty('ticket')
  })

  test('is not cut short by someone who asks for shorter windows only', async () => {
    const ledger = storeLedger(memoryStore())
    await spend(ledger, { perDay: 1 }, 1)
    setClock(7_200_000)
    await spend(ledger, { perMinute: 10 }, 1)
    expect(await ledger.take('b', { perDay: 2 })).toHaveProperty('retryAt')
  })

  test('shows as what is left of each window', async () => {
    const ledger = storeLedger(memoryStore())
    const limits = { perMinute: 10, perDay: 50 }
    await spend(ledger, limits, 3)
    setClock(120_000)
    await ticketFrom(ledger.take('b', limits))
    expect(await ledger.left('b', limits)).toEqual([
      { window: 'minute', limit: 10, left: 9 },
      { window: 'day', limit: 50, left: 46 },
    ])
  })

  test('takes little room, whatever the limit', async () => {
    const store = memoryStore()
    const ledger = storeLedger(store)
    const limits = { perDay: 100_000 }
    for (let i = 0; i < 3_000; i += 1) {
      setClock(i * 1_200)
      await spend(ledger, limits, 1)
    }
    const state = await store.get('budget/b')
    expect(JSON.stringify(state).length).toBeLessThan(20_000)
  })
})

describe('what replies teach', () => {
  const limits = { perMinute: 100 }
  const refused = { throttled: true }
  const fine = { throttled: false }

  async function learning(ledger: Ledger, learned: Parameters<Ledger['settle']>[2]) {
    await ledger.settle('b', await ticketFrom(ledger.take('b', limits)), learned)
  }

  test('holds everyone back for as long as the app asks', async () => {
    const store = memoryStore()
    await learning(storeLedger(store), { throttled: true, pauseMs: 30_000 })
    expect(await storeLedger(store).take('b', limits)).toEqual({ retryAt: START + 30_001 })
  })

  test('holds back for a second, then two, then four, when refusals name no time', async () => {
    const ledger = storeLedger(memoryStore())
    const waits: number[] = []
    let now = 0
    for (let i = 0; i < 8; i += 1) {
      await learning(ledger, refused)
      const taken = await ledger.take('b', limits)
      if (!('retryAt' in taken)) throw new Error('not held back')
      waits.push(Math.floor((taken.retryAt - START - now) / 1_000))
      now = taken.retryAt - START
      setClock(now)
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
  })

  test('is not counted twice when several were under way', async () => {
    const ledger = storeLedger(memoryStore())
    const tickets = [1, 2, 3].map(() => ticketFrom(ledger.take('b', limits)))
    for (const ticket of tickets) await ledger.settle('b', await ticket, refused)
    expect(await ledger.take('b', limits)).toEqual({ retryAt: START + 1_001 })
  })

  test('leaves half the speed after a refusal, and recovers within ten minutes', async () => {
    const ledger = storeLedger(memoryStore())
    const burst = async () => {
      let count = 0
      while ('ticket' in (await ledger.take('b', limits, { holdMs: 1 }))) count += 1
      return count
    }
    await learning(ledger, refused)
    setClock(62_000)
    expect(await burst()).toBe(60)
    setClock(600_000)
    expect(await burst()).toBe(100)
  })

  test('starts from one second again after an answer', async () => {
    const ledger = storeLedger(memoryStore())
    await learning(ledger, refused)
    setClock(1_001)
    await learning(ledger, refused)
    setClock(3_002)
    await learning(ledger, fine)
    await learning(ledger, refused)
    expect(await ledger.take('b', limits)).toEqual({ retryAt: START + 4_003 })
  })

  test('lets no more through than the app says it still takes', async () => {
    const ledger = storeLedger(memoryStore())
    await learning(ledger, { ...fine, allowance: { remaining: 2, resetMs: 20_000, limit: 50 } })
    const ticket = await ticketFrom(ledger.take('b', limits))
    await ticketFrom(ledger.take('b', limits))
    expect(await ledger.take('b', limits)).toEqual({ busy: true })
    await ledger.settle('b', ticket, { ...fine, allowance: { remaining: 0, resetMs: 20_000, limit: 50 } })
    expect(await ledger.take('b', limits)).toEqual({ retryAt: START + 20_001 })
    setClock(20_001)
    expect(await ledger.take('b', limits)).toHaveProperty('ticket')
  })

  test('is the lowest figure of a window when replies overtake each other', async () => {
    const ledger = storeLedger(memoryStore())
    const tickets = [await ticketFrom(ledger.take('b', limits)), await ticketFrom(ledger.take('b', limits))]
    for (const [index, ticket] of tickets.entries()) {
      setClock(index * 300)
      await ledger.settle('b', ticket, {
        ...fine,
        allowance: { remaining: index, resetMs: 20_000, limit: 50 },
      })
    }
    expect(await ledger.take('b', limits)).toEqual({ retryAt: START + 20_001 })
  })

  test('counts down with answers that say nothing', async () => {
    const ledger = storeLedger(memoryStore())
    await learning(ledger, { ...fine, allowance: { remaining: 2, resetMs: 20_000, limit: 50 } })
    await learning(ledger, fine)
    await learning(ledger, undefined)
    expect(await ledger.take('b', limits)).toEqual({ retryAt: START + 20_001 })
  })

  test('lasts no longer when the clock is set back', async () => {
    const ledger = storeLedger(memoryStore())
    await learning(ledger, { throttled: true, pauseMs: 30_000 })
    setClock(-3_600_000)
    expect(await ledger.take('b', limits)).toEqual({ retryAt: START - 3_600_000 + 30_001 })
  })

  test('never loosens the limit', async () => {
    const ledger = storeLedger(memoryStore())
    for (let i = 0; i < 100; i += 1) {
      await learning(ledger, { ...fine, allowance: { remaining: 5_000, resetMs: 1_000, limit: 5_000 } })
    }
    expect(await ledger.take('b', limits)).toHaveProperty('retryAt')
  })
})

test('a flush waits for what is being written already', async () => {
  const inner = memoryStore()
  const limits = { perMinute: 10 }
  let open = () => {}
  let gate = Promise.resolve()
  let updates = 0
  const ledger = storeLedger({
    ...inner,
    async update(key, change) {
      updates += 1
      await gate
      return inner.update(key, change)
    },
  })
  await spend(ledger, limits, 1)
  gate = new Promise((resolve) => {
    open = resolve
  })
  // By the timer.
  await expect.poll(() => updates).toBe(2)
  let flushed = false
  const flushing = ledger.flush().then(() => {
    flushed = true
  })
  await new Promise(setImmediate)
  expect(flushed).toBe(false)
  open()
  await flushing
  expect(await inner.get('budget/b')).toMatchObject({ flights: [], spent: { counts: [1] } })
})

describe('what was spent while the store was away', () => {
  const limits = { perMinute: 40 }
  const LEFT = (left: number) => [{ window: 'minute', limit: 40, left }]

  /** A store that can be away, and a ledger that goes on with a quarter of each limit meanwhile. */
  function open() {
    const inner = memoryStore()
    let isAway = false
    let told = Promise.resolve()
    const reached = async <Result>(work: () => Promise<Result>) => {
      await told
      if (isAway) throw new Unavailable('Away.', 'Wait.')
      return work()
    }
    const store: Store = {
      ...inner,
      get: (key) => reached(() => inner.get(key)),
      now: () => reached(() => inner.now()),
      update: (key, change) => reached(() => inner.update(key, change)),
    }
    const said: boolean[] = []
    return {
      ledger: storeLedger(store, { share: 1 / 4, say: (isAlone) => void said.push(isAlone) }),
      other: storeLedger(inner),
      said,
      away: (value: boolean) => {
        isAway = value
      },
      /** Nothing is heard of the store until what this returns is called. */
      silent: () => {
        let speak = () => {}
        told = new Promise((resolve) => {
          speak = resolve
        })
        return speak
      },
    }
  }

  /** Five tokens spent before, four while the store is away, and one more taken; then the store is back. */
  async function outage() {
    const world = open()
    await spend(world.other, limits, 3)
    await world.other.flush()
    await spend(world.ledger, limits, 2)
    await world.ledger.flush()
    world.away(true)
    await spend(world.ledger, limits, 4)
    const last = await ticketFrom(world.ledger.take('b', limits))
    world.away(false)
    return { ...world, last }
  }

  test('is counted by the first who reads', async () => {
    const { ledger, other, said } = await outage()
    expect(await ledger.left('b', limits)).toEqual(LEFT(31))
    expect(await other.left('b', limits)).toEqual(LEFT(31))
    expect(said).toEqual([true, false])
  })

  const ENDS: [string, (ledger: Ledger) => Promise<unknown>][] = [
    ['its own settlement', async () => {}],
    ['a read', (ledger) => ledger.left('b', limits)],
    ['the timer', (ledger) => ledger.flush()],
    ['work on another bucket', (ledger) => ledger.take('another', limits)],
    ['the next request', async (ledger) => ledger.giveBack('b', await ticketFrom(ledger.take('b', limits)))],
  ]
  test.each(ENDS)('is counted as soon as it is settled, when %s ends the outage', async (_, end) => {
    const { ledger, other, last } = await outage()
    await end(ledger)
    await ledger.settle('b', last)
    expect(await other.left('b', limits)).toEqual(LEFT(30))
    expect(await ledger.left('b', limits)).toEqual(LEFT(30))
  })

  test('is counted with a ticket from before, when work on another bucket ends the outage', async () => {
    const { ledger, other, away } = open()
    const before = await ticketFrom(ledger.take('b', limits))
    away(true)
    await spend(ledger, limits, 4)
    away(false)
    await ledger.take('another', limits)
    await ledger.settle('b', before)
    expect(await other.left('b', limits)).toEqual(LEFT(35))
  })

  test('is settled at once, though the loss was noticed while it was being written', async () => {
    const { ledger, other, away, silent } = open()
    const inFlight = await Promise.all([1, 2, 3].map(() => ticketFrom(ledger.take('b', limits))))
    away(true)
    const speak = silent()
    const noticing = ledger.take('b', limits, { atOnce: 4 })
    await Promise.all(inFlight.map((ticket) => ledger.settle('b', ticket)))
    const writing = ledger.flush()
    speak()
    await Promise.all([noticing, writing])
    await ledger.giveBack('b', await ticketFrom(ledger.take('b', limits, { atOnce: 4 })))
    expect(await ledger.left('b', limits)).toEqual([{ window: 'minute', limit: 10, left: 7 }])
    away(false)
    await ledger.flush()
    expect(await other.left('b', limits)).toEqual(LEFT(37))
  })

  test('is not waited for where another process has it in flight, and counts as spent', async () => {
    const { ledger, other, away } = open()
    await ticketFrom(other.take('b', limits, { count: 3 }))
    const own = await ticketFrom(ledger.take('b', limits))
    away(true)
    expect(await ledger.take('b', limits, { atOnce: 4 })).toEqual({ busy: true })
    await ledger.settle('b', own)
    await spend(ledger, limits, 6, { atOnce: 4 })
    expect(await ledger.take('b', limits, { atOnce: 4 })).toHaveProperty('retryAt')
    expect(await ledger.left('b', limits)).toEqual([{ window: 'minute', limit: 10, left: 0 }])
  })
})

describe('on disk', () => {
  let folder: string
  const stores: Store[] = []
  const open = () => {
    const store = diskStore(folder, { durable: false })
    stores.push(store)
    return store
  }

  beforeEach(async () => {
    vi.useRealTimers()
    folder = await mkdtemp(join(tmpdir(), 'ledger-'))
  })
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('a restart does not forget what was spent', async () => {
    const limits = { perHour: 2 }
    const store = diskStore(folder, { durable: false })
    await spend(storeLedger(store), limits, 2)
    await store.close()
    expect(await storeLedger(open()).take('b', limits)).toHaveProperty('retryAt')
  })

  test('two processes together stay within the limit', async () => {
    const perSecond = 40
    const seen = (
      await Promise.all([1, 2].map(() => spendElsewhere(folder, { perSecond, times: 30 })))
    ).flat()
    seen.sort((one, other) => one - other)
    expect(seen).toHaveLength(60)
    for (const [index, time] of seen.slice(perSecond).entries()) {
      expect(time - (seen[index] ?? 0)).toBeGreaterThanOrEqual(1_000)
    }
  })
})

/** When the app would have heard from another process that spends so many tokens as fast as it may. */
async function spendElsewhere(
  folder: string,
  { perSecond, times }: { perSecond: number; times: number },
): Promise<number[]> {
  const text = `
    import { storeLedger } from '../../src/limits/ledger.ts'
    import { diskStore } from '../../src/store/table-store.ts'
    const store = diskStore(${JSON.stringify(folder)}, { durable: false })
    const ledger = storeLedger(store)
    const seen = []
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    while (seen.length < ${times}) {
      const taken = await ledger.take('b', { perSecond: ${perSecond} })
      if ('retryAt' in taken) await pause(taken.retryAt - Date.now())
      else {
        await pause(2)
        seen.push(Date.now())
        await ledger.settle('b', taken.ticket)
      }
    }
    await store.close()
    console.log(JSON.stringify(seen))
  `
  const script = await bundled({ text, from: import.meta.filename })
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout) output += chunk
  return JSON.parse(output)
}

test('a ticket that is settled between two updates that end is not lost', async () => {
  const store = memoryStore()
  const gates: (() => void)[] = []
  let isSlow = false
  const slow: typeof store = {
    ...store,
    async update(key, change) {
      if (isSlow) await new Promise<void>((resolve) => gates.push(resolve))
      return store.update(key, change)
    },
  }
  const ledger = storeLedger(slow)
  const limits = { perMinute: 1_000 }
  const take = (atOnce?: number) =>
    ledger.take('app', limits, { holdMs: 60_000, ...(atOnce !== undefined && { atOnce }) })
  const [first, second] = [await take(), await take()]
  if (!('ticket' in first && 'ticket' in second)) throw new TypeError('no tickets')
  await ledger.settle('app', first.ticket)
  isSlow = true
  const taking = [take(), take()]
  await vi.waitFor(() => expect(gates).toHaveLength(2))
  gates[0]?.()
  await taking[0]
  await ledger.settle('app', second.ticket)
  gates[1]?.()
  await taking[1]
  isSlow = false
  // Only the two that were taken last are in flight.
  expect(await take(3)).toHaveProperty('ticket')
})
