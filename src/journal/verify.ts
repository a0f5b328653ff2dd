import type { JournalForm, JournalHead, RawLine } from './backend.ts'
import { isUnchanged, NO_LINE, readLine } from './entry.ts'
import type { JournalLine } from './events.ts'

interface JournalFlaw {
  ok: false
  /** Position of the first bad line in the file, from 1. */
  line: number
  /** The line's own number, when it can be read. */
  seq?: number
  /** `lost`: all lines are genuine, and one records that the store lost entries. */
  problem: 'changed' | 'removed' | 'inserted' | 'malformed' | 'lost'
  explanation: string
}

/**
 * `adopted`: lines after the recorded end, as a crash leaves them, that were adopted later. `elsewhere`: entries of segments that
 * are kept elsewhere; the chain begins with the hash of their last.
 */
export type JournalVerdict =
  | { ok: true; lines: number; adopted?: JournalHead['adopted']; elsewhere?: { from: number; to: number } }
  | JournalFlaw

/**
 * Whether the journal is intact from its first line to the recorded end, and if not, which line is the first bad one.
 * Reads the current journal line by line; writers can continue meanwhile.
 */
export async function verifyJournal(form: JournalForm): Promise<JournalVerdict> {
  const { head, position, begins } = await form.end()
  // Without a recorded end, the chain can still be followed to its last line.
  const end: RecordedEnd = head ?? { seq: Number.POSITIVE_INFINITY, hash: '' }
  let place: ChainPosition = { number: 0, seq: begins?.to ?? 0, hash: begins?.hash ?? NO_LINE, prev: '' }
  let loss: JournalFlaw | undefined
  let found: ParsedLine | undefined
  const advance = (one: ParsedLine, next?: ParsedLine) => {
    if (place.number === 0 && !begins) place = firstOf(one, place)
    const flaw = flawOf(one, place, next, end)
    place = advanced(one, place)
    if (!flaw && one.line?.event === 'lost') loss ??= lossFlaw(one.line, place)
    return flaw
  }
  for await (const raw of form.lines({ to: position })) {
    const next = parseLine(raw)
    const flaw = found && advance(found, next)
    if (flaw) return flaw
    found = next
  }
  const flaw = found && advance(found)
  if (flaw) return flaw
  const lines = place.number
  if (!head) return lines === 0 ? { ok: true, lines } : unknownJournal(lines)
  if (place.seq < head.seq) return missingEnd(lines, head)
  return (
    loss ?? {
      ok: true,
      lines,
      ...(head.adopted && { adopted: head.adopted }),
      ...(begins && { elsewhere: { from: head.segments?.[0]?.from ?? 1, to: begins.to } }),
    }
  )
}

/** A parsed line, and whether its own hash matches; `line` is absent when it cannot be parsed. */
interface ParsedLine {
  line?: JournalLine
  unchanged: boolean
  ended: boolean
}

/** The last good line: its position in the file, and entry `seq`. */
type ChainPosition = { number: number } & Pick<JournalLine, 'seq' | 'hash' | 'prev'>

type RecordedEnd = Pick<JournalHead, 'seq' | 'hash'>

function parseLine({ bytes, ended }: RawLine): ParsedLine {
  const line = readLine(bytes)
  return line ? { line, unchanged: isUnchanged(line, bytes), ended } : { unchanged: false, ended }
}

/** The start of the chain: entry 1, or after the lost entries that the first line records. */
const firstOf = ({ line, unchanged }: ParsedLine, place: ChainPosition): ChainPosition =>
  line?.event === 'lost' && unchanged && line.seq > 1
    ? { ...place, seq: line.seq - 1, hash: line.prev }
    : place

const advanced = ({ line }: ParsedLine, place: ChainPosition): ChainPosition => ({
  ...place,
  ...line,
  number: place.number + 1,
})

