import type { JournalLine } from './events.ts'
import type { LineIndex } from './line-index.ts'
import { callKey, endsWrite } from './query.ts'
import { ofCall, ofSubject, type Term } from './terms.ts'

/** One write, as far as the journal tells. */
export interface JournalledWrite {
  /** The line that began it, or the only one of a write that was not sent. */
  line: JournalLine
  /** Absent where the journal does not say how it ended, and where the write was not sent. */
  end?: JournalLine
}

/** Numbers of lines within which a write ends that waits for no person. */
const NEAR = 1_000

/** The line that ended a write which this one began; undefined where the journal has none. */
export async function endOf(index: LineIndex, started: JournalLine): Promise<JournalLine | undefined> {
  const { account, call, seq } = started
  if (!account) return undefined
  const term = account.id === 'new' ? ofCall(call) : ofSubject(account)
  for await (const { line, end } of writesIn(index.about([term], { from: seq }))) {
    if (line.seq === seq) return end
  }
  return undefined
}

/** The line that began a write which this one ended; undefined where the journal has none. */
export async function startOf(index: LineIndex, ended: JournalLine): Promise<JournalLine | undefined> {
  const { account, call, seq } = ended
  if (!account) return undefined
  const begun = async (terms: readonly Term[], from: number) => {
    for await (const { line, end } of writesIn(index.about(terms, { from }))) {
      if (end?.seq === seq) return line
      if (line.seq === seq) return undefined
    }
    return undefined
  }
  const own = ofSubject(account)
  const near = Math.max(0, seq - NEAR)
  return (
    (await begun([own], near)) ??
    // A new account had no id yet.
    (await begun([own, ofCall(call)], near)) ??
    (near > 0 ? begun([own], 0) : undefined)
  )
}

// The others are about requests, which have not written anything.
const OF_WRITES: readonly JournalLine['event'][] = ['started', 'done', 'failed', 'unknown']

/** The writes in lines that are oldest first, each as soon as it has ended; those without an end come last. */
export async function* writesIn(
  lines: AsyncIterable<JournalLine> | Iterable<JournalLine>,
): AsyncGenerator<JournalledWrite> {
  const open = new Map<string, JournalLine[]>()
  for await (const line of lines) {
    if (!line.account || !OF_WRITES.includes(line.event)) continue
    const key = callKey(line)
    const started = open.get(key) ?? []
    if (line.event === 'started') {
      open.set(key, [...started, line])
      continue
    }
    const begun = started.find((one) => endsWrite(one, line))
    const left = started.filter((one) => one !== begun)
    if (left.length > 0) open.set(key, left)
    else open.delete(key)
    yield begun ? { line: begun, end: line } : { line }
  }
  for (const line of [...open.values()].flat()) yield { line }
}
