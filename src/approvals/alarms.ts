import { isWarning } from '../changes/plan.ts'
import type { BriefedChange, Briefing } from '../domain/briefing.ts'
import { existingAccounts } from './existing-accounts.ts'
import { changesTold, onePerson } from './headline.ts'

/** How often the same change was requested, and denied, before. */
export interface Earlier {
  asked: number
  denied: number
}

/** What must not be overlooked of a change, in our own words. */
export const alarmsOf = (briefing: Briefing | undefined, earlier: Earlier): string[] => [
  ...(briefing ? ofChange(briefing) : []),
  ...ofEarlier(earlier),
]

/** The lines of a plan that warn, such as of a name that looks like another. */
export const warningsOf = (plan: readonly string[]): string[] => plan.filter(isWarning)

function ofChange({ changes, run }: Briefing): string[] {
  return run ? ofRun(run) : [...administrators(changes), ...power(changes), ...lasting(changesTold(changes))]
}

type Changes = readonly BriefedChange[]
type Place = Pick<BriefedChange, 'app' | 'tenant'>

/** "in Netskope, Slack"; empty where the headline says it. */
const inPlaces = (some: readonly Place[], all: readonly Place[]): string => {
  const [those, every] = [new Set(some.map(({ tenant }) => tenant)), new Set(all.map(({ tenant }) => tenant))]
  if (those.size === every.size) return ''
  return ` in ${[...new Set(some.map(({ app, tenant }) => `${app} (${tenant})`))].join(', ')}`
}

function administrators(changes: Changes): string[] {
  const those = changes.filter(({ accounts }) => accounts.some(({ admin }) => admin))
  if (those.length === 0) return []
  const where = inPlaces(those, changes)
  if (onePerson(changes)) return [`An administrator${where}.`]
  const all = existingAccounts(changes)
  return [`${all.filter(({ account }) => account.admin).length} of ${all.length} are administrators${where}.`]
}

function power(changes: Changes): string[] {
  const those = changes.filter((change) => change.power)
  return those.length > 0 ? [`Gives or takes administrator rights${inPlaces(those, changes)}.`] : []
}

function lasting(changes: Changes): string[] {
  const never = changes.filter(({ reversible }) => reversible === false)
  const unknown = changes.filter(({ reversible }) => reversible === undefined)
  const deletes = changes.some(({ operation }) => operation === 'deleteAccount')
  return [
    ...(never.length > 0
      ? [`${deletes ? 'A deletion that cannot' : 'Cannot'} be undone${inPlaces(never, changes)}.`]
      : []),
    ...(unknown.length > 0
      ? [
          `${deletes ? 'A deletion. ' : ''}It is not known whether it can be undone${inPlaces(unknown, changes)}.`,
        ]
      : []),
  ]
}

function ofRun({ places, accounts }: NonNullable<Briefing['run']>): string[] {
  const admins = places.reduce((sum, place) => sum + place.administrators, 0)
  const never = places.filter(({ reversible }) => reversible === false)
  const unknown = places.filter(({ reversible }) => reversible === undefined)
  return [
    ...(admins > 0 ? [`${admins} of ${accounts} accounts are administrators.`] : []),
    ...(never.length > 0 ? [`Cannot be undone${inPlaces(never, places)}.`] : []),
    ...(unknown.length > 0 ? [`It is not known whether it can be undone${inPlaces(unknown, places)}.`] : []),
  ]
}

const ORDINALS = new Intl.PluralRules('en', { type: 'ordinal' })
const SUFFIXES: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' }

/** "5th" */
const nth = (number: number): string => `${number}${SUFFIXES[ORDINALS.select(number)] ?? 'th'}`

const times = (number: number): string => (number === 1 ? 'once' : number === 2 ? 'twice' : `${number} times`)

const ofEarlier = ({ asked, denied }: Earlier): string[] =>
  asked === 0
    ? []
    : [
        `Asked for the ${nth(asked + 1)} time in 24 hours${denied > 0 ? `, and denied ${times(denied)} before` : ''}.`,
      ]
