import { Paused, Refused } from '../errors.ts'
import { keepingLastKnown } from '../store/last-known.ts'
import type { Store } from '../store/store.ts'
import { plainText } from '../text/text.ts'

/** A freeze of changes: in one tenant, by one caller, or everywhere and by everybody when it names neither. */
export interface Freeze {
  tenant?: string
  caller?: string
  /** Epoch milliseconds. */
  at: number
  /** Who froze them: a person, or the limit that was passed. */
  by: string
  why?: string
  /** The counts that led to it, by their names in the ledger; they start anew when it is lifted. */
  counts?: readonly string[]
}

/** The freezes to changes, the same for every copy of the server that uses the store. */
export interface Freezes {
  /** Oldest first. */
  list(): Promise<Freeze[]>
  /** Replaces a freeze of the same. */
  put(freeze: Freeze): Promise<void>
  /** Takes away the freezes that fit, and returns them. */
  lift(fits: (freeze: Freeze) => boolean): Promise<Freeze[]>
  /** Throws `Refused` where the brake is on, and `Paused` for a caller that passed a limit. */
  check(change: { caller: string; tenants: readonly string[] }): Promise<void>
}

// All of them are one value, so that to look costs one read and to change them is one step.
const KEY = 'stops'

export const openFreezes = (store: Store): Freezes => {
  const kept = keepingLastKnown(store)
  const list = async () => (await kept.get<Freeze[]>(KEY)) ?? []
  const change = <Result>(edit: (freezes: Freeze[]) => { next: Freeze[]; result: Result }) =>
    kept.update<Freeze[], Result>(KEY, (freezes = []) => edit(freezes))
  return {
    list,
    put: (freeze) =>
      change((freezes) => ({
        next: [
          ...freezes.filter((one) => one.tenant !== freeze.tenant || one.caller !== freeze.caller),
          freeze,
        ],
        result: undefined,
      })),
    lift: (fits) =>
      change((freezes) => ({ next: freezes.filter((one) => !fits(one)), result: freezes.filter(fits) })),
    async check({ caller, tenants }) {
      const freezes = await list()
      const everybody = freezes.find(
        (one) => one.caller === undefined && (one.tenant === undefined || tenants.includes(one.tenant)),
      )
      if (everybody) throw frozen(everybody)
      const pause = freezes.find((one) => one.caller === caller)
      if (pause) throw paused(pause)
    },
  }
}

const frozen = ({ tenant, why, at }: Freeze) =>
  new Refused(
    `A person has stopped all changes${tenant === undefined ? '' : ` in ${tenant}`} at ${new Date(at).toISOString()}` +
      `${why === undefined ? '' : ` (reason given: "${plainText(why, 200)}")`}.`,
    'Looking things up goes on. Tell the person you work for, and change nothing until they say so.',
    { ...(tenant !== undefined && { tenant }) },
  )

const paused = ({ by, at }: Freeze) =>
  new Paused(
    `This caller may change nothing since ${new Date(at).toISOString()}, when it would have passed a limit: ${by}.`,
    TELL_THEM,
  )

export const TELL_THEM = 'Looking things up goes on. The person who runs this server has to look at it first.'
