import { readApprovalId } from '../approvals/approval-id.ts'
import { recalled } from '../changes/index.ts'
import type { PastChange, Recalled } from '../changes/inverse.ts'
import type { JournalLine } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import { bySeq, callKey, endsWrite, linesAbout } from '../journal/query.ts'
import { ofSubject } from '../journal/terms.ts'

/** What a call changed, according to the journal. */
export interface PastCall {
  call: string
  tool: string
  /** ISO 8601, UTC. */
  at: string
  changes: PastChange[]
}

/**
 * What the call with this reference changed, or the call that used the approval with this id. Undefined if there is
 * no such call by a caller who `counts`, if it changed nothing, or if several callers have one of that name. Throws
 * `Unavailable` where the journal is not as it was written: nothing is restored from altered lines.
 */
export async function pastOf(
  journal: Journal,
  reference: string,
  counts: (caller: string) => boolean,
  signal?: AbortSignal,
): Promise<PastCall | undefined> {
  const about = await linesAbout(journal, [reference, readApprovalId(reference)], signal)
  const own = about.filter(({ event, caller }) => event === 'started' && counts(caller))
  const [first] = own
  if (!first || own.some(({ caller }) => caller !== first.caller)) return undefined
  const calls = new Set(own.map(callKey))
  const { writes, later } = writesIn(await withWhatFollowed(journal, about, signal), calls)
  return {
    call: first.call,
    tool: first.tool,
    at: first.at,
    changes: toChanges(writes, later),
  }
}

/** The writes of a call to one account or group. */
export interface PastAsk {
  call: string
  /** Who made the call. */
  caller: string
  subject: Subject
  /** The call that asks: what it wrote itself is not taken for a later change. */
  by: string
}

/** What a call wrote to one account or group, without reading what else it wrote. Throws like `pastOf`. */
export async function pastAt(
  { index }: Pick<Journal, 'index'>,
  { call, caller, subject, by }: PastAsk,
  signal?: AbortSignal,
): Promise<PastChange[]> {
  const own = callKey({ call, caller })
  const read = async (about: Subject) => {
    const lines: JournalLine[] = []
    for await (const line of index.about([ofSubject(about)], signal && { signal })) lines.push(line)
    return lines
  }
  const lines = await read(subject)
  const isMade =
    lines.some((line) => callKey(line) === own) &&
    !lines.some((line) => line.event === 'started' && callKey(line) === own)
  // What was made had no id when it was begun.
  const begun = isMade ? (await read({ ...subject, id: 'new' })).filter((line) => callKey(line) === own) : []
  const { writes, later } = writesIn(bySeq([...begun, ...lines]), new Set([own]))
  return toChanges(
    writes.filter(({ account }) => keyOf(account) === keyOf(subject)),
    later.filter((one) => one.call !== by),
  )
}

const toChanges = (writes: readonly JournalledWrite[], later: readonly JournalledWrite[]): PastChange[] =>
  writes.map(({ account: { tenant, ...subject }, before, outcome }) => ({
    tenant,
    subject,
    before,
    outcome,
    since: later
      .filter((other) => other.outcome !== 'failed' && keyOf(other.account) === keyOf({ tenant, ...subject }))
      .map((other) => other.before?.touches),
  }))

/** The lines of calls, and all that was written since to the accounts and groups that they are about. */
async function withWhatFollowed(
  { index }: Journal,
  about: readonly JournalLine[],
  signal?: AbortSignal,
): Promise<JournalLine[]> {
  const lines = new Map(about.map((line) => [line.seq, line]))
  const subjects = about.flatMap(({ account }) => (account ? [ofSubject(account)] : []))
  const from = about[0]?.seq ?? 0
  for await (const line of index.about(subjects, { from, ...(signal && { signal }) }))
    lines.set(line.seq, line)
  return bySeq(lines.values())
}

interface JournalledWrite {
  call: string
  caller: string
  account: Subject
  before: Recalled | undefined
  outcome: 'done' | 'failed' | 'unknown'
}
type Subject = NonNullable<JournalLine['account']>

const keyOf = ({ tenant, id }: Subject) => JSON.stringify([tenant, id])

/** The writes of the calls with the keys `calls`, and later writes by others to the same accounts and groups. */
function writesIn(lines: readonly JournalLine[], calls: ReadonlySet<string>) {
  const writes: JournalledWrite[] = []
  const later: JournalledWrite[] = []
  const subjects = new Set<string>()
  for (const line of lines) {
    const { event, call, caller, account, before } = line
    if (!account) continue
    if (event === 'started') {
      // A before-image that was cut to fit its line is not enough to restore from.
      const image = before && !before.cut ? recalled(before) : undefined
      const write: JournalledWrite = { call, caller, account, before: image, outcome: 'unknown' }
      if (calls.has(callKey(line))) {
        writes.push(write)
        subjects.add(keyOf(account))
      } else if (subjects.has(keyOf(account))) later.push(write)
    } else if (event === 'done' || event === 'failed' || event === 'unknown') {
      const ended = [...writes, ...later].find((write) => endsWrite(write, line))
      if (!ended) continue
      // A creation has its account's id only when it is done.
      ended.account = account
      ended.outcome = event
      subjects.add(keyOf(account))
    }
  }
  return { writes, later }
}
