import { Paused, Refused } from '../errors.ts'
import { remembering } from '../store/last-known.ts'
import type { Store } from '../store/store.ts'
import { plainText } from '../text/text.ts'

/** A stop to changes: in one tenant, by one caller, or everywhere and by everybody when it names neither. */
export interface Stop {
  tenant?: string
  caller?: string
  /** Epoch milliseconds. */
  at: number
  /** Who put it there: a person, or the limit that was passed. */
  by: string
  why?: string
  /** The counts that led to it, by their names in the ledger; they start anew when it is lifted. */
  counts?: readonly string[]
}

/** The stops to changes, the same for every copy of the server that uses the store. */
export interface Stops {
  /** In the order in which they were put there. */
  list(): Promise<Stop[]>
  /** Replaces a stop to the same. */
  put(stop: Stop): Promise<void>
  /** Takes away the stops that fit, and returns them. */
  lift(fits: (stop: Stop) => boolean): Promise<Stop[]>
  /** Throws `Refused` where the brake is on, and `Paused` for a caller that passed a limit. */
  check(change: { caller: string; tenants: readonly string[] }): Promise<void>
}

// All of them are one value, so that to look costs one read and to change them is one step.
const KEY = 'stops'

export const openStops = (store: Store): Stops => {
  const kept = remembering(store)
  const list = async () => (await kept.get<Stop[]>(KEY)) ?? []
  const change = <Result>(edit: (stops: Stop[]) => { next: Stop[]; result: Result }) =>
    kept.update<Stop[], Result>(KEY, (stops = []) => edit(stops))
  return {
    list,
    put: (stop) =>
      change((stops) => ({
        next: [...stops.filter((one) => one.tenant !== stop.tenant || one.caller !== stop.caller), stop],
        result: undefined,
      })),
    lift: (fits) =>
      change((stops) => ({ next: stops.filter((one) => !fits(one)), result: stops.filter(fits) })),
    async check({ caller, tenants }) {
      const stops = await list()
      const brake = stops.find(
        (one) => one.caller === undefined && (one.tenant === undefined || tenants.includes(one.tenant)),
      )
      if (brake) throw braked(brake)
      const pause = stops.find((one) => one.caller === caller)
      if (pause) throw paused(pause)
    },
  }
}

const braked = ({ tenant, why, at }: Stop) =>
  new Refused(
    `A person has stopped all changes${tenant === undefined ? '' : ` in ${tenant}`} at ${new Date(at).toISOString()}` +
      `${why === undefined ? '' : ` (reason given: "${plainText(why, 200)}")`}.`,
    'Looking things up goes on. Tell the person you work for, and change nothing until they say so.',
    { ...(tenant !== undefined && { tenant }) },
  )

const paused = ({ by, at }: Stop) =>
  new Paused(
    `This caller may change nothing since ${new Date(at).toISOString()}, when it would have passed a limit: ${by}.`,
    TELL_THEM,
  )

export const TELL_THEM = 'Looking things up goes on. The person who runs this server has to look at it first.'
