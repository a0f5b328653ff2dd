import { sameText } from '../text/text.ts'
import type { JournalLine } from './events.ts'
import type { LineIndex } from './line-index.ts'
import { callKey } from './query.ts'
import { ofApproval, ofCall } from './terms.ts'

/** What entries are about; every given field must match. */
export interface About {
  /** A user name, email or id. */
  person?: string
  tenant?: string
  tool?: string
}

/** The arguments of tools that name tenants, and those that name people. */
const TENANTS = ['tenant', 'tenants', 'truth']
const PEOPLE = ['user', 'users', 'people', 'add', 'remove', 'members', 'email', 'userName', 'externalId']
/** What tells a person in a record. */
const NAMES = ['userName', 'id', 'email', 'otherEmails', 'externalId']

/** The tenant that an entry is about, or those that its call named. */
export const tenantsIn = ({ account, args }: JournalLine): string[] =>
  account ? [account.tenant] : TENANTS.flatMap((name) => textsIn(args?.[name]))

/** The account that an entry is about, or the people whom its call named. */
export const peopleIn = ({ account, args }: JournalLine): string[] =>
  account ? [account.userName] : peopleAsked(args)

const peopleAsked = (args: JournalLine['args']): string[] => PEOPLE.flatMap((name) => textsIn(args?.[name]))

/** The texts of an argument: itself, those of a list, or the names in records. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => (NAMES.includes(name) ? textsIn(inner) : []))
}

/** Every name of the people whom an entry concerns: its account and members as they were, and whom its call named. */
const namesIn = ({ account, args, before }: JournalLine): string[] => [
  ...textsIn([account, before?.account, before?.members]),
  ...peopleAsked(args),
]

/**
 * Judges the entries of a journal, in their order. An approval names nobody: it is about what its request is about, which the
 * index finds. Throws `Unavailable` where that needs a journal that is no longer as it was written.
 */
export function aboutMatcher(
  { person, tenant, tool }: About,
  index: Pick<LineIndex, 'about'>,
): (line: JournalLine) => Promise<boolean> {
  /** Accounts of the person, and writes that concern them: the end of a write names less than its start does. */
  const seen = new Set<string>()
  const isThePerson = (line: JournalLine) =>
    namesIn(line).some((name) => sameText(name, person)) ||
    seen.has(accountKey(line)) ||
    seen.has(writeKey(line))
  const isNamedIn = (line: JournalLine) =>
    (tenant === undefined || tenantsIn(line).includes(tenant)) && (person === undefined || isThePerson(line))

  async function requestIsAbout(line: JournalLine): Promise<boolean> {
    const terms = [ofCall(line.call), ...(line.approval ? [ofApproval(line.approval.id)] : [])]
    for await (const other of index.about(terms)) {
      const isRelated = callKey(other) === callKey(line) || isOfSameApproval(other, line)
      if (isRelated && namesSomething(other) && isNamedIn(other)) return true
    }
    return false
  }

  return async (line) => {
    if (tool !== undefined && line.tool !== tool) return false
    if (tenant === undefined && person === undefined) return true
    if (!namesSomething(line)) return requestIsAbout(line)
    if (!isNamedIn(line)) return false
    if (line.account && line.account.id !== UNMADE) {
      // The account of a write to a group is the group, which others are in too.
      if (line.before && 'account' in line.before) seen.add(accountKey(line))
      else seen.add(writeKey(line))
    }
    return true
  }
}

/** A new account gets its id only at the end. */
const UNMADE = 'new'

const namesSomething = ({ account, args }: JournalLine): boolean =>
  account !== undefined || args !== undefined

const accountKey = ({ account }: JournalLine): string => JSON.stringify([account?.tenant, account?.id])
const writeKey = ({ account, call }: JournalLine): string =>
  JSON.stringify([call, account?.tenant, account?.id])

const isOfSameApproval = (a: JournalLine, b: JournalLine): boolean =>
  a.caller === b.caller && a.approval !== undefined && a.approval.id === b.approval?.id
