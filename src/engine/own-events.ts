import { recalled } from '../changes/index.ts'
import type { AuditEvent } from '../domain/account.ts'
import { type AuditFilter, isAskedFor } from '../domain/audit-filter.ts'
import { namesOfCaller, shortName } from '../domain/caller-names.ts'
import { Unavailable } from '../errors.ts'
import { isUnchanged, readLine } from '../journal/entry.ts'
import type { JournalLine } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import { numberBefore, positionBefore } from '../journal/query.ts'
import { ofTenant } from '../journal/terms.ts'
import { type JournalledWrite, writesIn } from '../journal/writes.ts'
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

/**
 * What this server did at a tenant, or tried to do, one event for each write. Reads the lines about the tenant in the time
 * span and keeps no more of them than the events that are returned. A line whose own hash is wrong tells nothing; `journal
 * verify` also finds lines that are missing.
 */
export async function ownEvents(
  journal: Journal,
  ask: OwnEventsAsk,
  signal?: AbortSignal,
): Promise<OwnEvents> {
  try {
    const from = await numberBefore(journal, ask.since)
    if (from === undefined) return { items: [], more: false, altered: 0 }
    const lines = journal.index.about([ofTenant(ask.tenant)], { from, ...(signal && { signal }) })
    return { ...(await eventsIn(lines, ask)), altered: 0 }
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    // The index knows nothing of a journal that was altered; what is left of it is read all the same.
    const read = { altered: 0 }
    const events = await eventsIn(unalteredLines(journal, ask, read, signal), ask)
    return { ...events, ...read }
  }
}

/** The events in lines that are about the tenant. */
async function eventsIn(
  lines: AsyncIterable<JournalLine>,
  ask: OwnEventsAsk,
): Promise<Omit<OwnEvents, 'altered'>> {
  const found = nearest<AuditEvent & Moment>(ask)
  for await (const write of writesIn(lines)) {
    if (write.line.account?.tenant !== ask.tenant) continue
    if (!found.isInReach({ time: write.line.at, seq: write.line.seq })) continue
    const event = eventOf(write)
    if (isAskedFor(ask, namesIn(write, event.action))) found.add(event)
  }
  return found.taken()
}

/** The lines that may be about a tenant, as far as they are unaltered; counts the others in `read`. */
async function* unalteredLines(
  journal: Journal,
  ask: OwnEventsAsk,
  read: { altered: number },
  signal?: AbortSignal,
): AsyncGenerator<JournalLine> {
  const needle = Buffer.from(`"tenant":${JSON.stringify(ask.tenant)}`)
  // Times of the journal sort as text. To hash every line of a long journal would take seconds.
  const [since, until] = [ask.since.toISOString(), ask.until.toISOString()]
  const from = await positionBefore(journal, ask.since)
  for await (const { bytes, ended } of journal.lines({ from })) {
    signal?.throwIfAborted()
    // Searching the bytes first is far cheaper than parsing every line. A last line can be one that is being written.
    if (!ended || !bytes.includes(needle)) continue
    const line = readLine(bytes)
    const isInSpan = line && !(line.at < since || line.at > until)
    if (!line || (isInSpan && !isUnchanged(line, bytes))) read.altered += 1
    else yield line
  }
}

function eventOf({ line, end }: JournalledWrite): AuditEvent & Moment {
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
function actionOf({ line, end }: JournalledWrite): string {
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
function namesIn({ line, end }: JournalledWrite, action: string) {
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
