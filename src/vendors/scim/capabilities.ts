import type { AppMemory } from '../../store/app-memory.ts'

/** The attributes that this server filters by. */
export type FilterAttribute =
  | 'userName'
  | 'emails.value'
  | 'externalId'
  | 'active'
  | 'displayName'
  | 'name.givenName'
  | 'name.familyName'

/** What an app was seen to do with a filter. `ignored` includes an app that answers with an empty list whatever is asked. */
type SeenState = 'honoured' | 'ignored' | 'refused'

/**
 * What is known of a filter by one attribute. `exact`: it works, letter by letter, though letter case does not count for the
 * attribute (RFC 7643 §4.1.1, `caseExact`). `unborne`: no sampled record has the attribute, and the app takes no filter
 * that it does not know. `untested`: it may take it and find nobody, whoever is there.
 */
export type FilterState = SeenState | 'exact' | 'unborne' | 'untested'

export const isSeen = (state: FilterState | undefined): state is SeenState =>
  state === 'honoured' || state === 'ignored' || state === 'refused'

/** What the server learned about an app. An absent value is unknown. */
export interface LearnedCapabilities {
  /** Whether filters work, by attribute. */
  filters?: Partial<Record<FilterAttribute, FilterState>>
  /** Whether filters can be joined with `or`. */
  or?: SeenState
  /** Whether an id or an external id of this app can contain an @. */
  idsWithAt?: boolean
  /** Attributes of which lists show less than the records have. */
  hidden?: readonly FilterAttribute[]
  /** Whether a change can be tied to a version (RFC 7644 §3.14). */
  etag?: boolean
  /** Whether the app says that it offers PATCH. */
  patch?: boolean
  /** How the app pages, where it is not by both index and cursor (RFC 9865). */
  paging?: 'index' | 'cursor'
  /** The app refuses to be told how many rows to send. */
  noCount?: boolean
  /** The app's maximum page size. */
  pageMaximum?: number
  /** How many members of a group it takes in one request. */
  membersMaximum?: number
  /**
   * What the total of a list is: the number of all rows, or of those in the page; else how long a page was of which it
   * was seen that nothing is behind it.
   */
  totals?: { readonly [Collection in 'Users' | 'Groups']?: 'of list' | 'of page' | number }
  /** How many rows fit into one reply, where a page of more was too large. */
  rowsThatFit?: { readonly [Collection in 'Users' | 'Groups']?: number }
  /** Whether a list of groups comes with their members, which it is asked to leave out. */
  listsMembers?: boolean
  /** Characters that its filters were seen to read rightly, of those that some apps stumble over. */
  marks?: string
  /** The app has no groups over SCIM. */
  noGroups?: boolean
  /** The app takes members and shows every group as empty. */
  membersHidden?: boolean
}

/** The known capabilities of one app. */
export interface Capabilities {
  /** As of the last `recall`. */
  readonly now: LearnedCapabilities
  recall(): Promise<LearnedCapabilities>
  /** Adds to what is known; `filters` are added one by one. */
  note(more: LearnedCapabilities): Promise<void>
}

const DAY_MS = 24 * 60 * 60_000

/** The facts that are stored together, each group with its time to live; undefined keeps it until it is replaced. */
const KEPT: readonly { key: string; facts: readonly (keyof LearnedCapabilities)[]; ttl?: number }[] = [
  { key: 'scim.learned', facts: ['etag', 'patch', 'pageMaximum'] },
  // Filters are the evidence for "absent", so they are tested again from time to time.
  { key: 'scim.filters', facts: ['filters', 'or', 'idsWithAt', 'hidden', 'marks'], ttl: DAY_MS },
  // An app may learn to page, or to take more.
  {
    key: 'scim.pages',
    facts: ['paging', 'noCount', 'totals', 'rowsThatFit', 'listsMembers', 'membersMaximum'],
    ttl: DAY_MS,
  },
  // Groups can be enabled in the app later.
  { key: 'scim.noGroups', facts: ['noGroups'], ttl: DAY_MS },
  { key: 'scim.members', facts: ['membersHidden'], ttl: DAY_MS },
]

// Other processes also learn; a short delay is fine.
const FRESH_MS = 1_000

export function capabilitiesOf(memory: AppMemory): Capabilities {
  let now: LearnedCapabilities = {}
  let freshUntil = 0
  const recall = async () => {
    if (Date.now() < freshUntil) return now
    const stored = await Promise.all(KEPT.map(({ key }) => memory.get<LearnedCapabilities>(key)))
    now = Object.assign({}, ...stored)
    freshUntil = Date.now() + FRESH_MS
    return now
  }
  return {
    get now() {
      return now
    },
    recall,
    async note(more) {
      const known = await recall()
      now = { ...known, ...more, ...(more.filters && { filters: { ...known.filters, ...more.filters } }) }
      for (const { key, facts, ttl } of KEPT) {
        if (!facts.some((fact) => more[fact] !== undefined)) continue
        const kept = Object.fromEntries(
          facts.flatMap((fact) => (now[fact] === undefined ? [] : [[fact, now[fact]]])),
        )
        await memory.set(key, kept, ttl)
      }
    },
  }
}
