import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { TimedOut, Unavailable, UnknownOutcome, WrongAddress } from '../../src/errors.ts'
import type { AppReply, AppRequest } from '../../src/guards/request.ts'
import { type Spending, tokenBucket } from '../../src/guards/token-bucket.ts'
import { type Ledger, storeLedger } from '../../src/limits/ledger.ts'
import { memoryStore } from '../../src/store/table-store.ts'

// It is loaded with the first wait, which takes real time.
beforeAll(() => import('bottleneck'))
beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
})
afterEach(() => {
  vi.useRealTimers()
})

interface Sent {
  caller?: string
  priority?: 'interactive' | 'bulk'
  effect?: 'reads' | 'writes'
  deadline?: number
  signal?: AbortSignal
  /** What the app does; by default it answers after ten milliseconds. */
  app?: () => Promise<AppReply>
}

interface Ended {
  result: unknown
  retryAt?: number
  at: number
}

const answer = (status = 200, headers: Record<string, string> = {}): AppReply => ({
  status,
  headers,
  text: '',
})
const answers = (status?: number, headers?: Record<string, string>) => async () => answer(status, headers)
const throws = (error: Error) => async (): Promise<AppReply> => {
  throw error
}
const slowly =
  (ms = 10) =>
  () =>
    new Promise<AppReply>((resolve) => setTimeout(() => resolve(answer()), ms))

