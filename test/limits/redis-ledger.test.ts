import { spawn } from 'node:child_process'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Ledger, storeLedger } from '../../src/limits/ledger.ts'
import type { Limits, Taken, Ticket } from '../../src/limits/sliding-window.ts'
import { openRedis } from '../../src/store/redis-connection.ts'
import { redisStore } from '../../src/store/redis-store.ts'
import type { Change, Store } from '../../src/store/store.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { bundled } from '../support/bundled.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { withRedis } from '../support/with-redis.ts'

const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always']

const ticketOf = (taken: Taken): Ticket => {
  if (!('ticket' in taken)) throw new Error(`no ticket: ${JSON.stringify(taken)}`)
  return taken.ticket
}

async function spend(ledger: Ledger, limits: Limits, times: number) {
  for (let i = 0; i < times; i += 1) await ledger.settle('b', ticketOf(await ledger.take('b', limits)))
}

function openLedger({ address }: RedisServer, share = 1 / 4) {
  const store = redisStore(openRedis(address))
  const said: boolean[] = []
  const ledger = storeLedger(store, { share, say: (alone) => void said.push(alone) })
  return { ...ledger, said, store, [Symbol.asyncDispose]: () => store.close() }
}

withRedis('a ledger in Redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis[Symbol.asyncDispose]())
  beforeEach(() => redis.raw().flushall())

  describe('for whatever is asked of it', () => {
    const limit = fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined })
    const anyLimits = fc.record({ perSecond: limit, perMinute: limit, perHour: limit, perDay: limit })
    const anyStep = fc.record({
      gap: fc.oneof(fc.constant(0), fc.nat(100), fc.nat(5_000), fc.nat(4_000_000)),
      act: fc.constantFrom('take', 'settle', 'settle 429', 'give back', 'free', 'left'),
      which: fc.nat(5),
      reserve: fc.constantFrom(0, 0.5),
      atOnce: fc.constantFrom(undefined, 3),
    })

    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'] })
      return () => vi.useRealTimers()
    })

    test('answers as one in memory does', async () => {
      await fc.assert(
        fc.asyncProperty(anyLimits, fc.array(anyStep, { maxLength: 40 }), async (limits, steps) => {
          await redis.raw().flushall()
          // The clock of Redis can't be set, so that both go by ours.
          const byOurClock = (store: Store): Store => ({
            ...store,
            now: async () => Date.now(),
            update: <Value, Result>(key: string, change: Change<Value, Result>) =>
              store.update<Value, Result>(key, (current) => change(current, Date.now())),
          })
          const answers = async (store: Store) => {
            let now = Date.UTC(2026, 0, 1)
            const ledger = storeLedger(byOurClock(store))
            const tickets: Ticket[] = []
            const told: unknown[] = []
            for (const { gap, act, which, reserve, atOnce } of steps) {
              now += gap
              vi.setSystemTime(now)
              const [ticket] = act === 'take' ? [] : tickets.splice(which, 1)
              if (act === 'take') {
                const taken = await ledger.take('b', limits, { reserve, atOnce, holdMs: 5_000 })
                if ('ticket' in taken) tickets.push(taken.ticket)
                told.push(taken)
              } else if (act === 'left') told.push(await ledger.left('b', limits))
              else if (act === 'free') told.push(await ledger.freeAt('b', limits, { nth: 3, reserve }))
              else if (ticket && act === 'give back') await ledger.giveBack('b', ticket)
              else if (ticket) await ledger.settle('b', ticket, { throttled: act === 'settle 429' })
            }
            return told
          }
          const here = redisStore(openRedis(redis.address))
          expect(await answers(here)).toEqual(await answers(memoryStore()))
          await here.close()
        }),
        { numRuns: 60 },
      )
    })
  })

  test('is exact from three processes whose clocks differ by ten seconds', async () => {
    const perSecond = 30
    const seen = (
      await Promise.all([-5_000, 0, 5_000].map((skew) => spendElsewhere(redis.port, { skew, perSecond })))
    ).flat()
    seen.sort((one, other) => one - other)
    for (const [index, time] of seen.slice(perSecond).entries()) {
      expect(time - (seen[index] ?? 0)).toBeGreaterThanOrEqual(1_000)
    }
    expect(seen).toHaveLength(90)
  })

  test('tells when a token comes free by the clock of who asks', async () => {
    const tellers = await Promise.all([-5_000, 5_000].map((skew) => tellElsewhere(redis.port, skew)))
    for (const waits of tellers) {
      for (const wait of waits) {
        expect(wait).toBeGreaterThan(55_000)
        expect(wait).toBeLessThan(61_000)
      }
    }
  })

  test.each([
    ['with its data', DURABLE],
    ['empty', []],
  ])(
    'that is gone leaves each a share of what it last saw, and hears of it when it is back %s',
    async (_, args) => {
      await using mine = await startRedis(...args)
      await using ledger = openLedger(mine)
      await using other = openLedger(mine)
      const limits = { perMinute: 40 }
      await spend(other, limits, 3)
      // Who has something left to say can be the first to say what was spent, and has not seen the others' last.
      await other.flush()
      await spend(ledger, limits, 2)
      await mine.kill()
      // The last that it saw were five tokens of the ten that are its share.
      await spend(ledger, limits, 4)
      const last = ticketOf(await ledger.take('b', limits))
      expect(await ledger.take('b', limits)).toEqual({ retryAt: expect.any(Number) })
      expect(await ledger.left('b', limits)).toEqual([{ window: 'minute', limit: 10, left: 0 }])
      expect(ledger.said).toEqual([true])
      await mine.start()
      await expect.poll(() => ledger.store.now().catch(() => 0), { timeout: 10_000 }).toBeGreaterThan(0)
      await ledger.settle('b', last)
      expect(ledger.said).toEqual([true, false])
      expect(await ledger.left('b', limits)).toEqual([{ window: 'minute', limit: 40, left: 30 }])
      await expect
        .poll(() => other.left('b', limits), { timeout: 10_000 })
        .toEqual([{ window: 'minute', limit: 40, left: 30 }])
    },
  )

  test('accounts for a ticket whose answer came while it was gone', async () => {
    await using mine = await startRedis(...DURABLE)
    await using ledger = openLedger(mine)
    const limits = { perMinute: 4 }
    const ticket = ticketOf(await ledger.take('b', limits, { atOnce: 1 }))
    await mine.kill()
    await ledger.settle('b', ticket, { throttled: true, pauseMs: 30_000 })
    await mine.start()
    await expect.poll(() => ledger.store.now().catch(() => 0), { timeout: 10_000 }).toBeGreaterThan(0)
    // The lesson is not lost either.
    const taken = await ledger.take('b', limits, { atOnce: 1 })
    expect('retryAt' in taken && taken.retryAt - Date.now()).toBeGreaterThan(20_000)
    expect(await ledger.left('b', limits)).toEqual([{ window: 'minute', limit: 4, left: 3 }])
  })

  test('that has lost its data is told what was spent', async () => {
    await using ledger = openLedger(redis)
    await using other = openLedger(redis)
    const limits = { perMinute: 40, perDay: 100 }
    await spend(other, limits, 10)
    await spend(ledger, limits, 10)
    // Who has something left to say would be the first to say what was spent.
    await other.flush()
    await redis.raw().flushall()
    expect(await ledger.left('b', limits)).toMatchObject([{ left: 20 }, { left: 80 }])
    await spend(ledger, limits, 1)
    await using newcomer = openLedger(redis)
    expect(await newcomer.left('b', limits)).toMatchObject([{ left: 19 }, { left: 79 }])
  })

  test.each([
    ['lost all', undefined],
    ['went back to what the first had seen', 'earlier'],
  ])('that %s is told by each what it spent itself, whoever comes back first', async (_, how) => {
    const ledgers = [openLedger(redis), openLedger(redis), openLedger(redis)]
    const [first, second, third] = ledgers as [(typeof ledgers)[0], (typeof ledgers)[0], (typeof ledgers)[0]]
    const limits = { perMinute: 100, perDay: 1_000 }
    const left = (ledger: Ledger) => ledger.left('b', limits)
    for (const ledger of ledgers) await spend(ledger, limits, 2)
    for (const ledger of ledgers) await ledger.flush()
    await left(first)
    const [key = ''] = await redis.raw().keys('*budget/b')
    const earlier = (await redis.raw().get(key)) ?? ''
    // What the first does not know when the data is lost.
    await spend(second, limits, 5)
    await spend(third, limits, 7)
    for (const ledger of [second, third]) await ledger.flush()
    await redis.raw().flushall()
    if (how) await redis.raw().set(key, earlier)
    expect(await left(first)).toMatchObject([{ left: 94 }, { left: 994 }])
    expect(await left(second)).toMatchObject([{ left: 89 }, { left: 989 }])
    await spend(third, limits, 1)
    await third.flush()
    for (const ledger of [first, second, third])
      expect(await left(ledger)).toMatchObject([{ left: 81 }, { left: 981 }])
    // Nothing is counted twice, and what is forgotten on purpose stays so.
    for (const ledger of ledgers) await spend(ledger, limits, 1)
    for (const ledger of ledgers) await ledger.flush()
    expect(await left(first)).toMatchObject([{ left: 78 }, { left: 978 }])
    await first.forget('b')
    for (const ledger of ledgers) expect(await left(ledger)).toMatchObject([{ left: 100 }, { left: 1_000 }])
    for (const ledger of ledgers) await ledger[Symbol.asyncDispose]()
  })

  test('without a share of its own lets nothing through while it is gone', async () => {
    const store = redisStore(openRedis({ ...redis.address, port: 1 }))
    const ledger = storeLedger(store)
    await expect(ledger.take('b', { perHour: 10 })).rejects.toMatchObject({ code: 'unavailable' })
    await store.close()
  })
})

