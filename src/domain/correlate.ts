import type { Account, MatchKey, Person } from './account.ts'
import { sameAddress, sameId, sameUserName, wordsOf } from './same.ts'

/** What can link two accounts to one person; never a display name. */
type LinkKey = Extract<MatchKey, 'externalId' | 'email' | 'userName'>

/** Groups accounts by person, with what links them and where a link is doubtful. */
export function correlate(accounts: readonly Account[]): Person[] {
  const people: Account[][] = []
  for (const account of accounts) {
    const [own, ...others] = people.filter((person) =>
      person.some((other) => sharedKeys(account, other).length > 0),
    )
    const person = own ?? []
    if (!own) people.push(person)
    for (const other of others) {
      person.push(...other)
      people.splice(people.indexOf(other), 1)
    }
    person.push(account)
  }
  return people.map(toPerson)
}

/** Every address of an account. */
export const emailsOf = ({ email, otherEmails = [] }: Pick<Account, 'email' | 'otherEmails'>): string[] => [
  ...(email === undefined ? [] : [email]),
  ...otherEmails,
]

/** By what an account is what was asked for; empty if it is not. */
export function matchedBy(account: Account, who: string): MatchKey[] {
  const { userName, externalId, id } = account
  return [
    ...(sameUserName(userName, who) ? (['userName'] as const) : []),
    ...(emailsOf(account).some((email) => sameAddress(email, who)) ? (['email'] as const) : []),
    ...(sameId(externalId, who) ? (['externalId'] as const) : []),
    ...(sameId(id, who) ? (['id'] as const) : []),
  ]
}

/** What links two accounts. An address may be an email of one and the user name of the other. */
export function sharedKeys(a: Account, b: Account): LinkKey[] {
  const [theirs, own] = [emailsOf(b), emailsOf(a)]
  const email =
    own.some((one) => theirs.some((other) => sameAddress(one, other)) || sameAddress(one, b.userName)) ||
    theirs.some((other) => sameAddress(other, a.userName))
  return [
    ...(sameId(a.externalId, b.externalId) ? (['externalId'] as const) : []),
    ...(email ? (['email'] as const) : []),
    ...(sameUserName(a.userName, b.userName) ? (['userName'] as const) : []),
  ]
}

function toPerson(accounts: Account[]): Person {
  const email = accounts.find((account) => account.email)?.email
  const name = accounts.find((account) => account.name)?.name
  const pairs = accounts.flatMap((a, index) => accounts.slice(index + 1).map((b) => [a, b] as const))
  const joinedBy = [...new Set(pairs.flatMap(([a, b]) => sharedKeys(a, b)))]
  const doubt = doubtOf(pairs)
  return {
    ...(email && { email }),
    ...(name && { name }),
    ...(joinedBy.length > 0 && { joinedBy }),
    ...(doubt && { doubt }),
    accounts,
  }
}

/** Why a link is doubtful; a person decides. */
function doubtOf(pairs: readonly (readonly [Account, Account])[]): string | undefined {
  if (pairs.some(([a, b]) => a.tenant === b.tenant)) return 'Two accounts are in the same tenant.'
  if (pairs.some(([a, b]) => sharedKeys(a, b).length === 0)) {
    return 'Some of these accounts have nothing in common but a third one.'
  }
  if (pairs.some(([a, b]) => a.name && b.name && !alike(a.name, b.name)))
    return 'The names on the accounts differ.'
  return undefined
}

const alike = (a: string, b: string): boolean => {
  const words = new Set(wordsOf(a))
  return wordsOf(b).some((word) => words.has(word))
}
