import { type Change, EFFECTS, type Effect } from '../domain/change.ts'
import { bare } from '../domain/quoting.ts'
import { cautionOf } from '../text/confusables.ts'
import { kindOf } from './index.ts'

/** Whom a change is about, each under one name wherever they have accounts: the email, or else the user name. */
export function peopleIn(change: Change): string[] {
  const kind = kindOf(change)
  const made = kind.makes === 'account' ? [kind.sets(change)] : []
  const names = [...change.accounts, ...made].map(({ email, userName }) => email ?? userName ?? '')
  return names.map((name) => name.normalize('NFC').toLowerCase())
}

/** The most dangerous of what these changes do. */
export function mostDangerous(changes: readonly Change[]): Effect {
  const effects = changes.map((change) => kindOf(change).does)
  return (
    EFFECTS.findLast((effect) =>
      effects.some((does) => (does === 'deletes' ? 'removes' : does) === effect),
    ) ?? 'removes'
  )
}

/** What speaks against the names that changes are about, as lines of a plan: those there are, and those there will be. */
export const warningsOf = (changes: readonly Change[]): string[] => [
  ...new Set(
    changes.flatMap((change) => [
      ...change.accounts.flatMap(({ userName, caution }) => warning(userName, caution)),
      ...kindOf(change)
        .newNames(change)
        .flatMap(({ about, names }) => warning(about, cautionOf(names))),
    ]),
  ),
]

/** One line; none where nothing speaks against the name. */
export const warning = (about: string, caution: string | undefined): string[] =>
  caution === undefined ? [] : [`⚠ ${bare(about)}: ${caution}`]
