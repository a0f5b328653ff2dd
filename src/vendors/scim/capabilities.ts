import type { AppMemory } from '../../store/app-memory.ts'

/** What was found out about an app; what is absent is not known. */
export interface Learned {
  /** Whether the app's filter brings what was asked for; learned by a probe alone. */
  filter?: 'honoured' | 'ignored' | 'refused'
  /** Whether a change can be tied to the version it was planned on (RFC 7644 §3.14). */
  etag?: boolean
  /** The most rows that the app sends at once. */
  pageMaximum?: number
  /** That the app serves no groups. */
  noGroups?: boolean
}

/** What is known of what one app can do. */
export interface Capabilities {
  /** As of the last recall. */
  readonly now: Learned
  recall(): Promise<Learned>
  note(more: Learned): Promise<void>
}

const LEARNED = 'scim.learned'
const NO_GROUPS = 'scim.noGroups'
// Another process may have learned something; it need not be known here in the same moment.
const FRESH_MS = 1_000
// Somebody may switch groups on in the app, so that it is asked again from time to time.
const NO_GROUPS_TTL_MS = 24 * 60 * 60_000

export function capabilitiesOf(memory: AppMemory): Capabilities {
  let now: Learned = {}
  let freshUntil = 0
  const recall = async () => {
    if (Date.now() < freshUntil) return now
    const [learned, noGroups] = await Promise.all([
      memory.get<Learned>(LEARNED),
      memory.get<boolean>(NO_GROUPS),
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
      if (Object.keys(more).length > 0) await memory.set(LEARNED, { ...learned, ...more })
      if (noGroups !== undefined) await memory.set(NO_GROUPS, noGroups, NO_GROUPS_TTL_MS)
    },
  }
}
