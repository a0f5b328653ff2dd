import type { Account } from '../../domain/account.ts'
import { emailsOf } from '../../domain/correlate.ts'
import type { JournalLine } from '../../journal/events.ts'
import type { Journal } from '../../journal/journal.ts'
import { ofSubject, type Term } from '../../journal/terms.ts'
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

/** Accounts as the journal knows them, each with the address of its person. */
export type Subjects = ReadonlyMap<Term, string>

/** A member of a group, as the before-image of a write to the group has it. */
interface PastMember {
  id: string
  userName: string
  was?: string
  became?: string
}

/** Who came into the group or left it by this write; nobody for a write to an account. */
export const membersIn = ({ before }: JournalLine): readonly PastMember[] => {
  const { members }: Record<string, unknown> = before ?? {}
  return Array.isArray(members) ? (members as PastMember[]) : []
}

const isOfGroup = ({ before }: JournalLine): boolean => before !== undefined && 'members' in before

/** An account has no id of its own until it is made, and then all such accounts have the same. */
const isUnmade = ({ account }: JournalLine): boolean => account?.id === 'new'

/** The accounts that the evidence is about. */
export async function subjectsOf(journal: Journal, ask: EvidenceAsk): Promise<Subjects> {
  const span = { ...(ask.from && { since: ask.from }), ...(ask.to && { until: ask.to }) }
  const found = new Map<Term, string>()
  const groups = new Set<Term>()
  const isAsked = (names: readonly string[]) => names.some((name) => sameText(name, ask.person))
  for await (const line of journal.read(ask.person === undefined ? span : {})) {
    const { event, account, before } = line
    if (!account || event === 'refused' || isUnmade(line)) continue
    if (isOfGroup(line)) {
      groups.add(ofSubject(account))
      for (const { id, userName } of ask.person === undefined ? [] : membersIn(line)) {
        if (isAsked([id, userName])) found.set(ofSubject({ ...account, id }), userName)
      }
      continue
    }
    const image = (before?.account ?? {}) as Partial<Account>
    const isWanted =
      ask.person === undefined
        ? event === 'started' && takesAccess({ operation: before?.operation ?? '' })
        : isAsked(namesIn(account, image))
    if (isWanted)
      found.set(ofSubject(account), image.email ?? found.get(ofSubject(account)) ?? account.userName)
  }
  // The end of a write to a group names the group as if it were an account.
  for (const group of groups) found.delete(group)
  return found
}

const namesIn = ({ id, userName }: { id: string; userName: string }, image: Partial<Account>): string[] => [
  id,
  userName,
  ...[image.userName, image.externalId].filter((name) => typeof name === 'string'),
  ...emailsOf(image),
]

/** The numbers of the lines that are about these accounts and stand under another name: groups, and accounts being made. */
export async function linesElsewhere(
  journal: Journal,
  subjects: Subjects,
  { from, person }: EvidenceAsk,
): Promise<number[]> {
  const isOurs = ({ account }: JournalLine, id = account?.id ?? '') =>
    account !== undefined && subjects.has(ofSubject({ tenant: account.tenant, id }))
  const numbers: number[] = []
  for await (const { line, end } of writesIn(journal.read(from ? { since: from } : {}))) {
    const isAboutUs = isOfGroup(line)
      ? membersIn(line).some(({ id }) => isOurs(line, id))
      : isUnmade(line) && (end ? isOurs(end) : sameText(line.account?.userName, person))
    if (isAboutUs) numbers.push(...[line, end].flatMap((one) => one?.seq ?? []))
  }
  return numbers
}
