import { Unavailable } from '../errors.ts'
import type { JournalForm } from './backend.ts'
import { isUnchanged, readLine } from './entry.ts'
import type { JournalLine } from './events.ts'

/** Lines of a journal, at least all those in whose text one of the words stands. */
type Mentioning = (words: readonly string[]) => AsyncIterable<JournalLine> | Iterable<JournalLine>

/**
 * The lines of the call that `names` name, by its reference, an approval's id or the number of a line, and of every
 * call that asked for or used the same approvals; oldest first, as they stand.
 */
export const linesAbout = (journal: JournalForm, names: readonly string[]): Promise<JournalLine[]> =>
  linesIn((words) => mentioning(journal, words), names)

/** The same among lines from elsewhere. */
export async function linesIn(source: Mentioning, names: readonly string[]): Promise<JournalLine[]> {
  const calls = new Set<string>()
  const words = [...names.map((name) => JSON.stringify(name)), ...names.map((name) => `"seq":${name},`)]
  for await (const { call, approval, seq } of source(words)) {
    if ([call, approval?.id, String(seq)].some((name) => name !== undefined && names.includes(name))) {
      calls.add(call)
    }
  }
  const ofCalls = async () => {
    const lines: JournalLine[] = []
    for await (const line of source(quoted(calls))) if (calls.has(line.call)) lines.push(line)
    return lines
  }
  const approvals = new Set((await ofCalls()).flatMap(({ approval }) => approval?.id ?? []))
  for await (const { call, approval } of source(quoted(approvals))) {
    if (approval && approvals.has(approval.id)) calls.add(call)
  }
  return ofCalls()
}

/** Whether `line` tells how the write ended that `started` began; what is made gets its id only then. */
export function endsWrite(
  started: Pick<JournalLine, 'call' | 'account'>,
  { event, call, account }: JournalLine,
): boolean {
  if (!['done', 'failed', 'unknown'].includes(event) || call !== started.call) return false
  const { tenant, id } = started.account ?? {}
  return tenant === account?.tenant && (id === account?.id || id === 'new')
}

const quoted = (names: ReadonlySet<string>) => [...names].map((name) => JSON.stringify(name))

/** The lines in whose text one of the words stands; to look for it first costs far less than to read every line. */
async function* mentioning(journal: JournalForm, words: readonly string[]): AsyncGenerator<JournalLine> {
  if (words.length === 0) return
  const needles = words.map((word) => Buffer.from(word))
  for await (const { bytes, ended } of journal.lines()) {
    if (!ended || !needles.some((needle) => bytes.includes(needle))) continue
    const line = readLine(bytes)
    if (line) yield line
  }
}

/**
 * The lines from number `first` to the recorded end, each as it was written and chained to the one before. Throws
 * `Unavailable` at the first that is not, and when the end is missing: what came until then counts for nothing.
 */
export async function* chainedFrom(journal: JournalForm, first: number): AsyncGenerator<JournalLine> {
  const { head, position } = await journal.end()
  let due = 0
  let last: JournalLine | undefined
  for await (const { bytes } of journal.lines({ to: position })) {
    due = due === 0 ? numberOfFirst(readLine(bytes)) : due + 1
    // Behind the recorded end stands at most what a crash has left.
    if (!head || due > head.seq) break
    if (due < first) continue
    const line = readLine(bytes)
    const follows = line?.seq === due && (!last || line.prev === last.hash)
    if (!line || !follows || !isUnchanged(line, bytes)) throw notWhole()
    last = line
    yield line
  }
  if (!head || last?.hash !== head.hash) throw notWhole()
}

/** A journal begins with entry 1, or behind those that its store has lost. */
const numberOfFirst = (line: JournalLine | undefined): number => (line?.event === 'lost' ? line.seq : 1)

const notWhole = () =>
  new Unavailable(
    'The journal is not whole, so nothing is taken from it.',
    'Ask the person who runs this server to run `identity-mcp journal verify`.',
  )