/** What a process prints, as JSON, that runs `script` with a ledger on a Redis and a clock that is wrong. */
async function elsewhere(port: number, skew: number, work: string): Promise<number[]> {
  const text = `
    import { storeLedger } from '../../src/limits/ledger.ts'
    import { openRedis } from '../../src/store/redis-connection.ts'
    import { redisStore } from '../../src/store/redis-store.ts'
    const trueNow = () => performance.timeOrigin + performance.now()
    const now = Date.now
    Date.now = () => now() + ${skew}
    const store = redisStore(openRedis({ host: '127.0.0.1', port: ${port}, tls: false, database: 0 }))
    const ledger = storeLedger(store)
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    // However long it takes on a busy machine.
    while (!(await store.now().catch(() => 0))) await pause(100)
    ${work}
    await store.close()
  `
  const script = await bundled({ text, from: import.meta.filename })
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout) output += chunk
  return JSON.parse(output)
}

/** When the app would have heard from a process that spends thirty tokens as fast as it may. */
const spendElsewhere = (port: number, { skew, perSecond }: { skew: number; perSecond: number }) =>
  elsewhere(
    port,
    skew,
    `const seen = []
    while (seen.length < 30) {
      const taken = await ledger.take('b', { perSecond: ${perSecond} })
      if ('retryAt' in taken) await pause(Math.max(1, taken.retryAt - Date.now()))
      else {
        await pause(2)
        seen.push(trueNow())
        await ledger.settle('b', taken.ticket)
      }
    }
    console.log(JSON.stringify(seen))`,
  )

/** How long a process believes it has to wait for its second token of one a minute, told in each way there is. */
const tellElsewhere = (port: number, skew: number) =>
  elsewhere(
    port,
    skew,
    `const bucket = 'skewed by ${skew}'
    const limits = { perMinute: 1 }
    await ledger.settle(bucket, (await ledger.take(bucket, limits)).ticket)
    const { retryAt } = await ledger.take(bucket, limits)
    const free = await ledger.freeAt(bucket, limits, { nth: 1, reserve: 0 })
    console.log(JSON.stringify([retryAt - Date.now(), free - Date.now()]))`,
  )
