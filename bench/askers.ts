import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** One question: the answer came, or it is to be asked again at `retryAt`, epoch milliseconds. */
export type Ask = (signal: AbortSignal) => Promise<'answered' | { retryAt: number }>

/** What a crowd of askers went through. */
export interface Asked {
  answered: number
  /** How often somebody was told to come back later. */
  turnedAway: number
  /** Milliseconds from a question to its answer, all its attempts included. */
  waits: number[]
}

export interface Crowd {
  ask: Ask
  /** How many ask at the same moment. */
  atOnce: number
  /** Pause of each asker between an answer and the next question, milliseconds. */
  pauseMs?: number
}

/** Every crowd asks over and over until `until`, epoch milliseconds, and comes back when it is told to. */
export async function askUntil(until: number, crowds: readonly Crowd[]): Promise<Asked[]> {
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  const timer = setTimeout(() => over.abort(), until - Date.now())
  try {
    return await Promise.all(crowds.map((crowd) => askers(crowd, over.signal)))
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}

async function askers({ ask, atOnce, pauseMs = 0 }: Crowd, signal: AbortSignal): Promise<Asked> {
  const asked: Asked = { answered: 0, turnedAway: 0, waits: [] }
  const asker = async () => {
    while (!signal.aborted) {
      const from = performance.now()
      for (;;) {
        const outcome = await ask(signal)
        if (outcome === 'answered') break
        asked.turnedAway += 1
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

/** How evenly the crowds were served: 1 when all got the same. */
export function fairness(crowds: readonly Asked[]): number {
  const answered = crowds.map((crowd) => crowd.answered)
  return Math.min(...answered) / Math.max(...answered)
}
