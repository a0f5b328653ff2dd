import { fold } from '../text/text.ts'
import type { Account, Person } from './account.ts'

/** What can link two accounts to one person; never a display name. */
type LinkKey = 'externalId' | 'email' | 'userName'

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

/** An address may be the email of one account and the user name of another. */
function sharedKeys(a: Account, b: Account): LinkKey[] {
  const names = ({ email, userName }: Account) =>
    [email, userName].flatMap((text) => (text ? [fold(text)] : []))
  const same = (one: string | undefined, other: string | undefined) =>
    one !== undefined && other !== undefined && fold(one) === fold(other)
  const crossed = names(a).some((name) => names(b).includes(name))
  return [
    ...(a.externalId !== undefined && a.externalId === b.externalId ? (['externalId'] as const) : []),
    ...(same(a.email, b.email) || (crossed && !same(a.userName, b.userName)) ? (['email'] as const) : []),
    ...(same(a.userName, b.userName) ? (['userName'] as const) : []),
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
  const words = new Set(fold(a).split(/[^\p{L}]+/u))
  return fold(b)
    .split(/[^\p{L}]+/u)
    .some((word) => word !== '' && words.has(word))
}
