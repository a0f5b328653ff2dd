import type { JournalForm } from '../../journal/backend.ts'
import { readLine } from '../../journal/entry.ts'
import type { JournalLine } from '../../journal/events.ts'
import { positionBefore } from '../../journal/query.ts'

const HOUR_MS = 3_600_000
const MAX_CHANGES_SHOWN = 20

type RecentChange = Pick<JournalLine, 'at' | 'tool' | 'account' | 'event'>

/** The latest changes of one caller, newest first, and how many there were. */
export interface RecentChanges {
  changes: RecentChange[]
  of: number
}

/**
 * What a caller changed, or may have changed, in the last hour, according to the journal. Each line is read once, however
 * often people look, and none from long before.
 */
export function recentChangesIn(journal: JournalForm): (caller: string) => Promise<RecentChanges> {
  let position = 0
  let changes: (RecentChange & { caller: string })[] = []

  const readOn = async () => {
    const since = new Date(Date.now() - HOUR_MS)
    const from = Math.max(position, await positionBefore(journal, since))
    for await (const { bytes, ended, behind } of journal.lines({ from })) {
      if (!ended) break
      position = behind
      const line = readLine(bytes)
      if (line && (line.event === 'done' || line.event === 'unknown') && line.account) {
        const { at, tool, account, event, caller } = line
        changes.push({ at, tool, account, event, caller })
      }
    }
    changes = changes.filter(({ at }) => Date.parse(at) >= since.getTime())
  }

  let reading: Promise<void> | undefined
  /** People who look at the same time share one reading. */
  const upToDate = () => {
    reading ??= readOn().finally(() => {
      reading = undefined
    })
    return reading
  }

  return async (caller) => {
    try {
      await upToDate()
    } catch (error) {
      // The journal may be another one now.
      position = 0
      changes = []
      throw error
    }
    const own = changes.filter((change) => change.caller === caller)
    return { changes: own.slice(-MAX_CHANGES_SHOWN).reverse(), of: own.length }
  }
}
