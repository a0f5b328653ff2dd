import type { JournalForm, JournalHead, RawLine } from './backend.ts'
import { isUnchanged, NO_LINE, readLine } from './entry.ts'
import type { JournalLine } from './events.ts'

export interface JournalFlaw {
  ok: false
  /** Number of the first bad line, from 1, as they stand. */
  line: number
  /** The number that this line gives itself, where it can be read. */
  seq?: number
  /** `lost`: all that is here is genuine, and says itself that its store lost entries. */
  problem: 'changed' | 'removed' | 'inserted' | 'malformed' | 'lost'
  explanation: string
}

/** `adopted`: lines that stood behind the recorded end, as after a crash, and were taken over later. */
export type JournalVerdict = { ok: true; lines: number; adopted?: JournalHead['adopted'] } | JournalFlaw

/**
 * Whether the journal is whole, from its first line to the recorded end, and if not, which line is the first bad one.
 * Reads it as it is at this moment, line by line; writers may go on meanwhile.
 */
export async function verifyJournal(form: JournalForm): Promise<JournalVerdict> {
  const { head, position } = await form.end()
  // Without a recorded end, the chain can at least be followed to its last line.
  const end: End = head ?? { seq: Number.POSITIVE_INFINITY, hash: '' }
  let place: Place = { number: 0, seq: 0, hash: NO_LINE, prev: '' }
  let loss: JournalFlaw | undefined
  let found: Found | undefined
  const passOver = (one: Found, next?: Found) => {
    if (place.number === 0) place = before(one, place)
    const flaw = judge(one, place, next, end)
    place = behind(one, place)
    if (!flaw && one.line?.event === 'lost') loss ??= lostWith(one.line, place)
    return flaw
  }
  for await (const raw of form.lines({ to: position })) {
    const next = look(raw)
    const flaw = found && passOver(found, next)
    if (flaw) return flaw
    found = next
  }
  const flaw = found && passOver(found)
  if (flaw) return flaw
  const lines = place.number
  if (!head) return lines === 0 ? { ok: true, lines } : unknownJournal(lines)
  if (place.seq < head.seq) return missingEnd(lines, head)
  return loss ?? { ok: true, lines, ...(head.adopted && { adopted: head.adopted }) }
}

/** What a line of the file says, and whether its own hash agrees; no line when it is none. */
interface Found {
  line?: JournalLine
  unchanged: boolean
  ended: boolean
}

/** How far the chain has been followed: the line of that number, which is entry `seq`, was good. */
type Place = { number: number } & Pick<JournalLine, 'seq' | 'hash' | 'prev'>

type End = Pick<JournalHead, 'seq' | 'hash'>

function look({ bytes, ended }: RawLine): Found {
  const line = readLine(bytes)
  return line ? { line, unchanged: isUnchanged(line, bytes), ended } : { unchanged: false, ended }
}

/** Where the chain begins: with entry 1, or behind those that were lost, when the first that is left says so. */
const before = ({ line, unchanged }: Found, place: Place): Place =>
  line?.event === 'lost' && unchanged && line.seq > 1
    ? { ...place, seq: line.seq - 1, hash: line.prev }
    : place

const behind = ({ line }: Found, place: Place): Place => ({ ...place, ...line, number: place.number + 1 })

/** What is wrong with the line behind `place`; the line after it tells one that was put in from one that was changed. */
function judge(found: Found, place: Place, next: Found | undefined, end: End): JournalFlaw | undefined {
  const number = place.number + 1
  const due = place.seq + 1
  const belongs = (other: Found | undefined) =>
    due <= end.seq &&
    other?.unchanged === true &&
    other.line?.seq === due &&
    other.line.prev === place.hash &&
    (due !== end.seq || other.line.hash === end.hash)
  if (found.ended && belongs(found)) return undefined

  const { line, unchanged, ended } = found
  const flaw = (problem: JournalFlaw['problem'], explanation: string): JournalFlaw => ({
    ok: false,
    line: number,
    ...(line && { seq: line.seq }),
    problem,
    explanation,
  })
  if (!ended) {
    return flaw(
      'malformed',
      `The file ends in the middle of line ${number}, as a crash can leave it, or a cut.`,
    )
  }
  if (!line) return flaw('malformed', `Line ${number} is not an entry of this journal.`)
  if (belongs(next)) {
    return flaw('inserted', `Line ${number} was put in: the line that belongs here comes behind it.`)
  }
  if (!unchanged) {
    return flaw('changed', `Line ${number} does not match its own hash: it was changed after it was written.`)
  }
  if (due > end.seq) return flaw('inserted', beyond(number, end))
  if (line.seq > due) {
    const missing = line.seq === due + 1 ? `Entry ${due} is` : `Entries ${due} to ${line.seq - 1} are`
    return flaw('removed', `${missing} missing from this place.`)
  }
  return judgeRewritten(line, place, next, end)
}

/** A line whose own hash is right and whose chain is not: it, or the line before it, was made up afterwards. */
function judgeRewritten(
  line: JournalLine,
  place: Place,
  next: Found | undefined,
  end: End,
): JournalFlaw | undefined {
  const number = place.number + 1
  // Its chain goes on, so it is the line before that does not belong.
  const genuine = next ? next.line?.prev === line.hash : end.hash === line.hash
  const earlier = { ok: false, line: place.number, seq: place.seq } as const
  const here = { ok: false, line: number, seq: line.seq } as const
  if (line.seq <= place.seq) {
    const rival = line.seq === place.seq && line.prev === place.prev && line.hash !== place.hash
    const explanation = `gives itself the number ${line.seq}, which another line has, and does not belong here.`
    return rival && genuine
      ? { ...earlier, problem: 'inserted', explanation: `Line ${place.number} ${explanation}` }
      : { ...here, problem: 'inserted', explanation: `Line ${number} ${explanation}` }
  }
  const rewritten = 'this line, and perhaps lines before it, were rewritten and given new hashes.'
  if (line.prev !== place.hash && genuine && place.number > 0) {
    const explanation = `Line ${number} was not written after line ${place.number} as it stands: ${rewritten}`
    return { ...earlier, problem: 'changed', explanation }
  }
  const explanation =
    line.prev === place.hash
      ? `Line ${number} is not the one that the server recorded there: ${rewritten}`
      : `Line ${number} is not chained to the line before it: it was rewritten.`
  return { ...here, problem: 'changed', explanation }
}

const beyond = (number: number, end: End) =>
  `The server recorded ${end.seq} entries, and the file goes on with line ${number}. A crash in the middle of writing ` +
  'can leave one such line, which the next entry then takes over; anything else was put in.'

function missingEnd(lines: number, end: End): JournalFlaw {
  const rest = lines === 0 ? 'the file is missing or empty' : `the file ends after line ${lines}`
  const explanation = `The server recorded ${end.seq} entries; ${rest}.`
  return { ok: false, line: lines + 1, problem: 'removed', explanation }
}

const lostWith = ({ seq, note }: JournalLine, { number }: Place): JournalFlaw => ({
  ok: false,
  line: number,
  seq,
  problem: 'lost',
  explanation: `${note ?? 'Entries were lost.'} All that are here follow one another.`,
})

const unknownJournal = (lines: number): JournalFlaw => ({
  ok: false,
  line: 1,
  seq: 1,
  problem: 'inserted',
  explanation:
    `The ${lines} lines follow one another, but the store of this server knows nothing of them, as when the store was ` +
    'lost or is another one: nobody can tell whether this is the original, or whether lines at its end are missing.',
})
