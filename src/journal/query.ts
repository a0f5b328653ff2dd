import { Unavailable } from '../errors.ts'
import type { JournalForm } from './backend.ts'
import { isUnchanged, readLine } from './entry.ts'
import type { JournalLine } from './events.ts'

/** Returns lines of a journal, at least all that contain one of the words. */
type LineSource = (words: readonly string[]) => AsyncIterable<JournalLine> | Iterable<JournalLine>

/** Identifies the call of a line. Journals of before have references that clients chose, so the caller is a part of it. */
export const callKey = ({ caller, call }: Pick<JournalLine, 'caller' | 'call'>): string =>
  JSON.stringify([caller, call])

/**
 * The lines of the calls in `names` (a call's reference, an approval's id or a line number), and of every call of the same
 * caller that requested or used the same approvals. Oldest first. Throws `Unavailable` where one of them, or a line next to
 * it, is not as it was written.
 */
export const linesAbout = (journal: JournalForm, names: readonly string[]): Promise<JournalLine[]> =>
  linesIn((words) => linesContaining(journal, words), names)

/** The same for lines from any source. */
export async function linesIn(source: LineSource, names: readonly string[]): Promise<JournalLine[]> {
  const calls = new Set<string>()
  const keys = new Set<string>()
  const words = [...names.map((name) => JSON.stringify(name)), ...names.map((name) => `"seq":${name},`)]
  const add = (line: JournalLine) => {
    keys.add(callKey(line))
    calls.add(line.call)
  }
  for await (const line of source(words)) {
    const { call, approval, seq } = line
    if ([call, approval?.id, String(seq)].some((name) => name !== undefined && names.includes(name)))
      add(line)
  }
  const ofCalls = async () => {
    const lines: JournalLine[] = []
    for await (const line of source(quoted(calls))) if (keys.has(callKey(line))) lines.push(line)
    return lines
  }
  const approvals = new Set((await ofCalls()).flatMap(approvalKeys))
  const ids = new Set([...approvals].map((key) => (JSON.parse(key) as [string, string])[1]))
  for await (const line of source(quoted(ids))) {
    if (approvalKeys(line).some((key) => approvals.has(key))) add(line)
  }
  return ofCalls()
}

/** Whoever names the approval of another caller has no part in it. */
const approvalKeys = ({ caller, approval }: JournalLine): string[] =>
  approval ? [JSON.stringify([caller, approval.id])] : []

/** Whether a line records the end of the write that `started` began. A new account gets its id only then. */
export function endsWrite(
  started: Pick<JournalLine, 'call' | 'caller' | 'account'>,
  line: JournalLine,
): boolean {
  const { event, account } = line
  if (!['done', 'failed', 'unknown'].includes(event) || callKey(line) !== callKey(started)) return false
  const { tenant, id } = started.account ?? {}
  return tenant === account?.tenant && (id === account?.id || id === 'new')
}

const quoted = (names: ReadonlySet<string>) => [...names].map((name) => JSON.stringify(name))

/**
 * The lines that contain one of the words, each unchanged and chained to its neighbours. Searching the bytes first is far
 * cheaper than parsing every line.
 */
async function* linesContaining(journal: JournalForm, words: readonly string[]): AsyncGenerator<JournalLine> {
  if (words.length === 0) return
  const needles = words.map((word) => Buffer.from(word))
  let before: Buffer | undefined
  let found: JournalLine | undefined
  for await (const { bytes, ended } of journal.lines()) {
    // A crash can leave a part of a line at the end.
    if (!ended) return
    if (found && intact(bytes).prev !== found.hash) throw notIntact()
    found = undefined
    if (needles.some((needle) => bytes.includes(needle))) {
      found = intact(bytes)
      if (before ? intact(before).hash !== found.prev : firstNumber(found) !== found.seq) throw notIntact()
      yield found
    }
    before = bytes
  }
}

/** The line in these bytes. Throws `Unavailable` unless it is as it was written. */
function intact(bytes: Buffer): JournalLine {
  const line = readLine(bytes)
  if (!line || !isUnchanged(line, bytes)) throw notIntact()
  return line
}

/**
 * The lines from number `first` to the recorded end, each unchanged and chained to the one before. Throws `Unavailable` at
 * the first bad line, and when the end is missing: the caller must then discard what it got.
 */
export async function* chainedFrom(journal: JournalForm, first: number): AsyncGenerator<JournalLine> {
  const { head, position } = await journal.end()
  let expected = 0
  let last: JournalLine | undefined
  for await (const { bytes } of journal.lines({ to: position })) {
    expected = expected === 0 ? firstNumber(readLine(bytes)) : expected + 1
    // After the recorded end there is at most what a crash left.
    if (!head || expected > head.seq) break
    if (expected < first) continue
    const line = readLine(bytes)
    const follows = line?.seq === expected && (!last || line.prev === last.hash)
    if (!line || !follows || !isUnchanged(line, bytes)) throw notIntact()
    last = line
    yield line
  }
  if (!head || last?.hash !== head.hash) throw notIntact()
}

/** A journal begins with entry 1, or after those that its store lost. */
const firstNumber = (line: JournalLine | undefined): number => (line?.event === 'lost' ? line.seq : 1)

const notIntact = () =>
  new Unavailable(
    'The journal is not intact, so nothing is read from it.',
    'Ask the person who runs this server to run `identity-mcp journal verify`.',
  )

/** How wrong the clock of a server is taken to be at most, in milliseconds. */
const CLOCK_ERROR = 24 * 60 * 60 * 1_000
/** The distance, in bytes of a file or lines of a stream, that is quicker read than halved. */
const NEAR = 1_000

/**
 * A position, between two lines, that has every line since `since` behind it, and few others: a long journal is then not
 * read from its beginning. Found by halving, since the times of the lines grow, as far as clocks are right.
 */
export async function positionBefore(journal: JournalForm, since: Date): Promise<number> {
  const earliest = new Date(Math.max(0, since.getTime() - CLOCK_ERROR)).toISOString()
  let low = 0
  let { position: high } = await journal.end()
  while (high - low > NEAR) {
    const middle = Math.floor((low + high) / 2)
    const next = await firstWhole(journal, middle, high)
    if (next && next.line.at < earliest) low = next.behind
    else high = middle
  }
  return low
}

/**
 * The number of a line that was written well before `line`. Whatever belongs to the same call lies behind it, so a chain that
 * is checked from there shows what was altered to look as if it did not.
 */
export async function numberWellBefore(journal: JournalForm, line: JournalLine): Promise<number> {
  const from = await positionBefore(journal, new Date(line.at))
  const { position: to } = await journal.end()
  const found = await firstWhole(journal, from, to)
  return Math.min(line.seq, found?.line.seq ?? 1)
}

/** The first line behind a position that may be in the middle of one. */
async function firstWhole(journal: JournalForm, from: number, to: number) {
  for await (const { bytes, ended, behind } of journal.lines({ from, to })) {
    const line = ended ? readLine(bytes) : undefined
    if (line) return { line, behind }
  }
  return undefined
}
