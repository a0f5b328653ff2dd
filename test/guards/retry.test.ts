import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { RateLimited, TimedOut, Unavailable, UnknownOutcome, WrongAddress } from '../../src/errors.ts'
import type { AppReply, AppRequest } from '../../src/guards/request.ts'
import { retry } from '../../src/guards/retry.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
  // The longest wait that chance allows.
  vi.spyOn(Math, 'random').mockReturnValue(1)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

interface Ended {
  result: unknown
  retryAt?: number
  /** When each try reached the app. */
  sent: number[]
}

type Outcome = number | Error | { status: number; headers: Record<string, string> }

function requestOf({ effect = 'reads', deadline = 60_000, signal = new AbortController().signal } = {}) {
  const context = { caller: 'ada', priority: 'interactive', deadline, signal } as const
  const url = new URL('https://acme.example.com/Users')
  return { method: 'GET', url, headers: {}, effect, context, signal } as AppRequest
}

/** Sends one request to an app that answers by `outcomes`, the last one for ever; says what came and at what times. */
async function send(
  outcomes: Outcome[],
  options: Parameters<typeof requestOf>[0] = {},
  guard = retry({ maxRetries: 2 }),
): Promise<Ended> {
  const sent: number[] = []
  const app = async (): Promise<AppReply> => {
    sent.push(Date.now())
    const outcome = outcomes[Math.min(sent.length, outcomes.length) - 1] as Outcome
    if (outcome instanceof Error) throw outcome
    return { text: '', headers: {}, ...(typeof outcome === 'number' ? { status: outcome } : outcome) }
  }
  const ended = guard(requestOf(options), app).then(
    ({ status }) => ({ result: status }),
    (error) => ({ result: error.code ?? error.message, ...error.details }),
  )
  await vi.advanceTimersByTimeAsync(120_000)
  return { ...(await ended), sent }
}

const unavailable = new Unavailable('down', 'wait')

describe('a read', () => {
  test.each([unavailable, 429, 502, 503, 504])('is repeated after %s', async (failure) => {
    expect(await send([failure, 200])).toMatchObject({ result: 200, sent: [0, expect.any(Number)] })
  })

  test.each([
    200,
    400,
    401,
    404,
    500,
    501,
    new WrongAddress('where', 'look'),
    new TimedOut('slow', 'wait'),
    new RateLimited('later', 'wait'),
    new Error('bug'),
  ])('is not repeated after %s', async (outcome) => {
    expect((await send([outcome])).sent).toEqual([0])
  })
})

describe('a write', () => {
  const effect = 'writes'

  test.each([unavailable, 429])('is repeated after %s, when it certainly did not happen', async (failure) => {
    expect(await send([failure, 200], { effect })).toMatchObject({ result: 200 })
  })

  test.each([500, 502, 503, 504, new UnknownOutcome('lost', 'look'), new TimedOut('slow', 'wait')])(
    'is not repeated after %s, when it may have happened',
    async (outcome) => {
      expect((await send([outcome], { effect })).sent).toEqual([0])
    },
  )
})

test('waits longer each time, up to twenty seconds', async () => {
  const { sent } = await send([503], { deadline: Infinity }, retry({ maxRetries: 10 }))
  const waits = sent.slice(1).map((time, index) => time - (sent[index] ?? 0))
  expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 20_000, 20_000])
})

test('waits a random part of that', async () => {
  vi.mocked(Math.random).mockReturnValue(0.25)
  expect((await send([503])).sent).toEqual([0, 25, 75])
})

test('gives up after the repeats that the settings allow', async () => {
  expect(await send([503])).toMatchObject({ result: 503, sent: [0, 100, 300] })
  expect(await send([unavailable], {}, retry({ maxRetries: 0 }))).toMatchObject({ result: 'unavailable' })
})

test('turns a 429 that stays one into an error that says when to try again', async () => {
  expect(await send([429])).toMatchObject({ result: 'rate_limited', retryAt: 7_000, sent: [0, 1_000, 3_000] })
})

test.each([
  ['seconds', { 'retry-after': '7' }, 7_000],
  [
    'a date',
    { 'retry-after': 'Thu, 01 Jan 1970 00:01:09 GMT', date: 'Thu, 01 Jan 1970 00:01:00 GMT' },
    9_000,
  ],
  ['a reset', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '8' }, 8_000],
])('honours %s', async (_form, headers, wait) => {
  expect((await send([{ status: 429, headers }, 200])).sent).toEqual([0, wait])
})

test('answers at once when the app asks for a longer wait than there is time', async () => {
  const answer = await send([{ status: 429, headers: { 'retry-after': '90' } }, 200])
  expect(answer).toEqual({ result: 'rate_limited', retryAt: 90_000, sent: [0] })
})

test('hands a 503 back when there is no time to wait', async () => {
  expect(await send([{ status: 503, headers: { 'retry-after': '90' } }, 200])).toMatchObject({ result: 503 })
})

test('leaves when the caller does', async () => {
  const caller = new AbortController()
  setTimeout(() => caller.abort(new Error('left')), 50)
  expect(await send([503], { signal: caller.signal })).toEqual({ result: 'left', sent: [0] })
  expect(vi.getTimerCount()).toBe(0)
})

test('adds less than a fifth to the load of an app that is down', async () => {
  const guard = retry({ maxRetries: 2 })
  let sent = 0
  for (let i = 0; i < 100; i += 1) sent += (await send([503], { deadline: Infinity }, guard)).sent.length
  expect(sent).toBe(110)
})

test('earns repeats back by answers', async () => {
  const guard = retry({ maxRetries: 2 })
  for (let i = 0; i < 10; i += 1) await send([503], { deadline: Infinity }, guard)
  expect((await send([503, 200], { deadline: Infinity }, guard)).sent).toHaveLength(1)
  for (let i = 0; i < 10; i += 1) await send([200], { deadline: Infinity }, guard)
  expect((await send([503, 200], { deadline: Infinity }, guard)).sent).toHaveLength(2)
  expect((await send([503, 200], { deadline: Infinity }, guard)).sent).toHaveLength(2)
})
