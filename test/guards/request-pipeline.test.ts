import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { Refused } from '../../src/errors.ts'
import { compose } from '../../src/guards/compose.ts'
import type { AppReply, AppRequest } from '../../src/guards/request.ts'
import { type RequestPolicy, requestGuards } from '../../src/guards/request-pipeline.ts'
import { storeLedger } from '../../src/limits/ledger.ts'
import { memoryStore } from '../../src/store/table-store.ts'

beforeAll(() => import('bottleneck'))
beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
})
afterEach(() => {
  vi.useRealTimers()
})

const base = new URL('https://acme.example.com/scim')
const one = { fingerprint: '11111111' }
const other = { fingerprint: '22222222' }

const surfacesOf = (policy: Partial<RequestPolicy> = {}) =>
  requestGuards({
    ledger: storeLedger(memoryStore()),
    budget: { perMinute: 1 },
    timeoutMs: 20_000,
    maxRetries: 2,
    ...policy,
  })

type Guards = ReturnType<ReturnType<typeof surfacesOf>>

function send(
  guards: Guards,
  app: () => Promise<AppReply>,
  {
    effect = 'reads',
    deadline = 10_000,
    mayLeave,
  }: { effect?: AppRequest['effect']; deadline?: number; mayLeave?: () => Promise<void> } = {},
) {
  const { signal } = new AbortController()
  const url = new URL('https://acme.example.com/scim/Users')
  const context = {
    caller: 'ada',
    priority: 'interactive',
    deadline,
    signal,
    ...(mayLeave && { mayLeave }),
  } as const
  return compose(
    guards,
    app,
  )({ method: 'GET', url, headers: {}, effect, context, signal }).then(
    ({ status }) => status as unknown,
    ({ code }) => code as unknown,
  )
}

test('changes have limits of their own, beside those on all requests', async () => {
  const guards = surfacesOf({ budget: { perMinute: 3, write: { perMinute: 1 } } })({ base, token: one })
  const write = () => send(guards, answers, { effect: 'writes' })
  expect(await write()).toBe(200)
  expect(await write()).toBe('rate_limited')
  const reads = [await send(guards, answers), await send(guards, answers), await send(guards, answers)]
  expect(reads).toEqual([200, 200, 'rate_limited'])
  vi.setSystemTime(61_000)
  const later = { effect: 'writes', deadline: 70_000 } as const
  expect(await send(guards, answers, later)).toBe(200)
  expect(await send(guards, answers, later)).toBe('rate_limited')
})

test('a token that is read again has a budget of its own', async () => {
  const token = { fingerprint: '11111111' }
  const guards = surfacesOf()({ base, token })
  expect([await send(guards, answers), await send(guards, answers)]).toEqual([200, 'rate_limited'])
  token.fingerprint = '33333333'
  expect(await send(guards, answers)).toBe(200)
})

const answers = async () => ({ status: 200, headers: {}, text: '' })
const never = () => new Promise<AppReply>(() => {})

test('surfaces share the budget of the token that they share', async () => {
  const surface = surfacesOf()
  expect(await send(surface({ base, token: one }), answers)).toBe(200)
  expect(await send(surface({ base, token: one }), answers)).toBe('rate_limited')
  expect(await send(surface({ base, token: other }), answers)).toBe(200)
})

test('the wait for a token is no part of the time that the app has', async () => {
  const guards = surfacesOf({ timeoutMs: 1_000 })({ base, token: one })
  await send(guards, answers)
  const waiting = send(guards, answers, { deadline: 120_000 })
  await vi.advanceTimersByTimeAsync(70_000)
  expect(await waiting).toBe(200)
})

test.each([
  ['reads', 'timeout'],
  ['writes', 'unknown_outcome'],
] as const)('a request that %s and never comes back ends as %s', async (effect, code) => {
  const guards = surfacesOf({ timeoutMs: 1_000 })({ base, token: one })
  const lost = send(guards, never, { effect })
  await vi.advanceTimersByTimeAsync(3_000)
  expect(await lost).toBe(code)
})

test('each try is paid for', async () => {
  const guards = surfacesOf({ budget: { perMinute: 2 } })({ base, token: one })
  const app = vi.fn(async () => ({ status: 503, headers: {}, text: '' }))
  const failing = send(guards, app)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await failing).toBe('rate_limited')
  expect(app).toHaveBeenCalledTimes(2)
})

test('a change that was stopped while it waited for its turn does not leave, and costs nothing', async () => {
  let sent = 0
  const app = async () => {
    sent += 1
    return answers()
  }
  const guards = surfacesOf({ budget: { perSecond: 1 } })({ base, token: one })
  let stopped = false
  const mayLeave = async () => {
    if (stopped) throw new Refused('stopped', 'wait')
  }
  const first = send(guards, app, { effect: 'writes', mayLeave })
  const second = send(guards, app, { effect: 'writes', mayLeave })
  expect(await first).toBe(200)
  stopped = true
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await second).toBe('refused')
  // A look is not stopped, and finds the budget untouched.
  expect(await send(guards, app, { mayLeave })).toBe(200)
  expect(sent).toBe(2)
})
