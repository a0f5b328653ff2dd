import type { Account, MatchKey, Person } from './account.ts'
import { comparable, sameAddress, sameId, sameUserName, wordsOf } from './same.ts'

/** What can link two accounts to one person; never a display name. */
type LinkKey = Extract<MatchKey, 'externalId' | 'email' | 'userName'>

/** What links an account to others, in the form to compare it in: each account is compared with every other one. */
interface Linked {
  account: Account
  userName: string
  externalId: string | undefined
  emails: readonly string[]
}

/** Groups accounts by person, with what links them and where a link is doubtful. */
export function correlate(accounts: readonly Account[]): Person[] {
  const people: Linked[][] = []
  for (const account of accounts.map(linked)) {
    const [own, ...others] = people.filter((person) =>
      person.some((other) => keysBetween(account, other).length > 0),
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

const linked = (account: Account): Linked => ({
  account,
  userName: comparable(account.userName),
  externalId: account.externalId === undefined ? undefined : comparable(account.externalId),
  emails: emailsOf(account).map(comparable),
})

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
export const sharedKeys = (a: Account, b: Account): LinkKey[] => keysBetween(linked(a), linked(b))

function keysBetween(a: Linked, b: Linked): LinkKey[] {
  const keys: LinkKey[] = []
  if (a.externalId !== undefined && a.externalId === b.externalId) keys.push('externalId')
  const shareEmail =
    a.emails.some((one) => one === b.userName || b.emails.includes(one)) || b.emails.includes(a.userName)
  if (shareEmail) keys.push('email')
  if (a.userName === b.userName) keys.push('userName')
  return keys
}

function toPerson(people: readonly Linked[]): Person {
  const accounts = people.map(({ account }) => account)
  const email = accounts.find((account) => account.email)?.email
  const name = accounts.find((account) => account.name)?.name
  const words = new Map(people.map((one) => [one, wordsOf(one.account.name ?? '')]))
  const nameDiffers = (a: Linked, b: Linked) =>
    Boolean(a.account.name && b.account.name) && !words.get(a)?.some((word) => words.get(b)?.includes(word))
  const joinedBy = new Set<LinkKey>()
  const doubts = new Set<Doubt>()
  for (const [index, a] of people.entries()) {
    for (const b of people.slice(index + 1)) {
      const keys = keysBetween(a, b)
      for (const key of keys) joinedBy.add(key)
      const doubt = doubtBetween(a, b, keys, nameDiffers)
      if (doubt) doubts.add(doubt)
    }
  }
  const doubt = DOUBTS.find((one) => doubts.has(one))
  return {
    ...(email && { email }),
    ...(name && { name }),
    ...(joinedBy.size > 0 && { joinedBy: [...joinedBy] }),
    ...(doubt && { doubt }),
    accounts,
  }
}

/** Why a link is doubtful, the weightiest first; a person decides. */
const DOUBTS = [
  'Two accounts are in the same tenant.',
  'Some of these accounts have nothing in common but a third one.',
  'The names on the accounts differ.',
] as const
type Doubt = (typeof DOUBTS)[number]

function doubtBetween(
  a: Linked,
  b: Linked,
  keys: readonly LinkKey[],
  nameDiffers: (a: Linked, b: Linked) => boolean,
): Doubt | undefined {
  if (a.account.tenant === b.account.tenant) return DOUBTS[0]
  if (keys.length === 0) return DOUBTS[1]
  return nameDiffers(a, b) ? DOUBTS[2] : undefined
}
