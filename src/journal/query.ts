import { sameText } from '../text/text.ts'
import { type JournalForm, type RawLine, startOf } from './backend.ts'
import { readLine } from './entry.ts'
import type { JournalLine } from './events.ts'
import { CLOCK_ERROR, type LineIndex } from './line-index.ts'
import { ofApproval, ofCall, type Term, termsOf } from './terms.ts'

/** The lines about one of the terms, or with one of the numbers, oldest first. */
type LineSource = (terms: readonly Term[], numbers: readonly number[]) => Promise<JournalLine[]>

/** Identifies the call of a line. Journals of before have references that clients chose, so the caller is a part of it. */
export const callKey = ({ caller, call }: Pick<JournalLine, 'caller' | 'call'>): string =>
  JSON.stringify([caller, call])

/**
 * The lines of the calls in `names` (a call's reference, an approval's id or a line number), and of every call of the same
 * caller that requested or used the same approvals. Oldest first. Throws `Unavailable` where one of them, or the line before
 * it, is not as it was written.
 */
export const linesAbout = (
  { index }: { index: LineIndex },
  names: readonly string[],
  signal?: AbortSignal,
): Promise<JournalLine[]> =>
  linesOf(async (terms, numbers) => {
    const found = new Map<number, JournalLine>()
    for await (const line of index.about(terms, signal && { signal })) found.set(line.seq, line)
    for await (const line of index.numbered(numbers, signal)) found.set(line.seq, line)
    return bySeq(found.values())
  }, names)

/** The same among lines that are already read. */
export const linesIn = (lines: readonly JournalLine[], names: readonly string[]): Promise<JournalLine[]> =>
  linesOf(
    async (terms, numbers) =>
      lines.filter(
        (line) => numbers.includes(line.seq) || termsOf(line).some((term) => terms.includes(term)),
      ),
    names,
  )

async function linesOf(source: LineSource, names: readonly string[]): Promise<JournalLine[]> {
  const numbers = names.filter((name) => /^[1-9]\d{0,14}$/.test(name)).map(Number)
  const named = await source([...names.map(ofCall), ...names.map(ofApproval)], numbers)
  const keys = new Set(named.map(callKey))
  const ofCalls = async (lines: readonly JournalLine[]) => {
    const calls = new Set(lines.map(({ call }) => ofCall(call)))
    return (await source([...calls], [])).filter((line) => keys.has(callKey(line)))
  }
  const own = await ofCalls(named)
  // Whoever names the approval of another caller has no part in it.
  const approvals = new Set(own.flatMap(approvalKeys))
  const ids = new Set(own.flatMap(({ approval }) => (approval ? [ofApproval(approval.id)] : [])))
  const related = (await source([...ids], [])).filter((line) =>
    approvalKeys(line).some((key) => approvals.has(key)),
  )
  for (const line of related) keys.add(callKey(line))
  return ofCalls([...own, ...related])
}

export const bySeq = (lines: Iterable<JournalLine>): JournalLine[] =>
  [...lines].toSorted((a, b) => a.seq - b.seq)

const approvalKeys = ({ caller, approval }: JournalLine): string[] =>
  approval ? [JSON.stringify([caller, approval.id])] : []

/** Whether a line records the end of the write that `started` began. A new account gets its id only then. */
export function endsWrite(
  started: Pick<JournalLine, 'call' | 'caller' | 'account'>,
  line: JournalLine,
): boolean {
  const { event, account } = line
  if (!['done', 'failed', 'unknown'].includes(event) || callKey(line) !== callKey(started)) return false
  const { tenant, id, userName } = started.account ?? {}
  if (tenant !== account?.tenant) return false
  if (id !== 'new') return id === account?.id
  // A run makes many in one call, and the name tells them apart. An app can give a single one another name.
  return !isOfRun(line) || sameText(userName, account?.userName)
}

const isOfRun = ({ call }: Pick<JournalLine, 'call'>): boolean => call.startsWith('run-')

/** The distance, in bytes of a file or lines of a stream, that is quicker read than halved. */
const NEAR = 1_000

/**
 * Two near positions of a journal, found by halving, since the times of the lines grow: the lines up to `low` are before what
 * is looked for, and those behind `high` are not.
 */
async function halved(
  journal: JournalForm,
  isBefore: (at: string) => boolean,
): Promise<{ low: number; high: number }> {
  const end = await journal.end()
  let low = startOf(end)
  let { position: high } = end
  while (high - low > NEAR) {
    const middle = Math.floor((low + high) / 2)
    const next = await firstWhole(journal, middle, high)
    // A line that goes beyond `high` is not seen here.
    if (!next) break
    if (isBefore(next.line.at)) low = next.behind
    else high = middle
  }
  return { low, high }
}

/** A position, between two lines, that has every line since `since` behind it, and few others, as far as clocks are right. */
export async function positionBefore(
  journal: JournalForm,
  since: Date,
  clockError = CLOCK_ERROR,
): Promise<number> {
  const earliest = new Date(Math.max(0, since.getTime() - clockError)).toISOString()
  return (await halved(journal, (at) => at < earliest)).low
}

/** A position that has every line up to `until` before it, and few others. */
async function positionAfter(journal: JournalForm, until: Date, clockError: number): Promise<number> {
  const latest = new Date(Math.min(MAX_TIME, until.getTime() + clockError)).toISOString()
  return (await halved(journal, (at) => at <= latest)).high
}

/** The last time that is written with four digits for the year. */
const MAX_TIME = Date.UTC(9999, 11, 31)

/** The numbers that the lines of a time span have, and few others; undefined when there are none. */
export async function numbersWithin(
  journal: JournalForm,
  { since, until }: { since: Date; until: Date },
  clockError: number,
): Promise<{ from: number; to?: number } | undefined> {
  const first = await firstWhole(journal, await positionBefore(journal, since, clockError))
  if (!first) return undefined
  const behind = await firstWhole(journal, await positionAfter(journal, until, clockError))
  return { from: first.line.seq, ...(behind && { to: behind.line.seq - 1 }) }
}

/** The last lines before a position, oldest first: at least `count` where there are as many, and few more are read. */
export async function lastBefore(journal: JournalForm, to: number, count: number): Promise<RawLine[]> {
  const start = startOf(await journal.end())
  // A position counts bytes or lines.
  for (let span = count + 1; ; span *= 8) {
    const from = Math.max(start, to - span)
    const lines: RawLine[] = []
    for await (const line of journal.lines({ from, to })) lines.push(line)
    // The first can be the end of a line that began before.
    const whole = from > start ? lines.slice(1) : lines
    if (whole.length >= count || from === start) return whole
  }
}

/** The first line behind a position that may be in the middle of one. */
async function firstWhole(journal: JournalForm, from: number, to?: number) {
  for await (const { bytes, ended, behind } of journal.lines({ from, ...(to !== undefined && { to }) })) {
    const line = ended ? readLine(bytes) : undefined
    if (line) return { line, behind }
  }
  return undefined
}
