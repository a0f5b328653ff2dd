import { isOfGroup, storyOf } from '../changes/index.ts'
import type { AuditEvent } from '../domain/account.ts'
import { type AuditFilter, isAskedFor } from '../domain/audit-filter.ts'
import { namesOfCaller, shortName } from '../domain/caller-names.ts'
import { Unavailable } from '../errors.ts'
import { isUnchanged, readLine } from '../journal/entry.ts'
import type { JournalLine } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import { numbersWithin, positionBefore } from '../journal/query.ts'
import { ofTenant } from '../journal/terms.ts'
import { endOf, type JournalledWrite, startOf, writesIn } from '../journal/writes.ts'
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
 * What this server did at a tenant, or tried to do, one event for each write. Reads the lines about the tenant from
 * where they are asked for, and no more of them than it takes. A line whose own hash is wrong tells nothing; `journal
 * verify` also finds lines that are missing.
 */
export async function ownEvents(
  journal: Journal,
  ask: OwnEventsAsk,
  signal?: AbortSignal,
): Promise<OwnEvents> {
  try {
    return { ...(await nearestEvents(journal, ask, signal)), altered: 0 }
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    // The index knows nothing of a journal that was altered; what is left of it is read all the same.
    const read = { altered: 0 }
    const events = await eventsIn(unalteredLines(journal, ask, read, signal), ask)
    return { ...events, ...read }
  }
}

/** The first events, by no more lines than it takes. */
async function nearestEvents(
  journal: Journal,
  ask: OwnEventsAsk,
  signal?: AbortSignal,
): Promise<Omit<OwnEvents, 'altered'>> {
  const { index } = journal
  const found = nearest<AuditEvent & Moment>(ask)
  await index.catchUp(signal)
  const clockError = await index.clockError()
  const numbers = await numbersWithin(journal, spanLeft(ask), clockError)
  if (!numbers) return found.taken()
  const newestFirst = ask.order === 'newest_first'
  const range = { ...numbers, newestFirst, ...(signal && { signal }) }
  for await (const lines of index.partsAbout(ofTenant(ask.tenant), range)) {
    for await (const part of writesIn(lines)) {
      const write = await withEnd(part, ask, index)
      const event = eventIn(write, ask, found.isInReach)
      if (event && !(await isToldByStart(write, ask, index))) found.add(event)
    }
    const edge = newestFirst ? lines[0] : lines.at(-1)
    if (edge && found.isEnough(nearestBehind(edge, ask.order, clockError))) break
  }
  return found.taken()
}

/** No line behind this one, as the lines are read, is nearer than this. */
const nearestBehind = ({ at }: JournalLine, order: OwnEventsAsk['order'], clockError: number): Moment =>
  order === 'newest_first'
    ? { time: new Date(Date.parse(at) + clockError).toISOString(), seq: Number.POSITIVE_INFINITY }
    : { time: new Date(Date.parse(at) - clockError).toISOString(), seq: -1 }

/** What is left of the time span behind the last event that was taken. */
function spanLeft({ since, until, order, behind }: OwnEventsAsk): { since: Date; until: Date } {
  const last = behind && Date.parse(behind.time)
  if (last === undefined) return { since, until }
  return order === 'newest_first'
    ? { since, until: new Date(Math.min(until.getTime(), last)) }
    : { since: new Date(Math.max(since.getTime(), last)), until }
}

/** A write with its end, which is perhaps in another part; one that began before the time span is told by its end. */
async function withEnd(
  write: JournalledWrite,
  { since }: OwnEventsAsk,
  index: Journal['index'],
): Promise<JournalledWrite> {
  const { line } = write
  if (line.event !== 'started') return write
  // An end in another part is told there.
  if (Date.parse(line.at) < since.getTime()) return write.end ? { line: write.end } : write
  const end = write.end ?? (await endOf(index, line))
  return end ? { line, end } : write
}

/** Whether this is the end of a write that is told by the line that began it, perhaps in another part. */
async function isToldByStart(
  { line }: JournalledWrite,
  { since }: OwnEventsAsk,
  index: Journal['index'],
): Promise<boolean> {
  const begun = line.event === 'started' ? undefined : await startOf(index, line)
  return begun !== undefined && Date.parse(begun.at) >= since.getTime()
}

/** The event of a write at the tenant that is in reach and asked for. */
function eventIn(
  write: JournalledWrite,
  ask: OwnEventsAsk,
  isInReach: (moment: Moment) => boolean,
): (AuditEvent & Moment) | undefined {
  const { at: time, seq, account } = write.line
  if (account?.tenant !== ask.tenant || !isInReach({ time, seq })) return undefined
  const event = eventOf(write)
  return isAskedFor(ask, namesIn(write, event.action)) ? event : undefined
}

/** The events in lines that are about the tenant. */
async function eventsIn(
  lines: AsyncIterable<JournalLine>,
  ask: OwnEventsAsk,
): Promise<Omit<OwnEvents, 'altered'>> {
  const found = nearest<AuditEvent & Moment>(ask)
  for await (const write of writesIn(lines)) {
    const event = eventIn(write, ask, found.isInReach)
    if (event) found.add(event)
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
  const target = plainText(end?.account?.userName ?? account?.userName ?? '', 320)
  return {
    id: `journal-${seq}`,
    time: new Date(at).toISOString(),
    actor: plainText(shortName(line)),
    action: actionOf({ line, ...(end && { end }) }),
    target,
    ...(isOfGroup(line) && { group: target }),
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
  const detail = event === 'done' ? storyOf(line.before) : code
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
