import { LimitReached } from '../errors.ts'

/** Most that wait, besides the one that runs. */
const MAX_WAITING = 8
/** Most of one source, waiting and running. */
const MAX_OF_SOURCE = 4
const BUSY_MS = 5_000

/** Runs one piece of work at a time and lets few wait, of one source fewer still. */
interface HashingQueue {
  /** Throws `LimitReached` if too many wait. */
  run<Result>(source: string, work: () => Promise<Result>): Promise<Result>
}

export function hashingQueue(): HashingQueue {
  const sources: string[] = []
  let turn: Promise<unknown> = Promise.resolve()
  return {
    async run(source, work) {
      const own = sources.filter((one) => one === source).length
      if (sources.length > MAX_WAITING || own >= MAX_OF_SOURCE) {
        throw new LimitReached(
          'Too many passphrases are being checked at this moment.',
          'Try again in a few seconds, or decide at the terminal of the server.',
          { retryAt: Date.now() + BUSY_MS },
        )
      }
      sources.push(source)
      const result = turn.then(work)
      turn = result.catch(() => undefined)
      try {
        return await result
      } finally {
        sources.splice(sources.indexOf(source), 1)
      }
    },
  }
}
