import { setMaxListeners } from 'node:events'
import { TimedOut } from '../errors.ts'
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
    setMaxListeners(0, signal)
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

const outOfTime = () =>
  new TimedOut('Time ran out before the answer came.', 'Try again later, or ask for less.')
