import type { HttpSettings } from '../config/http.ts'
import { RateLimited } from '../errors.ts'
import { left, newState, type State, settle, take } from '../limits/sliding-window.ts'
import { fairTurns } from './fair-turns.ts'

/** Longer than any request is served, milliseconds. */
const HOLD_MS = 5 * 60_000
const SWEEP_MS = 60_000

/** What one caller may ask of this process, whatever address it comes from. */
export interface CallerRateLimit {
  /**
   * Lets a caller in when it is its turn; what comes back is for when it leaves. Throws `RateLimited`, with the time to
   * come again.
   */
  enter(caller: string): Promise<() => void>
}

/** Counted in this process alone: it is this process that a caller could keep from the others. */
export function callerRateLimit({
  perMinute,
  atOnce,
}: Pick<HttpSettings, 'perMinute' | 'atOnce'>): CallerRateLimit {
  const limits = { perMinute }
  const callers = new Map<string, State>()
  const turn = fairTurns()
  let swept = Date.now()

  /** Forgets who has not come for a while. */
  const sweep = (now: number) => {
    if (now - swept < SWEEP_MS) return
    swept = now
    for (const [caller, state] of callers) {
      if (left(state, limits, now).every((window) => window.left === window.limit)) callers.delete(caller)
    }
  }
  return {
    async enter(caller) {
      const now = Date.now()
      sweep(now)
      const state = callers.get(caller) ?? newState()
      callers.set(caller, state)
      const taken = take(state, limits, { atOnce, holdMs: HOLD_MS }, now)
      if ('ticket' in taken) {
        await turn.of(caller)
        return () => settle(state, taken.ticket, undefined, Date.now())
      }
      throw new RateLimited(
        'This caller asks for too much at once.',
        'Try again at `retryAt`, or ask for less at once.',
        {
          retryAt: 'retryAt' in taken ? taken.retryAt : now + 1_000,
        },
      )
    },
  }
}
