import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { UnknownOutcome } from '../../src/errors.ts'
import { deadline } from '../../src/guards/deadline.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
})
afterEach(() => {
  vi.useRealTimers()
})

interface Work {
  signal: AbortSignal
}

const byOneSecond = deadline<Work, string>(() => 1_000, 500)

/** Runs `work` behind `guard`; `ended` is what came of it and when. */
function start(work: (input: Work) => Promise<string>, guard = byOneSecond, signal = neverAborted()) {
  const ended = guard({ signal }, work).then(
    (answer) => ({ answer, at: Date.now() }),
    (error) => ({ error: error.code ?? error.message, at: Date.now() }),
  )
  return { ended }
}

const neverAborted = () => new AbortController().signal
const never = () => new Promise<string>(() => {})
const inTime = (ms: number, answer: string) => () =>
  new Promise<string>((resolve) => setTimeout(() => resolve(answer), ms))

test('lets an answer through that comes in time, and leaves no timer behind', async () => {
  const { ended } = start(inTime(900, 'here'))
  await vi.advanceTimersByTimeAsync(900)
  expect(await ended).toEqual({ answer: 'here', at: 900 })
  expect(vi.getTimerCount()).toBe(0)
})

test('ends the work through its signal, with a reason that tells', async () => {
  const { ended } = start(
    ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  )
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await ended).toEqual({ error: 'timeout', at: 1_000 })
  expect(vi.getTimerCount()).toBe(0)
})

test('gives what is just being finished a grace to tell the truth', async () => {
  const { ended } = start(inTime(1_400, 'written'))
  await vi.advanceTimersByTimeAsync(1_400)
  expect(await ended).toEqual({ answer: 'written', at: 1_400 })
  expect(vi.getTimerCount()).toBe(0)
})

test('does not wait for ever', async () => {
  const { ended } = start(never)
  await vi.advanceTimersByTimeAsync(1_500)
  expect(await ended).toEqual({ error: 'timeout', at: 1_500 })
})

test('can say what the loss of an answer means', async () => {
  const guard = deadline<Work, string>(
    () => 1_000,
    500,
    () => new UnknownOutcome('lost', 'look'),
  )
  const { ended } = start(never, guard)
  await vi.advanceTimersByTimeAsync(1_500)
  expect(await ended).toEqual({ error: 'unknown_outcome', at: 1_500 })
})

test('begins nothing once the time is up', async () => {
  vi.setSystemTime(1_000)
  const work = vi.fn(never)
  expect(await start(work).ended).toEqual({ error: 'timeout', at: 1_000 })
  expect(work).not.toHaveBeenCalled()
})

test('passes on that the caller left', async () => {
  const caller = new AbortController()
  const { ended } = start(never, byOneSecond, caller.signal)
  caller.abort(new Error('left'))
  await vi.advanceTimersByTimeAsync(500)
  expect(await ended).toEqual({ error: 'left', at: 500 })
})

test('is no limit when there is none', async () => {
  const { ended } = start(
    inTime(2_000_000, 'late'),
    deadline<Work, string>(() => Infinity),
  )
  await vi.advanceTimersByTimeAsync(2_000_000)
  expect(await ended).toEqual({ answer: 'late', at: 2_000_000 })
})

test('lets as many listen for the end as a call has requests, and Node warns of no leak', async () => {
  vi.useRealTimers()
  const warnings: Error[] = []
  const keep = (warning: Error) => void warnings.push(warning)
  process.on('warning', keep)
  const { ended } = start(
    async ({ signal }) => {
      for (let requests = 0; requests < 100; requests += 1) signal.addEventListener('abort', () => {})
      return 'here'
    },
    deadline<Work, string>(() => Date.now() + 1_000),
  )
  expect(await ended).toMatchObject({ answer: 'here' })
  // Node warns in a later turn.
  await new Promise(setImmediate)
  process.off('warning', keep)
  expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([])
})
