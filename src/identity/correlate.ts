import type { Account, Person } from './account.ts'

/** Joins accounts to people by external id, email and user name, never by display name. */
export function correlate(accounts: readonly Account[]): Person[] {
  const people: { keys: Set<string>; accounts: Account[] }[] = []
  for (const account of accounts) {
    const keys = keysOf(account)
    const [same, ...others] = people.filter((person) => keys.some((key) => person.keys.has(key)))
    const person = same ?? { keys: new Set<string>(), accounts: [] }
    if (!same) people.push(person)
    for (const other of others) {
      person.accounts.push(...other.accounts)
      for (const key of other.keys) person.keys.add(key)
      people.splice(people.indexOf(other), 1)
    }
    person.accounts.push(account)
    for (const key of keys) person.keys.add(key)
  }
  return people.map(({ accounts }) => toPerson(accounts))
}

// Two accounts of one tenant with the same name are two candidates, and stand beside each other in one person.
const keysOf = ({ externalId, email, userName }: Account): string[] => [
  ...(externalId ? [`id ${externalId}`] : []),
  ...[email, userName].flatMap((text) => (text ? [`name ${text.normalize('NFC').toLowerCase()}`] : [])),
]

function toPerson(accounts: Account[]): Person {
  const email = accounts.find((account) => account.email)?.email
  const name = accounts.find((account) => account.name)?.name
  return { ...(email && { email }), ...(name && { name }), accounts }
}
