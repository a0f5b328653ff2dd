import { setMaxListeners } from 'node:events'
import { TimedOut, UnknownOutcome } from '../errors.ts'
import type { Call, CallGuard, Reply } from './call.ts'
import type { Guard } from './compose.ts'

const GRACE_MS = 2_000
// The longest that a timer can wait (a signed 32-bit number of milliseconds).
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Aborts what it wraps at `until`, epoch milliseconds, with `TimedOut`. Work that has begun then has `graceMs` more
 * to report its outcome; if it does not, the error is `lostError`, by default the signal's reason.
 */
export const deadline = <In extends { signal: AbortSignal }, Out>(
  until: (input: In) => number,
  graceMs = GRACE_MS,
  lostError: (input: In, reason: unknown) => unknown = (_input, reason) => reason,
): Guard<In, Out> =>
  async function deadline(input, next) {
    input.signal.throwIfAborted()
    const leftMs = until(input) - Date.now()
    if (leftMs <= 0) throw outOfTime()
    const ending = new AbortController()
    const { signal } = ending
    // A call that asks many tenants has many requests that listen; Node would report a leak from eleven on.
    setMaxListeners(0, input.signal, signal)
    // Does what `AbortSignal.any` and `Promise.race` do at a fraction of their cost: every request passes here twice.
    let timer: NodeJS.Timeout | undefined
    let leave = () => {}
    try {
      return await new Promise<Out>((resolve, reject) => {
        const end = (reason: unknown) => {
          if (signal.aborted) return
          clearTimeout(timer)
          timer = setTimeout(() => reject(lostError(input, reason)), graceMs).unref()
          ending.abort(reason)
        }
        timer = setTimeout(() => end(outOfTime()), Math.min(leftMs, MAX_TIMER_MS)).unref()
        leave = () => end(input.signal.reason)
        input.signal.addEventListener('abort', leave, { once: true })
        next({ ...input, signal }).then(resolve, reject)
      })
    } finally {
      clearTimeout(timer)
      input.signal.removeEventListener('abort', leave)
    }
  }

/**
 * Ends a call at its deadline, with `TimedOut`. A call that had started a write by then, and does not say in time what became
 * of it, ends with `UnknownOutcome`.
 */
export const callDeadline = (graceMs?: number): CallGuard =>
  async function callDeadline(call, next) {
    let started = false
    const record: Call['record'] = async (event) => {
      // Before it is journalled: right after, the write may leave.
      if (event.event === 'started') started = true
      await call.record(event)
    }
    const lost = (_: Call, reason: unknown) =>
      started
        ? new UnknownOutcome(
            'Time ran out, and the outcome of the change is not known.',
            'Look the account up with find_user before doing anything else; the journal has more.',
          )
        : reason
    return deadline<Call, Reply>(({ deadline }) => deadline, graceMs, lost)({ ...call, record }, next)
  }

const outOfTime = () =>
  new TimedOut('Time ran out before the answer came.', 'Try again later, or ask for less.')
