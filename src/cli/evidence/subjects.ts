import type { Account } from '../../domain/account.ts'
import type { JournalLine } from '../../journal/events.ts'
import type { Journal } from '../../journal/journal.ts'
import { membersIn, namesIn, ofCall, ofMember, ofPerson, ofSubject, type Term } from '../../journal/terms.ts'
import { writesIn } from '../../journal/writes.ts'
import { sameText } from '../../text/text.ts'

/** Whom the evidence is about: one person, or everybody who lost access in a span. */
export interface EvidenceAsk {
  person?: string | undefined
  from?: Date | undefined
  to?: Date | undefined
}

/** What takes access away from somebody. */
const TAKES: ReadonlySet<string> = new Set(['endSessions', 'deactivateAccount', 'deleteAccount'])
export const takesAccess = ({ operation }: { operation: string }): boolean => TAKES.has(operation)

interface Subject {
  tenant: string
  id: string
  /** The address of its person. */
  address: string
}

/** Accounts as the journal knows them. */
export type Subjects = ReadonlyMap<Term, Subject>

const isOfGroup = ({ before }: JournalLine): boolean => before !== undefined && 'members' in before

/** An account has no id of its own until it is made, and then all such accounts have the same. */
const isUnmade = ({ account }: JournalLine): boolean => account?.id === 'new'

/** The accounts that the evidence is about. */
export async function subjectsOf(journal: Journal, ask: EvidenceAsk): Promise<Subjects> {
  const span = { ...(ask.from && { since: ask.from }), ...(ask.to && { until: ask.to }) }
  const found = new Map<Term, Subject>()
  const add = (one: { tenant: string; id: string }, address: string) =>
    found.set(ofSubject(one), { tenant: one.tenant, id: one.id, address })
  const groups = new Set<Term>()
  const isAsked = (names: readonly string[]) => names.some((name) => sameText(name, ask.person))
  const lines = ask.person === undefined ? journal.read(span) : journal.index.about([ofPerson(ask.person)])
  for await (const line of lines) {
    const { event, account, before } = line
    if (!account || event === 'refused' || isUnmade(line)) continue
    if (isOfGroup(line)) {
      groups.add(ofSubject(account))
      for (const { id, userName } of ask.person === undefined ? [] : membersIn(line)) {
        if (isAsked([id, userName])) add({ ...account, id }, userName)
      }
      continue
    }
    const image = (before?.account ?? {}) as Partial<Account>
    const isWanted =
      ask.person === undefined
        ? event === 'started' && takesAccess({ operation: before?.operation ?? '' })
        : isAsked(namesIn(line))
    if (isWanted) add(account, image.email ?? found.get(ofSubject(account))?.address ?? account.userName)
  }
  // The end of a write to a group names the group as if it were an account.
  for (const group of groups) found.delete(group)
  return found
}

/** The numbers of the lines that are about these accounts and stand under another name: groups, and accounts being made. */
export async function linesElsewhere(
  journal: Journal,
  subjects: Subjects,
  { from, person }: EvidenceAsk,
  about: readonly JournalLine[],
): Promise<number[]> {
  const isOurs = ({ account }: JournalLine, id = account?.id ?? '') =>
    account !== undefined && subjects.has(ofSubject({ tenant: account.tenant, id }))
  const numbers: number[] = []
  const lines =
    person === undefined
      ? journal.read(from ? { since: from } : {})
      : journal.index.about(await callsAbout(journal, person, subjects, about))
  for await (const { line, end } of writesIn(lines)) {
    const isAboutUs = isOfGroup(line)
      ? membersIn(line).some(({ id }) => isOurs(line, id))
      : isUnmade(line) && (end ? isOurs(end) : sameText(line.account?.userName, person))
    if (isAboutUs) numbers.push(...[line, end].flatMap((one) => one?.seq ?? []))
  }
  return numbers
}

/** The calls that wrote to a group with one of the accounts, or made one of them. */
async function callsAbout(
  { index }: Journal,
  person: string,
  subjects: Subjects,
  about: readonly JournalLine[],
): Promise<Term[]> {
  const calls = new Set<Term>()
  for await (const line of index.about([ofPerson(person), ...[...subjects.values()].map(ofMember)])) {
    if (isOfGroup(line) || isUnmade(line)) calls.add(ofCall(line.call))
  }
  // The end of a creation has the id that its beginning, in the same call, could not have.
  for (const { call } of about) calls.add(ofCall(call))
  return [...calls]
}