/** A bucket, a way to send through it, and what reached the app so far. */
function world(spending: Spending, ledger: Ledger = storeLedger(memoryStore())) {
  const guard = tokenBucket(ledger, 'b', spending)
  const seen: { caller: string; at: number }[] = []
  const send = ({
    caller = 'ada',
    priority = 'interactive',
    effect = 'reads',
    deadline = Infinity,
    signal = new AbortController().signal,
    app = slowly(),
  }: Sent = {}): Promise<Ended> => {
    const request: AppRequest = {
      method: 'GET',
      url: new URL('https://acme.example.com/Users'),
      headers: {},
      effect,
      context: { caller, priority, deadline, signal },
      // One of its own for each request, as the deadline guard makes it.
      signal: AbortSignal.any([signal]),
    }
    const ended = guard(request, () => {
      seen.push({ caller, at: Date.now() })
      return app()
    })
    return ended.then(
      ({ status }): Ended => ({ result: status, at: Date.now() }),
      (error) => ({ result: error.code ?? error.message, ...error.details, at: Date.now() }),
    )
  }
  const sendMany = (count: number, sent?: Sent) => Array.from({ length: count }, () => send(sent))
  return { send, sendMany, seen, ledger }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('when nobody waits', () => {
  test('a request goes at once and pays for no queue', async () => {
    const { send } = world({ perMinute: 10 })
    expect(await send({ app: answers() })).toEqual({ result: 200, at: 0 })
    // What it spent is written along with the next one, or soon.
    await vi.advanceTimersByTimeAsync(25)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('when tokens are short', () => {
  test('requests wait for them, and all get through', async () => {
    const { sendMany, seen } = world({ perSecond: 10 })
    const all = Promise.all(sendMany(35))
    await pass(5_000)
    expect((await all).map(({ result }) => result)).toEqual(Array(35).fill(200))
    for (const [index, { at }] of seen.slice(10).entries()) {
      expect(at - (seen[index]?.at ?? 0)).toBeGreaterThanOrEqual(1_000)
    }
  })

  test('callers take turns, however many requests one has', async () => {
    const { sendMany, send, seen } = world({ perSecond: 4 })
    sendMany(40)
    await pass(100)
    send({ caller: 'bob' })
    await pass(1_500)
    expect(seen).toHaveLength(8)
    expect(seen).toContainEqual({ caller: 'bob', at: expect.any(Number) })
  })

  test('a question asked now goes before bulk work, which leaves it a reserve', async () => {
    const { sendMany, send, seen } = world({ perMinute: 10, reserve: 0.2 })
    sendMany(30, { caller: 'bulk', priority: 'bulk' })
    await pass(1_000)
    expect(seen).toHaveLength(8)
    expect(await send({ app: answers() })).toMatchObject({ result: 200, at: 1_000 })
    expect(await send({ app: answers() })).toMatchObject({ result: 200, at: 1_000 })
    const third = send({ caller: 'ada' })
    await pass(61_000)
    expect(await third).toMatchObject({ result: 200 })
    expect(seen.findIndex(({ at, caller }) => at > 1_000 && caller === 'ada')).toBe(10)
  })

  test('who cannot be served in time is told so at once, and when to come back', async () => {
    const { sendMany, send } = world({ perMinute: 5, atOnce: 5 })
    sendMany(10, { deadline: 90_000 })
    await pass(100)
    expect(await send({ deadline: 90_000 })).toEqual({
      result: 'rate_limited',
      retryAt: expect.toSatisfy((time: number) => time > 120_000 && time < 121_000),
      at: 100,
    })
  })

  test.each([
    [70_000, { result: 'rate_limited', at: 100 }],
    [130_000, { result: 200 }],
  ])('the place in the queue counts other callers by turns: until %i', async (deadline, expected) => {
    const { sendMany, send } = world({ perMinute: 2 })
    sendMany(20)
    sendMany(20, { caller: 'bob' })
    await pass(100)
    const carol = send({ caller: 'carol', deadline })
    await pass(deadline)
    expect(await carol).toMatchObject(expected)
  })

  test('who leaves makes room', async () => {
    const { sendMany, send, seen } = world({ perSecond: 1 })
    const caller = new AbortController()
    sendMany(1)
    const leaving = sendMany(20, { signal: caller.signal })
    await pass(100)
    caller.abort(new Error('left'))
    expect((await Promise.all(leaving)).map(({ result }) => result)).toEqual(Array(20).fill('left'))
    const last = send({ deadline: 2_500 })
    await pass(1_100)
    expect(await last).toMatchObject({ result: 200 })
    expect(seen).toHaveLength(2)
  })

  test('who leaves at the last moment gives the token back', async () => {
    const ledger = storeLedger(memoryStore())
    const { send, seen } = world({ perSecond: 1 }, ledger)
    await send({ app: answers() })
    const caller = new AbortController()
    const take = ledger.take
    ledger.take = async (...asked) => {
      const taken = await take(...asked)
      if ('ticket' in taken) caller.abort(new Error('left'))
      return taken
    }
    const leaving = send({ signal: caller.signal })
    await pass(2_000)
    expect(await leaving).toMatchObject({ result: 'left' })
    expect(seen).toHaveLength(1)
    expect(await ledger.left('b', { perSecond: 1 })).toMatchObject([{ left: 1 }])
  })

  test('who runs out of time in the queue is told that it was the budget', async () => {
    const { sendMany, send } = world({ atOnce: 1 })
    sendMany(1, { app: () => new Promise(() => {}) })
    const time = new AbortController()
    const late = send({ signal: time.signal })
    await pass(1_000)
    time.abort(new TimedOut('slow', 'wait'))
    expect(await late).toMatchObject({ result: 'rate_limited', retryAt: expect.any(Number), at: 1_000 })
  })
})

describe('requests under way', () => {
  test('are never more than allowed, over all who share the bucket', async () => {
    const ledger = storeLedger(memoryStore())
    const worlds = [world({ atOnce: 3 }, ledger), world({ atOnce: 3 }, ledger)]
    let inFlight = 0
    let most = 0
    const app = async () => {
      inFlight += 1
      most = Math.max(most, inFlight)
      await slowly(20)()
      inFlight -= 1
      return answer()
    }
    const all = worlds.flatMap(({ sendMany }) => sendMany(15, { app }))
    await pass(3_000)
    expect((await Promise.all(all)).map(({ result }) => result)).toEqual(Array(30).fill(200))
    expect(most).toBe(3)
  })

  test('make way for the next as soon as they are answered', async () => {
    const { sendMany, seen } = world({ atOnce: 1 })
    sendMany(2)
    await pass(20)
    expect(seen).toHaveLength(2)
  })

  test('are four when the settings say nothing', async () => {
    const { sendMany, seen } = world({})
    sendMany(10, { app: () => new Promise(() => {}) })
    await pass(100)
    expect(seen).toHaveLength(4)
  })
})

describe('a token', () => {
  const limits = { perMinute: 1 }
  const next = (ledger: Ledger) => ledger.take('b', limits)

  test.each([
    ['an answer', { app: answers(500) }],
    ['a lost read', { app: throws(new Unavailable('down', 'wait')) }],
    ['a lost write', { app: throws(new UnknownOutcome('lost', 'look')), effect: 'writes' as const }],
  ])('is spent by %s', async (_case, sent) => {
    const { send, ledger } = world(limits)
    await send(sent)
    expect(await next(ledger)).toHaveProperty('retryAt')
  })

  test.each([
    [
      'a write that was never sent',
      { app: throws(new Unavailable('down', 'wait')), effect: 'writes' as const },
    ],
    ['an address where nobody is', { app: throws(new WrongAddress('where', 'look')) }],
  ])('is not spent by %s', async (_case, sent) => {
    const { send, ledger } = world(limits)
    await send(sent)
    expect(await next(ledger)).toHaveProperty('ticket')
  })

  test('that cannot be accounted for hides no answer', async () => {
    const broken = storeLedger(memoryStore())
    broken.settle = () => Promise.reject(new Unavailable('store', 'ask'))
    const { send } = world(limits, broken)
    expect(await send({ app: answers() })).toMatchObject({ result: 200 })
  })
})

describe('the pace that an app asks for', () => {
  const NOW = 'Thu, 01 Jan 1970 00:00:00 GMT'
  const soon = { deadline: 1, app: answers() }

  test.each<[string, number, Record<string, string>, number]>([
    ['429 and no header', 429, {}, 1_000],
    ['Retry-After in seconds', 429, { 'retry-after': '30' }, 30_000],
    ['Retry-After as a date', 503, { 'retry-after': 'Thu, 01 Jan 1970 00:00:45 GMT', date: NOW }, 45_000],
    [
      "Retry-After by the app's clock",
      503,
      { 'retry-after': 'Thu, 01 Jan 2026 00:00:45 GMT', date: 'Thu, 01 Jan 2026 00:00:00 GMT' },
      45_000,
    ],
    ['Retry-After: 0', 429, { 'retry-after': '0' }, 1_000],
    ['RateLimit-* with a wait', 200, { 'ratelimit-remaining': '0', 'ratelimit-reset': '20' }, 20_000],
    ['X-RateLimit-* with a wait', 200, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '20' }, 20_000],
    [
      'X-Rate-Limit-* with a time in seconds',
      200,
      {
        'x-rate-limit-remaining': '0',
        'x-rate-limit-reset': '1767225620',
        date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      },
      20_000,
    ],
    [
      'a time in milliseconds',
      200,
      {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': '1767225620000',
        date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      },
      20_000,
    ],
    [
      'a reset as a date of RFC 3339',
      200,
      {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': '2026-01-01T00:00:20.000Z',
        date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      },
      20_000,
    ],
    [
      'a reset as a date of HTTP',
      200,
      {
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': 'Thu, 01 Jan 2026 00:00:20 GMT',
        date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      },
      20_000,
    ],
    [
      'a reset without a time zone',
      200,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2026-01-01 00:00:20' },
      1_000,
    ],
    ['RateLimit with a date', 200, { ratelimit: 'limit=10, remaining=0, reset=2026-01-01T00:00:20Z' }, 1_000],
    ['RateLimit, older form', 200, { ratelimit: 'limit=10, remaining=0, reset=20' }, 20_000],
    ['RateLimit, newer form', 200, { ratelimit: '"minute";r=5;t=30, "day";r=0;t=20' }, 20_000],
    [
      'a header for each window',
      200,
      { 'x-ratelimit-remaining-hour': '70', 'x-ratelimit-remaining-minute': '0' },
      60_000,
    ],
    ['nothing left and no time', 200, { 'ratelimit-remaining': '0' }, 1_000],
    ['429 with a reset', 429, { 'ratelimit-remaining': '0', 'ratelimit-reset': '20' }, 20_000],
    [
      'a reset too far to be true',
      200,
      { 'ratelimit-remaining': '0', 'ratelimit-reset': '60000' },
      3_600_000,
    ],
  ])('is kept by all callers: %s', async (_form, status, headers, wait) => {
    const ledger = storeLedger(memoryStore())
    await world({ perMinute: 100 }, ledger).send({ app: answers(status, headers) })
    const other = await world({ perMinute: 100 }, ledger).send({ caller: 'bob', ...soon })
    expect(other).toEqual({ result: 'rate_limited', retryAt: wait + 1, at: 0 })
  })

  test.each<[string, number, Record<string, string>]>([
    ['plenty is left', 200, { 'ratelimit-remaining': '50', 'ratelimit-reset': '20' }],
    [
      'the reset is over',
      200,
      {
        'ratelimit-remaining': '0',
        'ratelimit-reset': '1767225600',
        date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      },
    ],
    ['the figures make no sense', 200, { 'ratelimit-remaining': 'many', 'ratelimit-reset': '20' }],
    ['the reply went well', 202, { 'retry-after': '30' }],
  ])('is no matter when %s', async (_case, status, headers) => {
    const { send } = world({ perMinute: 100 })
    await send({ app: answers(status, headers) })
    expect(await send(soon)).toMatchObject({ result: 200 })
  })

  test('is counted down over all who share the bucket', async () => {
    const { send, sendMany, seen } = world({ perMinute: 100 })
    await send({ app: answers(200, { 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '30' }) })
    sendMany(10)
    await pass(20_000)
    expect(seen).toHaveLength(4)
    await pass(20_000)
    expect(seen).toHaveLength(11)
  })
})
