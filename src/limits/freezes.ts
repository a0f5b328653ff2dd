import { agentNamesOf } from '../domain/caller-names.ts'
import { Paused, Refused } from '../errors.ts'
import { keepingLastKnown } from '../store/last-known.ts'
import type { Store } from '../store/store.ts'
import { plainText, sameText } from '../text/text.ts'

/** A freeze of changes: in one tenant, by one agent, by one caller, or of all changes when it names none of them. */
export interface Freeze {
  tenant?: string
  /** An agent, whoever it calls for, the OAuth client that agents call through, or the name of an API token. */
  agent?: string
  caller?: string
  /** That caller in words, with the agent that reached a limit. */
  who?: string
  /** Epoch milliseconds. */
  at: number
  /** What froze them: a person, or the limit that was exceeded. */
  by: string
  why?: string
  /** Ledger buckets of the counts that led to it. They restart from zero when the freeze is lifted. */
  counts?: readonly string[]
}

/** The caller of a change, as far as freezes name callers. */
interface FrozenCaller {
  id: string
  agent?: string
  via?: string
}

/** The current freezes, shared by every server instance that uses the store. */
export interface Freezes {
  /** Oldest first. */
  list(): Promise<Freeze[]>
  /** Replaces a freeze with the same tenant, agent and caller. */
  put(freeze: Freeze): Promise<void>
  /** Removes the freezes that match, and returns them. */
  lift(matches: (freeze: Freeze) => boolean): Promise<Freeze[]>
  /** Throws `Refused` where the brake is on, and `Paused` for a caller that exceeded a limit. */
  check(change: { caller: FrozenCaller; tenants: readonly string[] }): Promise<void>
}

// All freezes are one value: a check costs one read, and a change is one atomic update.
const FREEZES_KEY = 'stops'

export const openFreezes = (store: Store): Freezes => {
  const values = keepingLastKnown(store)
  const list = async () => (await values.get<Freeze[]>(FREEZES_KEY)) ?? []
  const change = <Result>(edit: (freezes: Freeze[]) => { next: Freeze[]; result: Result }) =>
    values.update<Freeze[], Result>(FREEZES_KEY, (freezes = []) => edit(freezes))
  return {
    list,
    put: (freeze) =>
      change((freezes) => ({
        next: [
          ...freezes.filter((one) =>
            (['tenant', 'agent', 'caller'] as const).some((of) => one[of] !== freeze[of]),
          ),
          freeze,
        ],
        result: undefined,
      })),
    lift: (matches) =>
      change((freezes) => ({
        next: freezes.filter((one) => !matches(one)),
        result: freezes.filter(matches),
      })),
    async check({ caller, tenants }) {
      const freezes = await list()
      const brake = freezes.find(
        (one) =>
          one.caller === undefined &&
          (one.tenant === undefined || tenants.includes(one.tenant)) &&
          (one.agent === undefined || agentNamesOf(caller).some((agent) => sameText(agent, one.agent))),
      )
      if (brake) throw frozenError(brake)
      const pause = freezes.find((one) => one.caller === caller.id)
      if (pause) throw pausedError(pause)
    },
  }
}

const frozenError = ({ tenant, agent, why, at }: Freeze) =>
  new Refused(
    `A person stopped all changes${agent === undefined ? '' : ' by this agent'}${tenant === undefined ? '' : ` in ${tenant}`} at ${new Date(at).toISOString()}` +
      `${why === undefined ? '' : ` (reason given: "${plainText(why, 200)}")`}.`,
    'Read-only tools still work. Tell the person you work for, and change nothing until they say so.',
    { ...(tenant !== undefined && { tenant }) },
  )

const pausedError = ({ by, at }: Freeze) =>
  new Paused(
    `This caller has been paused since ${new Date(at).toISOString()}, when its next change would have exceeded a limit: ${by}.`,
    TELL_THEM,
  )

export const TELL_THEM = 'Read-only tools still work. The person who runs this server must review this first.'
