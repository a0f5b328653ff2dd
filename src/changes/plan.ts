import { type Change, EFFECTS, type Effect } from '../domain/change.ts'
import type { Facts } from '../domain/facts.ts'
import { bare } from '../domain/quoting.ts'
import { cautionOf } from '../text/confusables.ts'
import { fold } from '../text/text.ts'
import { kindOf } from './index.ts'

/** The people that a change concerns, each by the same name in every tenant: the email, or else the user name. */
export function peopleIn(change: Change): string[] {
  const kind = kindOf(change)
  const made = kind.makes === 'account' ? [kind.sets(change)] : []
  const names = [...change.accounts, ...made].map(({ email, userName }) => email ?? userName ?? '')
  return names.map((name) => fold(name))
}

/** The most dangerous effect of these changes. */
export function mostDangerous(changes: readonly Change[], factsOf: (tenant: string) => Facts): Effect {
  const effects = changes.map((change) => kindOf(change).does(factsOf(change.tenant)))
  return (
    EFFECTS.findLast((effect) =>
      effects.some((does) => (does === 'deletes' ? 'removes' : does) === effect),
    ) ?? 'removes'
  )
}

/** Warnings about the names in changes, existing and new, as lines of a plan. */
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

/** One line, or none without a caution. */
export const warning = (about: string, caution: string | undefined): string[] =>
  caution === undefined ? [] : [`⚠ ${bare(about)}: ${caution}`]
