import type { JournalLine } from './events.ts'
import { callKey, endsWrite } from './query.ts'

/** One write, as far as the journal tells. */
export interface JournalledWrite {
  /** The line that began it, or the only one of a write that was not sent. */
  line: JournalLine
  /** Absent where the journal does not say how it ended, and where the write was not sent. */
  end?: JournalLine
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
