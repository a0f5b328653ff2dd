import { cautionOf } from '../text/confusables.ts'
import type { Change } from './change.ts'
import type { AccountFields } from './operations.ts'
import { bare } from './quoting.ts'

/** What speaks against the names that changes are about, as lines of a plan: those there are, and those there will be. */
export const warningsOf = (changes: readonly Change[]): string[] => [
  ...new Set(
    changes.flatMap((change) => [
      ...change.accounts.flatMap(({ userName, caution }) => warning(userName, caution)),
      ...newNames(change),
    ]),
  ),
]

/** One line; none where nothing speaks against the name. */
export const warning = (about: string, caution: string | undefined): string[] =>
  caution === undefined ? [] : [`⚠ ${bare(about)}: ${caution}`]

function newNames(change: Change): string[] {
  switch (change.operation) {
    case 'createAccount':
      return warning(change.subject.userName, cautionIn(change.ask.fields))
    case 'updateAccount':
      return warning(change.ask.set.userName ?? change.subject.userName, cautionIn(change.ask.set))
    case 'createGroup':
      return warning(change.ask.name, cautionOf({ name: change.ask.name }))
    default:
      return []
  }
}

const cautionIn = ({ userName, email, givenName, familyName }: AccountFields): string | undefined =>
  cautionOf({ 'user name': userName, email, name: [givenName, familyName].filter((part) => part).join(' ') })
