import { readApprovalId } from '../approvals/approval-id.ts'
import { recalled } from '../changes/index.ts'
import type { PastChange, Recalled } from '../changes/inverse.ts'
import type { JournalLine } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import { chainedFrom, endsWrite, linesAbout } from '../journal/query.ts'

/** What a call changed, as the journal has it. */
export interface Past {
  call: string
  tool: string
  /** ISO 8601, UTC. */
  at: string
  changes: PastChange[]
}

/**
 * What the call of that reference changed, or the one that used the approval of that id; undefined where there is no
 * such call of a caller who `counts`, and where it changed nothing. Throws `Unavailable` unless the journal is whole
 * from there on: nothing is restored from lines that somebody altered.
 */
export async function pastOf(
  journal: Journal,
  reference: string,
  counts: (caller: string) => boolean,
): Promise<Past | undefined> {
  const about = await linesAbout(journal, [reference, readApprovalId(reference)])
  const own = about.filter(({ event, caller }) => event === 'started' && counts(caller))
  const [first] = own
  if (!first) return undefined
  const calls = new Set(own.map(({ call }) => call))
  const { writes, later } = await writesIn(chainedFrom(journal, first.seq), calls)
  return {
    call: first.call,
    tool: first.tool,
    at: first.at,
    changes: writes.map(({ account: { tenant, ...subject }, before, outcome }) => ({
      tenant,
      subject,
      before,
      outcome,
      since: later
        .filter(
          (other) => other.outcome !== 'failed' && keyOf(other.account) === keyOf({ tenant, ...subject }),
        )
        .map((other) => other.before?.touches),
    })),
  }
}

interface Write {
  call: string
  account: Subject
  before: Recalled | undefined
  outcome: 'done' | 'failed' | 'unknown'
}
type Subject = NonNullable<JournalLine['account']>

const keyOf = ({ tenant, id }: Subject) => JSON.stringify([tenant, id])

/** The writes of `calls`, and those of others to the same accounts and groups after them. */
async function writesIn(lines: AsyncIterable<JournalLine>, calls: ReadonlySet<string>) {
  const writes: Write[] = []
  const later: Write[] = []
  const subjects = new Set<string>()
  for await (const line of lines) {
    const { event, call, account, before } = line
    if (!account) continue
    if (event === 'started') {
      // What was cut to fit its line is not enough to restore anything from.
      const image = before && !before.cut ? recalled(before) : undefined
      const write: Write = { call, account, before: image, outcome: 'unknown' }
      if (calls.has(call)) {
        writes.push(write)
        subjects.add(keyOf(account))
      } else if (subjects.has(keyOf(account))) later.push(write)
    } else if (event === 'done' || event === 'failed' || event === 'unknown') {
      const ended = [...writes, ...later].find((write) => endsWrite(write, line))
      if (!ended) continue
      // A creation gets to know its account's id only when it is done.
      ended.account = account
      ended.outcome = event
      subjects.add(keyOf(account))
    }
  }
  return { writes, later }
}
