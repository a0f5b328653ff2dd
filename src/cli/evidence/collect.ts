import { recalled } from '../../changes/index.ts'
import type { Account } from '../../domain/account.ts'
import { emailsOf } from '../../domain/correlate.ts'
import { NotFound } from '../../errors.ts'
import type { JournalLine } from '../../journal/events.ts'
import type { Journal } from '../../journal/journal.ts'
import { callKey, endsWrite } from '../../journal/query.ts'
import { ofApproval, ofCall, ofSubject, type Term } from '../../journal/terms.ts'
import { sameText } from '../../text/text.ts'

/** Whom the evidence is about: one person, or everybody who lost access in a span. */
export interface EvidenceAsk {
  person?: string | undefined
  from?: Date | undefined
  to?: Date | undefined
}

/** One write to an account, or one that was not sent, with all that the journal has about how it came to it. */
export interface Write {
  /** As asked for, else the address of the account before the write. */
  person: string
  account: { tenant: string; id: string; userName: string }
  operation: string
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

/** What takes access away from somebody. */
const TAKES: ReadonlySet<string> = new Set(['endSessions', 'deactivateAccount', 'deleteAccount'])
export const takesAccess = ({ operation }: Pick<Write, 'operation'>): boolean => TAKES.has(operation)

/** How many accounts are looked up in the index of the journal at a time. */
const SUBJECTS_AT_ONCE = 100

/**
 * Everything that was written to the accounts of these people, oldest first. Only lines that are as they were written
 * count; throws `Unavailable` where the journal is not, and `NotFound` where it has nothing about them.
 */
export async function writesAbout(journal: Journal, ask: EvidenceAsk): Promise<Write[]> {
  const subjects = await subjectsOf(journal, ask)
  if (subjects.size === 0) throw new NotFound('The journal has no change of these accounts.', NOBODY)
  const lines = await about(journal, [...subjects.keys()])
  const inSpan = ({ at }: JournalLine) => isWithin(at, ask)
  const ends = lines.filter(({ event }) => ['done', 'failed', 'unknown'].includes(event))
  const started = lines.filter(({ event }) => event === 'started')
  const taken = new Set<JournalLine>()
  const pairs: { started?: JournalLine; end?: JournalLine }[] = started.map((line) => {
    const end = ends.find((one) => !taken.has(one) && one.seq > line.seq && endsWrite(line, one))
    if (end) taken.add(end)
    return { started: line, ...(end && { end }) }
  })
  // What was not sent has an end alone.
  for (const end of ends) if (!taken.has(end) && end.event === 'failed') pairs.push({ end })
  const storyOf = requests(journal)
  const writes: Write[] = []
  for (const { started: begun, end } of pairs) {
    const line = begun ?? end
    if (!line?.account || !inSpan(line)) continue
    const before = begun?.before && !begun.before.cut ? recalled(begun.before)?.story : undefined
    writes.push({
      person: ask.person ?? subjects.get(ofSubject(line.account)) ?? line.account.userName,
      account: line.account,
      operation: begun?.before?.operation ?? line.tool,
      call: line.call,
      tool: line.tool,
      ...(await storyOf(line)),
      ...(begun && { started: begun }),
      ...(end && { end }),
      ...(before && { before }),
    })
  }
  return writes.sort((a, b) => seqOf(a) - seqOf(b))
}

const NOBODY = 'Check the spelling and the time span, or see `journal tail`.'
export const seqOf = ({ started, end }: Pick<Write, 'started' | 'end'>): number =>
  (started ?? end)?.seq ?? Number.POSITIVE_INFINITY

/** The accounts that they are about, as the journal knows them, each with the address of the person. */
async function subjectsOf(journal: Journal, ask: EvidenceAsk): Promise<Map<Term, string>> {
  const span = { ...(ask.from && { since: ask.from }), ...(ask.to && { until: ask.to }) }
  const found = new Map<Term, string>()
  for await (const { event, account, before } of journal.read(ask.person === undefined ? span : {})) {
    if (!account || event === 'refused') continue
    const image = (before?.account ?? {}) as Partial<Account>
    const isWanted =
      ask.person === undefined
        ? event === 'started' && TAKES.has(before?.operation ?? '')
        : namesIn(account, image).some((name) => sameText(name, ask.person))
    if (isWanted)
      found.set(ofSubject(account), image.email ?? found.get(ofSubject(account)) ?? account.userName)
  }
  return found
}

const namesIn = ({ id, userName }: { id: string; userName: string }, image: Partial<Account>): string[] => [
  id,
  userName,
  ...[image.userName, image.externalId].filter((name) => typeof name === 'string'),
  ...emailsOf(image),
]

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
