import { askUntil } from './askers.ts'
import { httpCallers } from './http-callers.ts'

/** Options for the process of a greedy caller. */
export interface GreedyOptions {
  url: string
  token: string
  /** Calls that it keeps in flight. */
  atOnce: number
}

/** On each message, calls as fast as it can for so many milliseconds, and then reports its answers. */
const { url, token, atOnce } = JSON.parse(process.argv[2] ?? '{}') as GreedyOptions
const ask = httpCallers(new URL(url), [token]).as(0)

process.on('message', async (forMs: number) => {
  const [{ answered, throttled } = { answered: 0, throttled: 0 }] = await askUntil(Date.now() + forMs, [
    { ask, atOnce },
  ])
  process.send?.({ answered, throttled })
})
process.on('disconnect', () => process.exit())
