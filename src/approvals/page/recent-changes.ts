import type { JournalLine } from '../../journal/events.ts'
import type { Journal } from '../../journal/journal.ts'

const HOUR_MS = 3_600_000
const MAX_CHANGES_SHOWN = 20

/** The latest changes of one caller, newest first, and how many there were. */
export interface RecentChanges {
  changes: JournalLine[]
  of: number
}

/** What `caller` changed, or may have changed, in the last hour, according to the journal. */
export async function recentChanges(journal: Journal, caller: string): Promise<RecentChanges> {
  const changes: JournalLine[] = []
  let of = 0
  for await (const line of journal.read({ since: new Date(Date.now() - HOUR_MS) })) {
    const changed = line.account !== undefined && (line.event === 'done' || line.event === 'unknown')
    if (!changed || line.caller !== caller) continue
    of += 1
    changes.unshift(line)
    changes.length = Math.min(changes.length, MAX_CHANGES_SHOWN)
  }
  return { changes, of }
}
