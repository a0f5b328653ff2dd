import type { HttpSettings } from '../config/http.ts'
import { RateLimited } from '../errors.ts'
import { left, newState, type State, settle, take } from '../limits/sliding-window.ts'
import { fairTurns } from './fair-turns.ts'

/** Longer than any request takes, milliseconds. */
const HOLD_MS = 5 * 60_000
const SWEEP_MS = 60_000

/** Limits each caller's requests to this process, whatever address they come from. */
export interface CallerRateLimit {
  /**
   * Resolves when it is the caller's turn, with a function to call when its request ends. Throws `RateLimited` with
   * `retryAt`.
   */
  enter(caller: string): Promise<() => void>
}

/** Counts per process, since the process is what callers compete for. */
export function callerRateLimit({
  perMinute,
  atOnce,
}: Pick<HttpSettings, 'perMinute' | 'atOnce'>): CallerRateLimit {
  const limits = { perMinute }
  const callers = new Map<string, State>()
  const turn = fairTurns()
  let swept = Date.now()

  /** Forgets callers that have their full budget again. */
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
        return () => settle(state, taken.ticket, undefined, { now: Date.now() })
      }
      throw new RateLimited(
        'This caller has sent too many requests.',
        'Try again at `retryAt`, with fewer requests at the same time.',
        {
          retryAt: 'retryAt' in taken ? taken.retryAt : now + 1_000,
        },
      )
    },
  }
}
