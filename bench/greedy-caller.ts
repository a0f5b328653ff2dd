import { askUntil } from './askers.ts'
import { door } from './door.ts'

/** What the process of a greedy caller is started with. */
export interface Greed {
  url: string
  token: string
  /** Calls that it keeps going. */
  atOnce: number
}

/** Asks as much as it can for so long, milliseconds, and then tells what it was answered, each time that it is told to. */
const { url, token, atOnce } = JSON.parse(process.argv[2] ?? '{}') as Greed
const ask = door(new URL(url), [token]).as(0)

process.on('message', async (forMs: number) => {
  const [{ answered, turnedAway } = { answered: 0, turnedAway: 0 }] = await askUntil(Date.now() + forMs, [
    { ask, atOnce },
  ])
  process.send?.({ answered, turnedAway })
})
process.on('disconnect', () => process.exit())
