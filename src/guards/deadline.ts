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
    const timer = setTimeout(() => ending.abort(outOfTime()), Math.min(leftMs, MAX_TIMER_MS)).unref()
    // Does what `AbortSignal.any` does at a fraction of its cost: every request passes here twice.
    const leave = () => ending.abort(input.signal.reason)
    input.signal.addEventListener('abort', leave, { once: true })
    const grace = graceAfter(signal, graceMs, () => lostError(input, signal.reason))
    try {
      return await Promise.race([next({ ...input, signal }), grace.over])
    } finally {
      clearTimeout(timer)
      input.signal.removeEventListener('abort', leave)
      grace.end()
    }
  }

const outOfTime = () =>
  new TimedOut('Time ran out before the answer came.', 'Try again later, or ask for less.')

/** `over` rejects with `error` once `signal` has been aborted for `ms`; `end` cancels that. */
function graceAfter(signal: AbortSignal, ms: number, error: () => unknown) {
  let timer: NodeJS.Timeout | undefined
  let begin = () => {}
  const over = new Promise<never>((_resolve, reject) => {
    begin = () => {
      timer = setTimeout(() => reject(error()), ms).unref()
    }
    signal.addEventListener('abort', begin, { once: true })
  })
  const end = () => {
    signal.removeEventListener('abort', begin)
    clearTimeout(timer)
  }
  return { over, end }
}
