import type { VendorContext } from '../define.ts'

/** What was found out about an app; what is absent is not known. */
export interface Learned {
  /** Whether the app's filter brings what was asked for; learned by a probe alone. */
  filter?: 'honoured' | 'ignored' | 'refused'
  /** Whether a change can be tied to the version it was planned on (RFC 7644 §3.14). */
  etag?: boolean
  /** The most rows that the app sends at once. */
  pageMaximum?: number
  /** When the app last had no groups, epoch milliseconds. */
  noGroupsAt?: number | undefined
}

/** The memory of one app. It never fails: what can not be recalled is not known. */
export interface Capabilities {
  /** As of the last recall. */
  readonly now: Learned
  recall(): Promise<Learned>
  note(more: Learned): Promise<void>
}

const KEY = 'scim.learned'

export function capabilitiesOf(memory: Pick<VendorContext, 'recall' | 'remember'>): Capabilities {
  let now: Learned = {}
  const recall = async () => {
    const kept = await memory.recall<Learned>(KEY).catch(() => undefined)
    if (kept) now = kept
    return now
  }
  return {
    get now() {
      return now
    },
    recall,
    async note(more) {
      now = { ...(await recall()), ...more }
      await memory.remember(KEY, now).catch(() => undefined)
    },
  }
}

// Somebody may switch groups on in the app, so that it is asked again from time to time.
const ABSENT_FOR = 24 * 60 * 60_000

export const hasNoGroups = ({ noGroupsAt }: Learned): boolean =>
  noGroupsAt !== undefined && Date.now() - noGroupsAt < ABSENT_FOR