/** What is wrong with the line after `place`. The line after that tells an inserted line from a changed one. */
function flawOf(
  found: ParsedLine,
  place: ChainPosition,
  next: ParsedLine | undefined,
  end: RecordedEnd,
): JournalFlaw | undefined {
  const number = place.number + 1
  const expected = place.seq + 1
  const isExpected = (other: ParsedLine | undefined) =>
    expected <= end.seq &&
    other?.unchanged === true &&
    other.line?.seq === expected &&
    other.line.prev === place.hash &&
    (expected !== end.seq || other.line.hash === end.hash)
  if (found.ended && isExpected(found)) return undefined

  const { line, unchanged, ended } = found
  const flaw = (problem: JournalFlaw['problem'], explanation: string): JournalFlaw => ({
    ok: false,
    line: number,
    ...(line && { seq: line.seq }),
    problem,
    explanation,
  })
  if (!ended) {
    return flaw('malformed', `The file ends in the middle of line ${number}, because of a crash or a cut.`)
  }
  if (!line) return flaw('malformed', `Line ${number} is not an entry of this journal.`)
  if (isExpected(next)) {
    return flaw('inserted', `Line ${number} was inserted: the line that belongs here comes after it.`)
  }
  if (!unchanged) {
    return flaw('changed', `Line ${number} does not match its own hash: it was changed after it was written.`)
  }
  if (expected > end.seq) return flaw('inserted', beyondEnd(number, end))
  if (line.seq > expected) {
    const missing =
      line.seq === expected + 1 ? `Entry ${expected} is` : `Entries ${expected} to ${line.seq - 1} are`
    return flaw('removed', `${missing} missing here.`)
  }
  return flawOfRewritten(line, place, next, end)
}

/** For a line with a valid hash but a broken chain: this line, or the one before it, was forged. */
function flawOfRewritten(
  line: JournalLine,
  place: ChainPosition,
  next: ParsedLine | undefined,
  end: RecordedEnd,
): JournalFlaw | undefined {
  const number = place.number + 1
  // The next line continues from this one, so the line before is the one that does not belong.
  const genuine = next ? next.line?.prev === line.hash : end.hash === line.hash
  const earlier = { ok: false, line: place.number, seq: place.seq } as const
  const here = { ok: false, line: number, seq: line.seq } as const
  if (line.seq <= place.seq) {
    const rival = line.seq === place.seq && line.prev === place.prev && line.hash !== place.hash
    const explanation = `has the number ${line.seq}, which another line already has, and does not belong here.`
    return rival && genuine
      ? { ...earlier, problem: 'inserted', explanation: `Line ${place.number} ${explanation}` }
      : { ...here, problem: 'inserted', explanation: `Line ${number} ${explanation}` }
  }
  const rewritten = 'this line, and maybe lines before it, were rewritten with new hashes.'
  if (line.prev !== place.hash && genuine && place.number > 0) {
    const explanation = `Line ${number} was not written after the current line ${place.number}: ${rewritten}`
    return { ...earlier, problem: 'changed', explanation }
  }
  const explanation =
    line.prev === place.hash
      ? `Line ${number} is not the one that the server recorded: ${rewritten}`
      : `Line ${number} is not chained to the line before it: it was rewritten.`
  return { ...here, problem: 'changed', explanation }
}

const beyondEnd = (number: number, end: RecordedEnd) =>
  `The server recorded ${end.seq} entries, and the file continues with line ${number}. A crash during a write can leave ` +
  'one such line, which the next write adopts; anything else was inserted.'

function missingEnd(lines: number, end: RecordedEnd): JournalFlaw {
  const rest = lines === 0 ? 'the file is missing or empty' : `the file ends after line ${lines}`
  const explanation = `The server recorded ${end.seq} entries; ${rest}.`
  return { ok: false, line: lines + 1, problem: 'removed', explanation }
}

const lossFlaw = ({ seq, note }: JournalLine, { number }: ChainPosition): JournalFlaw => ({
  ok: false,
  line: number,
  seq,
  problem: 'lost',
  explanation: `${note ?? 'Entries were lost.'} All remaining entries form one chain.`,
})

const unknownJournal = (lines: number): JournalFlaw => ({
  ok: false,
  line: 1,
  seq: 1,
  problem: 'inserted',
  explanation:
    `The ${lines} lines form one chain, but the store of this server has no record of them: it was lost, or it is a ` +
    'different store. So it is unknown whether this is the original, and whether lines at its end are missing.',
})
