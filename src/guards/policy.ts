import { kindOf } from '../changes/index.ts'
import { peopleIn } from '../changes/plan.ts'
import type { ConfirmLevel, ConfirmRule, Environment } from '../config/policy.ts'
import type { Settings } from '../config/settings.ts'
import type { Does, Effect, Plan } from '../domain/change.ts'

/** What a change needs of people, and which settings say so. */
export interface Demand extends Need {
  /** Which of the kinds in `confirm` it is. */
  kinds: readonly Kind[]
  because: readonly (Need & { setting: string })[]
}

interface Need {
  level: ConfirmLevel
  /** How many different people must approve, where the level is `approve`. */
  approvers: number
  /** Whether the one who asked is not among them. */
  fourEyes: boolean
}

/** What the deciding goes by. */
export interface Policy {
  confirm: Settings['confirm']
  about: (tenant: string) => TenantTraits
}

/** As much of a tenant as rules can tell by. */
export interface TenantTraits {
  vendor: string
  environment: Environment
  /** Whether to deactivate an account there is to delete it. */
  deactivationDeletes: boolean
}

/** A call, as far as it matters for what it needs. */
export interface Weighed {
  effect: Effect
  /** One for each account that is to be changed. */
  targets: readonly Target[]
  /** How many different people they belong to. */
  people: number
  doubt?: Plan['doubt']
  /** What the call itself demands, whatever the settings say. */
  least?: ConfirmLevel | undefined
}

export interface Target {
  tenant: string
  /** What is done to the account, whatever the tool says that it does. */
  does: Does
  administrator: boolean
}

type Kind = Exclude<keyof Settings['confirm'], 'rules'>

/** From how many people on a change counts as bulk work. */
const MANY = 20
const STRICTNESS: readonly ConfirmLevel[] = ['none', 'ask', 'approve']

export const weigh = (effect: Effect, plan: Plan, least?: ConfirmLevel): Weighed => ({
  effect,
  least,
  targets: plan.changes.flatMap((change) => {
    const kind = kindOf(change)
    const target = {
      tenant: change.tenant,
      does: kind.weighs(change),
      administrator: kind.changesPrivilege(change),
    }
    // An account that is to be made is one as well.
    if (change.accounts.length === 0) return [target]
    return change.accounts.map(({ admin }) => ({
      ...target,
      administrator: target.administrator || admin === true,
    }))
  }),
  people: new Set(plan.changes.flatMap(peopleIn)).size,
  doubt: plan.doubt,
})

/** The strictest of all that the settings say about such a call: of level, number of approvers and four eyes each. */
export function demandOf(weighed: Weighed, { confirm, about }: Policy): Demand {
  const { effect, people, doubt, least } = weighed
  const targets = weighed.targets.map((target) => {
    const traits = about(target.tenant)
    return { ...target, ...traits, kinds: kindsOf(target, effect, traits) }
  })
  const kinds = new Set<Kind>([
    ...targets.flatMap((target) => target.kinds),
    ...(people > MANY ? (['bulk'] as const) : []),
  ])
  const alone = (setting: string, level: ConfirmLevel) => ({ setting, level, approvers: 1, fourEyes: false })
  const because = [
    ...[...kinds].map((kind) => alone(`confirm.${kind}`, confirm[kind])),
    ...confirm.rules.flatMap(({ when, ...need }, index) =>
      targets.filter((target) => fits(when, target)).length >= (when.atLeast ?? 1)
        ? [{ setting: `confirm.rules.${index}`, ...need }]
        : [],
    ),
    // A tool that says it only reads, and changes something, is not to be believed in anything.
    ...(effect === 'reads' ? [alone('tool', 'approve')] : []),
    ...(doubt ? [alone('doubt', 'approve')] : []),
    ...(least ? [alone('call', least)] : []),
  ]
  return {
    level: STRICTNESS[Math.max(...because.map(({ level }) => STRICTNESS.indexOf(level)))] ?? 'approve',
    approvers: Math.max(1, ...because.map(({ approvers }) => approvers)),
    fourEyes: because.some(({ fourEyes }) => fourEyes),
    kinds: [...kinds],
    because,
  }
}

type Judged = Target & TenantTraits & { kinds: readonly Kind[] }

const kindsOf = (
  { does, administrator }: Target,
  effect: Effect,
  { deactivationDeletes }: TenantTraits,
): Kind[] => [
  ...(effect === 'reads' ? [] : [effect]),
  // Who deletes an account takes its access away as well.
  ...(does === 'deletes' ? (['deletes', 'removes'] as const) : [does]),
  ...(does === 'removes' && deactivationDeletes ? (['deletes'] as const) : []),
  ...(administrator ? (['admins'] as const) : []),
]

const fits = (
  { effects, vendors, tenants, environments, administrator }: ConfirmRule['when'],
  target: Judged,
): boolean =>
  (!effects || effects.some((effect) => target.kinds.includes(effect))) &&
  (!vendors || vendors.includes(target.vendor)) &&
  (!tenants || tenants.includes(target.tenant)) &&
  (!environments || environments.includes(target.environment)) &&
  (!administrator || target.administrator)
