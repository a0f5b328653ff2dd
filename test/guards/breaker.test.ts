import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RateLimited, TimedOut, Unavailable, WrongAddress } from '../../src/errors.ts'
import { breaker } from '../../src/guards/breaker.ts'
import type { AppReply, AppRequest } from '../../src/guards/request.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
})
afterEach(() => {
  vi.useRealTimers()
})

const { signal } = new AbortController()
const request: AppRequest = {
  method: 'GET',
  url: new URL('https://acme.example.com/Users'),
  headers: {},
  effect: 'reads',
  context: { caller: 'ada', priority: 'interactive', deadline: Infinity, signal },
  signal,
}

const replies = (status: number) => async (): Promise<AppReply> => ({ status, headers: {}, text: '' })
const throws = (error: Error) => async (): Promise<AppReply> => {
  throw error
}
const down = throws(new Unavailable('down', 'wait'))

/** A guard, the number of requests it let through, and a way to send one more. */
function world() {
  const guard = breaker()
  let sent = 0
  const send = (app: () => Promise<AppReply>) =>
    guard(request, () => {
      sent += 1
      return app()
    }).then(
      ({ status }) => status,
      ({ code, details }) => (details?.retryAt === undefined ? code : { code, retryAt: details.retryAt }),
    )
  const fail = async (times: number, app = down) => {
    for (let i = 0; i < times; i += 1) await send(app)
  }
  return { send, fail, sent: () => sent }
}

test.each([
  ['Unavailable', down],
  ['TimedOut', throws(new TimedOut('slow', 'wait'))],
  ['500', replies(500)],
  ['503', replies(503)],
])('leaves an app alone after five times %s in a row', async (_failure, app) => {
  const { send, fail, sent } = world()
  await fail(5, app)
  expect(await send(replies(200))).toEqual({ code: 'unavailable', retryAt: 5_000 })
  expect(sent()).toBe(5)
})

test.each([
  ['429', replies(429)],
  ['404', replies(404)],
  ['501', replies(501)],
  ['RateLimited', throws(new RateLimited('later', 'wait'))],
  ['WrongAddress', throws(new WrongAddress('where', 'look'))],
])('does not mind %s', async (_failure, app) => {
  const { send, fail } = world()
  await fail(20, app)
  expect(await send(replies(200))).toBe(200)
})

test('counts only failures in a row', async () => {
  const { send, fail } = world()
  await fail(4)
  await send(replies(200))
  await fail(4)
  expect(await send(replies(200))).toBe(200)
})

test('lets exactly one request see whether the app is back, and closes when it is', async () => {
  const { send, fail, sent } = world()
  await fail(5)
  vi.setSystemTime(5_000)
  let answer = (_reply: AppReply) => {}
  const probe = send(() => new Promise((resolve) => (answer = resolve)))
  expect(await send(replies(200))).toMatchObject({ code: 'unavailable' })
  expect(sent()).toBe(6)
  answer({ status: 200, headers: {}, text: '' })
  expect(await probe).toBe(200)
  expect(await send(replies(200))).toBe(200)
})

test('waits twice as long after each look, up to a minute', async () => {
  const { send, fail } = world()
  await fail(5)
  const pauses: number[] = []
  for (let i = 0; i < 6; i += 1) {
    const refused = (await send(down)) as { retryAt: number }
    pauses.push(refused.retryAt - Date.now())
    vi.setSystemTime(refused.retryAt)
    await send(down)
  }
  expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
})

test('lets the next one look when the first never got as far as the app', async () => {
  const { send, fail } = world()
  await fail(5)
  vi.setSystemTime(5_000)
  await send(throws(new RateLimited('later', 'wait')))
  expect(await send(replies(200))).toBe(200)
})

test('lets another one look when the first never comes back', async () => {
  const { send, fail } = world()
  await fail(5)
  vi.setSystemTime(5_000)
  void send(() => new Promise(() => {}))
  vi.setSystemTime(65_000)
  expect(await send(replies(200))).toBe(200)
})
