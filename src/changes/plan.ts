import { type Change, EFFECTS, type Effect, type Weight } from '../domain/change.ts'
import type { Facts } from '../domain/facts.ts'
import type { NamesPrivilege } from '../domain/privilege.ts'
import { bare } from '../domain/quoting.ts'
import { cautionOf } from '../text/confusables.ts'
import { fold } from '../text/text.ts'
import { kindOf } from './index.ts'

/**
 * The people that a change concerns, each by the same name in every tenant: the email, or else the user name. Two accounts
 * of one tenant are two people, even if they share an email.
 */
export function peopleIn(change: Change): string[] {
  const kind = kindOf(change)
  const made = kind.makes === 'account' ? [kind.sets(change)] : []
  const people = new Set<string>()
  for (const { email, userName = '' } of [...change.accounts, ...made]) {
    const name = fold(email ?? userName)
    people.add(people.has(name) ? fold(userName) : name)
  }
  return [...people]
}

/** The most dangerous effect of these changes. */
export function mostDangerous(changes: readonly Change[], factsOf: (tenant: string) => Facts): Effect {
  const weights = changes.flatMap((change) => weightsOf(change, factsOf(change.tenant)))
  return EFFECTS.findLast((effect) => weights.some((weight) => EFFECT_OF[weight] === effect)) ?? 'removes'
}

/** All that a change weighs, for any of its accounts. */
const weightsOf = (change: Change, facts: Facts): readonly Weight[] => {
  const ids = change.accounts.length > 0 ? change.accounts.map(({ id }) => id) : [undefined]
  return [...new Set(ids.flatMap((id) => kindOf(change).weighs(change, facts, id)))]
}

/** Whether a change gives or takes what makes an administrator. */
export const touchesPrivilege = (
  change: Change,
  { facts, namesPrivilege }: { facts: Facts; namesPrivilege: NamesPrivilege },
): boolean =>
  kindOf(change)
    .privileges(change)
    .some(
      (name) =>
        name === true ||
        namesPrivilege(name) ||
        // The name here can be harmless where that in the app is not.
        namesPrivilege(facts.attributes?.[name.split(' ', 1)[0] ?? '']),
    )

const EFFECT_OF: Readonly<Record<Weight, Effect>> = {
  changes: 'changes',
  adds: 'adds',
  gives: 'adds',
  logins: 'changes',
  removes: 'removes',
  deletes: 'removes',
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

const WARNING = '⚠ '

/** One line, or none without a caution. */
export const warning = (about: string, caution: string | undefined): string[] =>
  caution === undefined ? [] : [`${WARNING}${bare(about)}: ${caution}`]

/** Whether a line of a plan is such a warning. At most the name of a field that an agent chose begins like one, and alarms in vain. */
export const isWarning = (line: string): boolean => line.startsWith(WARNING)
