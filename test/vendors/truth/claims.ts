import type fc from 'fast-check'
import { expect } from 'vitest'
import type { Account } from '../../../src/domain/account.ts'
import type { ListPosition, Match, Operations } from '../../../src/domain/operations.ts'
import { IdentityError } from '../../../src/errors.ts'
import { context } from '../../support/canned.ts'
import { bears, folded, type Person } from './people.ts'

/** A simulated app, as it is reached, and what is true of it. */
export interface AppUnderTest {
  operations: Pick<Required<Operations>, 'findAccounts' | 'readAccount' | 'listAccounts'>
  /** Who really has an account. */
  people: readonly Person[]
  /** Whether the index that is behind is all that could tell that the person bears the name. */
  isBehind(person: Person, name: string): boolean
  /** Whether lists come from that index. */
  listsFromIndex: boolean
}

/** The apps of a vendor: any of them, and one that is odd in some ways alone. */
export interface Simulated<Habits> {
  name: string
  cases: fc.Arbitrary<{ people: Person[]; open(): Promise<AppUnderTest & AsyncDisposable> }>
  serve(people: Person[], odd?: Partial<Habits>): Promise<AppUnderTest & AsyncDisposable>
}

/** A vendor's apps: people with habits of its own, served over HTTP. */
export const simulated = <Habits>({
  name,
  usual,
  cases,
  open,
}: {
  name: string
  usual: Habits
  cases: fc.Arbitrary<{ people: Person[]; habits: Habits }>
  open(given: { people: Person[]; habits: Habits }): Promise<AppUnderTest & AsyncDisposable>
}): Simulated<Habits> => ({
  name,
  cases: cases.map((given) => ({ ...given, open: () => open(given) })),
  serve: (people, odd) => open({ people, habits: { ...usual, ...odd } }),
})

const statusOf = ({ active }: Person): Account['status'] => (active ? 'active' : 'inactive')

const orError = async <Result>(work: Promise<Result>): Promise<Result | IdentityError> =>
  work.catch((error: unknown) => {
    if (error instanceof IdentityError && error.code !== 'internal') return error
    throw error
  })

/** What is shown of an account, to compare with who has it. */
const shown = (accounts: readonly Account[]) =>
  accounts.map(({ id, userName, status }) => ({ id, userName, status })).sort(byId)
const byId = (one: { id: string }, other: { id: string }) => one.id.localeCompare(other.id)

const expected = (people: readonly Person[], accounts: readonly Account[]) =>
  people
    .map((person) => {
      const found = accounts.find(({ id }) => id === person.id)
      // A record that does not tell the status leaves it open.
      const status = found?.status === 'unknown' ? 'unknown' : statusOf(person)
      return { id: person.id, userName: person.userName, status }
    })
    .sort(byId)

/** Fails if a look-up says of a name what is not so. */
export async function checkLookUp(app: AppUnderTest, names: readonly string[]): Promise<void> {
  const [user = '', ...also] = names
  const found = await orError(
    app.operations.findAccounts({ user, ...(also.length > 0 && { also }) }, context()),
  )
  if (found instanceof IdentityError) return
  const { accounts, gap } = found
  const meant = app.people.filter((person) => names.some((name) => bears(person, name)))
  const isFound = ({ id }: Person) => accounts.some((account) => account.id === id)
  const due = meant.filter((person) => isFound(person) || !isMissed(app, person, names, gap))
  expect(shown(accounts)).toEqual(expected(due, accounts))
}

/** Whether it is known, or cannot be known, that the person is left out. */
const isMissed = (
  { isBehind }: AppUnderTest,
  person: Person,
  names: readonly string[],
  gap: unknown,
): boolean => gap !== undefined || names.every((name) => !bears(person, name) || isBehind(person, name))

/** Fails if an account is read as what it is not. */
export async function checkRead({ operations, people }: AppUnderTest, id: string): Promise<void> {
  const account = await orError(operations.readAccount({ id }, context()))
  if (account instanceof IdentityError) return
  const accounts = account ? [account] : []
  expect(shown(accounts)).toEqual(
    expected(
      people.filter((one) => one.id === id),
      accounts,
    ),
  )
}

const MAX_CALLS = 60

const fits = (person: Person, match: Match): boolean =>
  [
    match.userName === undefined || folded(person.userName) === folded(match.userName),
    match.email === undefined || person.emails.some((email) => folded(email) === folded(match.email ?? '')),
    match.externalId === undefined || folded(person.externalId ?? '') === folded(match.externalId),
    match.status === undefined || statusOf(person) === match.status,
  ].every(Boolean)

/** Fails if a list that is called complete lacks somebody, or has somebody twice or wrongly. */
export async function checkList(app: AppUnderTest, match: Match, limit: number): Promise<void> {
  const { operations, people, listsFromIndex } = app
  const accounts: Account[] = []
  let at: ListPosition | undefined
  for (let calls = 0; calls < MAX_CALLS; calls++) {
    const page = await orError(operations.listAccounts({ match, limit, ...(at && { at }) }, context()))
    if (page instanceof IdentityError) return
    accounts.push(...page.items)
    expect(page.items.length).toBeLessThanOrEqual(limit)
    // A part that is not known to be whole says so.
    if (page.note !== undefined && !page.complete) return
    at = page.next
    if (!at) {
      if (!page.complete) return
      break
    }
  }
  if (at) return
  const isSure = ({ index }: Person) => !listsFromIndex || index === 'as it is'
  const surely = people.filter((person) => fits(person, match) && isSure(person))
  const rest = accounts.filter(({ id }) => people.every((one) => one.id !== id || isSure(one)))
  const known = rest.filter(({ id }) => people.some((one) => one.id === id) || !listsFromIndex)
  expect(shown(known)).toEqual(expected(surely, accounts))
}
