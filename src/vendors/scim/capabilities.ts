import type { AppMemory } from '../../store/app-memory.ts'

/** The attributes that this server filters by. */
export type FilterAttribute = 'userName' | 'emails.value' | 'externalId' | 'displayName' | 'active'

export type FilterState = 'honoured' | 'ignored' | 'refused'

/** What the server learned about an app. An absent value is unknown. */
export interface LearnedCapabilities {
  /** Whether the app's filter works. Only a probe sets it. */
  filter?: 'honoured' | 'ignored' | 'refused'
  /** What it does with a filter, by attribute. */
  filters?: Partial<Record<FilterAttribute, FilterState>>
  /** Whether a change can be tied to a version (RFC 7644 §3.14). */
  etag?: boolean
  /** The app's maximum page size. */
  pageMaximum?: number
  /** The app has no groups over SCIM. */
  noGroups?: boolean
}

/** The known capabilities of one app. */
export interface Capabilities {
  /** As of the last `recall`. */
  readonly now: LearnedCapabilities
  recall(): Promise<LearnedCapabilities>
  note(more: LearnedCapabilities): Promise<void>
}

const LEARNED_KEY = 'scim.learned'
const NO_GROUPS_KEY = 'scim.noGroups'
// Other processes also learn; a short delay is fine.
const FRESH_MS = 1_000
// Groups can be enabled in the app later, so check again from time to time.
const NO_GROUPS_TTL_MS = 24 * 60 * 60_000

export function capabilitiesOf(memory: AppMemory): Capabilities {
  let now: LearnedCapabilities = {}
  let freshUntil = 0
  const recall = async () => {
    if (Date.now() < freshUntil) return now
    const [learned, noGroups] = await Promise.all([
      memory.get<LearnedCapabilities>(LEARNED_KEY),
      memory.get<boolean>(NO_GROUPS_KEY),
    ])
    now = { ...now, ...learned, noGroups: noGroups ?? false }
    freshUntil = Date.now() + FRESH_MS
    return now
  }
  return {
    get now() {
      return now
    },
    recall,
    async note({ noGroups, ...more }) {
      const { noGroups: known, ...learned } = await recall()
      now = { ...learned, ...more, noGroups: noGroups ?? known ?? false }
      if (Object.keys(more).length > 0) await memory.set(LEARNED_KEY, { ...learned, ...more })
      if (noGroups !== undefined) await memory.set(NO_GROUPS_KEY, noGroups, NO_GROUPS_TTL_MS)
    },
  }
}
