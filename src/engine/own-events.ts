import { recalled } from '../changes/index.ts'
import type { AuditEvent } from '../domain/account.ts'
import { type AuditFilter, isAskedFor } from '../domain/audit-filter.ts'
import { namesOfCaller, shortName } from '../domain/caller-names.ts'
import { isUnchanged, readLine } from '../journal/entry.ts'
import type { JournalLine } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import { callKey, endsWrite, positionBefore } from '../journal/query.ts'
import { plainText } from '../text/text.ts'
import { type Moment, nearest } from './nearest.ts'

export interface OwnEventsAsk extends AuditFilter {
  tenant: string
  since: Date
  until: Date
  order: 'newest_first' | 'oldest_first'
  limit: number
  /** The last event that was taken. */
  behind?: Moment
}

export interface OwnEvents {
  /** In the order asked for. */
  items: (AuditEvent & Moment)[]
  more: boolean
  /** Lines about this tenant that are no longer as this server wrote them. */
  altered: number
}

/** One write, as far as the journal tells. */
interface Write {
  /** The line that began it, or the only one of a write that was not sent. */
  line: JournalLine
  end?: JournalLine
}

/**
 * What this server did at a tenant, or tried to do, one event for each write. Reads the journal of the time span once
 * and keeps no more of it than the events that are returned. A line whose own hash is wrong tells nothing; `journal
 * verify` also finds lines that are missing.
 */
export async function ownEvents(journal: Journal, ask: OwnEventsAsk): Promise<OwnEvents> {
  const needle = Buffer.from(`"tenant":${JSON.stringify(ask.tenant)}`)
  const found = nearest<AuditEvent & Moment>(ask)
  const open = new Map<string, Write[]>()
  // Times of the journal sort as text. To hash every line of a long journal would take seconds.
  const [since, until] = [ask.since.toISOString(), ask.until.toISOString()]
  let altered = 0
  const tell = (write: Write) => {
    if (!found.isInReach({ time: write.line.at, seq: write.line.seq })) return
    const event = eventOf(write)
    if (isAskedFor(ask, namesIn(write, event.action))) found.add(event)
  }
  const from = await positionBefore(journal, ask.since)
  for await (const { bytes, ended } of journal.lines({ from })) {
    // Searching the bytes first is far cheaper than parsing every line. A last line can be one that is being written.
    if (!ended || !bytes.includes(needle)) continue
    const line = readLine(bytes)
    const isInSpan = line && !(line.at < since || line.at > until)
    if (!line || (isInSpan && !isUnchanged(line, bytes))) {
      altered += 1
      continue
    }
    if (line.account?.tenant !== ask.tenant || !OF_WRITES.includes(line.event)) continue
    const key = callKey(line)
    const started = open.get(key) ?? []
    if (line.event === 'started') open.set(key, [...started, { line }])
    else {
      const write = started.find((one) => endsWrite(one.line, line))
      const left = started.filter((one) => one !== write)
      if (left.length > 0) open.set(key, left)
      else open.delete(key)
      tell(write ? { ...write, end: line } : { line })
    }
  }
  for (const write of [...open.values()].flat()) tell(write)
  return { ...found.taken(), altered }
}

// The others are about requests, which have not written anything.
const OF_WRITES: readonly JournalLine['event'][] = ['started', 'done', 'failed', 'unknown']

function eventOf({ line, end }: Write): AuditEvent & Moment {
  const { at, call, account, approval, seq } = line
  const approvedBy = approval?.by ?? end?.approval?.by
  return {
    id: `journal-${seq}`,
    time: new Date(at).toISOString(),
    actor: plainText(shortName(line)),
    action: actionOf({ line, ...(end && { end }) }),
    target: plainText(end?.account?.userName ?? account?.userName ?? '', 320),
    source: 'journal',
    ...(approvedBy !== undefined && { approvedBy: plainText(approvedBy) }),
    change: plainText(call, 64),
    seq,
  }
}

/** "update account: done (admin: false → true)". */
function actionOf({ line, end }: Write): string {
  const { event, code } = end ?? line
  const what = wordsOf(line.before?.operation ?? line.tool)
  const story = line.before && !line.before.cut ? recalled(line.before)?.story : ''
  const detail = event === 'done' ? story : code
  return plainText(`${what}: ${OUTCOMES[event] ?? event}${detail ? ` (${detail})` : ''}`)
}

const OUTCOMES: Partial<Record<JournalLine['event'], string>> = {
  started: 'started, its end is not recorded',
  unknown: 'sent, not known whether it happened',
}

/** "update account", from `updateAccount` or `update_account`. */
const wordsOf = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase()

/** All names of the caller and of the accounts that a write concerned. */
function namesIn({ line, end }: Write, action: string) {
  const { account, members } = imageIn(line)
  const subjects = [line.account, end?.account, account, ...members]
  return {
    actors: [...namesOfCaller(line.caller), ...(line.callerNames ?? [])],
    targets: subjects.flatMap((one) => textsIn(one, ['userName', 'id', 'email', 'externalId'])),
    action,
  }
}

/** The account and the members in a before-image, whose form is known to its kind of change alone. */
function imageIn({ before }: JournalLine): { account: unknown; members: unknown[] } {
  const { account, members }: Record<string, unknown> = before ?? {}
  return { account, members: Array.isArray(members) ? members : [] }
}

const textsIn = (value: unknown, names: readonly string[]): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, text]) =>
        names.includes(name) && typeof text === 'string' ? [text] : [],
      )
    : []
