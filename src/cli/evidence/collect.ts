import { storyOf } from '../../changes/index.ts'
import { NotFound } from '../../errors.ts'
import type { JournalLine } from '../../journal/events.ts'
import type { Journal } from '../../journal/journal.ts'
import { bySeq, callKey } from '../../journal/query.ts'
import { membersIn, ofApproval, ofCall, ofSubject, type Term } from '../../journal/terms.ts'
import { type JournalledWrite, writesIn } from '../../journal/writes.ts'
import { type EvidenceAsk, linesElsewhere, type Subjects, subjectsOf } from './subjects.ts'

/** One write to an account, or one that was not sent, with all that the journal has about how it came to it. */
export interface Write {
  /** As asked for, else the address of the account before the write. */
  person: string
  account: { tenant: string; id: string; userName: string }
  operation: string
  /** The group that the account came into or left. */
  group?: { id: string; name: string; became: 'in' | 'out' }
  call: string
  tool: string
  /** The first line of the request, whoever's call it was in. */
  asked: JournalLine
  /** Every yes to it. */
  approved: JournalLine[]
  /** Absent where it was not sent. */
  started?: JournalLine
  /** Absent where the journal does not say how it ended. */
  end?: JournalLine
  /** The state before, in words. */
  before?: string
}

/** How many accounts are looked up in the index of the journal at a time. */
const SUBJECTS_AT_ONCE = 100

/**
 * Everything that was written to the accounts of these people, and to the groups that they came into or left, oldest first.
 * Only lines that are as they were written count; throws `Unavailable` where the journal is not, and `NotFound` where it has
 * nothing about them.
 */
export async function writesAbout(journal: Journal, ask: EvidenceAsk): Promise<Write[]> {
  const subjects = await subjectsOf(journal, ask)
  if (subjects.size === 0) throw new NotFound('The journal has no change of these accounts.', NOBODY)
  const lines = await about(journal, [...subjects.keys()])
  const elsewhere = await linesElsewhere(journal, subjects, ask, lines)
  for await (const line of journal.index.numbered(elsewhere)) lines.push(line)
  const requestOf = requests(journal)
  const writes: Write[] = []
  for await (const write of writesIn(bySeq(new Map(lines.map((line) => [line.seq, line])).values()))) {
    const { line, end } = write
    // What was not sent has an end alone.
    const isWrite = line.event === 'started' || line.event === 'failed'
    if (!isWrite || !isWithin(line.at, ask)) continue
    const isSent = line.event === 'started'
    const story = {
      ...{ call: line.call, tool: line.tool, ...(await requestOf(line)) },
      ...(isSent ? { started: line, ...(end && { end }) } : { end: line }),
    }
    for (const { account, ...more } of concernedBy(write, subjects)) {
      const person = ask.person ?? subjects.get(ofSubject(account))?.address ?? account.userName
      writes.push({ person, account, operation: line.before?.operation ?? line.tool, ...more, ...story })
    }
  }
  return writes.sort((a, b) => seqOf(a) - seqOf(b))
}

/** The accounts among these that a write concerned, with what they were like before. */
function concernedBy(
  { line, end }: JournalledWrite,
  subjects: Subjects,
): Pick<Write, 'account' | 'group' | 'before'>[] {
  const { account, before } = line
  if (!account) return []
  const members = membersIn(line)
  if (members.length === 0) {
    const story = storyOf(before)
    // A new account has its id only when it is made.
    const made = account.id === 'new' ? end?.account : undefined
    return [{ account: made ?? account, ...(story && { before: story }) }]
  }
  return members.flatMap(({ id, userName, was, became }) => {
    const member = { tenant: account.tenant, id, userName }
    if (!subjects.has(ofSubject(member))) return []
    const group = { id: account.id, name: account.userName, became: became === 'out' ? 'out' : 'in' } as const
    return [{ account: member, group, ...(was !== undefined && { before: `it was ${was}` }) }]
  })
}

const NOBODY = 'Check the spelling and the time span, or see `journal tail`.'
export const seqOf = ({ started, end }: Pick<Write, 'started' | 'end'>): number =>
  (started ?? end)?.seq ?? Number.POSITIVE_INFINITY

async function about({ index }: Journal, terms: readonly Term[]): Promise<JournalLine[]> {
  const lines = new Map<number, JournalLine>()
  for (let at = 0; at < terms.length; at += SUBJECTS_AT_ONCE) {
    for await (const line of index.about(terms.slice(at, at + SUBJECTS_AT_ONCE))) lines.set(line.seq, line)
  }
  return [...lines.values()].sort((a, b) => a.seq - b.seq)
}

const isWithin = (at: string, { from, to }: EvidenceAsk): boolean =>
  !(from && Date.parse(at) < from.getTime()) && !(to && Date.parse(at) > to.getTime())

/** How a write was asked for and agreed to. The lines of a run, and of its approval, are read once. */
function requests(journal: Journal): (line: JournalLine) => Promise<Pick<Write, 'asked' | 'approved'>> {
  const known = new Map<string, Promise<JournalLine[]>>()
  const linesOf = (term: Term) => {
    const lines = known.get(term) ?? about(journal, [term]).then((all) => all.filter(isOfRequest))
    known.set(term, lines)
    return lines
  }
  return async (line) => {
    const { approval, caller } = line
    const related = [
      ...(await linesOf(ofCall(line.call))),
      ...(approval ? await linesOf(ofApproval(approval.id)) : []),
    ].filter((one) => one.caller === caller)
    const earlier = related.filter(({ seq }) => seq <= line.seq).sort((a, b) => a.seq - b.seq)
    const approved = earlier.filter(
      (one) =>
        one.event === 'approved' &&
        (approval ? one.approval?.id === approval.id : callKey(one) === callKey(line)),
    )
    return {
      asked: earlier[0] ?? line,
      approved: [...new Map(approved.map((one) => [one.seq, one])).values()],
    }
  }
}

/** Lines that are about a request and about no account. */
const isOfRequest = ({ event, account }: JournalLine): boolean =>
  !account && (event === 'asked' || event === 'approved')
