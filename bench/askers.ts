import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** One call: either it was answered, or it can be repeated at `retryAt`, epoch milliseconds. */
export type Ask = (signal: AbortSignal) => Promise<'answered' | { retryAt: number }>

/** What the callers of a crowd got. */
export interface CrowdResult {
  answered: number
  /** Calls that were told to come back later. */
  throttled: number
  /** Milliseconds from the first attempt of a call to its answer. */
  waits: number[]
}

export interface Crowd {
  ask: Ask
  /** Number of concurrent callers. */
  atOnce: number
  /** Pause of each caller between an answer and its next call, milliseconds. */
  pauseMs?: number
}

/** All crowds call in a loop until `until`, epoch milliseconds, and repeat throttled calls at `retryAt`. */
export async function askUntil(until: number, crowds: readonly Crowd[]): Promise<CrowdResult[]> {
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  const timer = setTimeout(() => over.abort(), until - Date.now())
  try {
    return await Promise.all(crowds.map((crowd) => runCrowd(crowd, over.signal)))
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}

async function runCrowd({ ask, atOnce, pauseMs = 0 }: Crowd, signal: AbortSignal): Promise<CrowdResult> {
  const asked: CrowdResult = { answered: 0, throttled: 0, waits: [] }
  const asker = async () => {
    while (!signal.aborted) {
      const from = performance.now()
      for (;;) {
        const outcome = await ask(signal)
        if (outcome === 'answered') break
        asked.throttled += 1
        await sleep(Math.max(0, outcome.retryAt - Date.now()), undefined, { signal })
      }
      asked.answered += 1
      asked.waits.push(performance.now() - from)
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal })
    }
  }
  const untilOver = (error: unknown) => {
    if (!signal.aborted) throw error
  }
  await Promise.all(Array.from({ length: atOnce }, () => asker().catch(untilOver)))
  return asked
}

/** How evenly the crowds were served: 1 if all got the same. */
export function fairness(crowds: readonly CrowdResult[]): number {
  const answered = crowds.map((crowd) => crowd.answered)
  return Math.min(...answered) / Math.max(...answered)
}
