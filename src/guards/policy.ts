import { kindOf } from '../changes/index.ts'
import { peopleIn } from '../changes/plan.ts'
import type { ConfirmLevel, ConfirmRule, Environment } from '../config/policy.ts'
import type { Settings } from '../config/settings.ts'
import type { Does, Effect, Plan } from '../domain/change.ts'
import type { Facts } from '../domain/facts.ts'

/** The confirmation that a change needs, and the settings that require it. */
export interface Demand extends Requirement {
  /** The kinds in `confirm` that it belongs to. */
  kinds: readonly Kind[]
  because: readonly (Requirement & { setting: string })[]
}

interface Requirement {
  level: ConfirmLevel
  /** How many different people must approve, if the level is `approve`. */
  approvers: number
  /** Whether the person who asked cannot be one of them. */
  fourEyes: boolean
}

/** What the decision is based on. */
export interface Policy {
  confirm: Settings['confirm']
  about: (tenant: string) => TenantTraits
}

/** The properties of a tenant that rules can match. */
export interface TenantTraits {
  vendor: string
  environment: Environment
  facts: Facts
}

/** The properties of a call that decide which confirmation it needs. */
export interface Weighed {
  effect: Effect
  /** One for each account to change. */
  targets: readonly Target[]
  /** How many different people they belong to. */
  people: number
  doubt?: Plan['doubt']
  /** The lowest level for this call, whatever the settings say. */
  least?: ConfirmLevel | undefined
}

export interface Target {
  tenant: string
  /** What the change does to the account, whatever its tool declares. */
  does: Does
  administrator: boolean
}

type Kind = Exclude<keyof Settings['confirm'], 'rules' | 'declined' | 'waitSeconds'>

/** A change that concerns more people than this counts as bulk. */
const MAX_PEOPLE_BEFORE_BULK = 20
const STRICTNESS: readonly ConfirmLevel[] = ['none', 'ask', 'approve']

export const weigh = (effect: Effect, plan: Plan, about: Policy['about'], least?: ConfirmLevel): Weighed => ({
  effect,
  least,
  targets: plan.changes.flatMap((change) => {
    const kind = kindOf(change)
    const target = {
      tenant: change.tenant,
      does: kind.weighs(change, about(change.tenant).facts),
      administrator: kind.changesPrivilege(change),
    }
    // A creation has a target, too.
    if (change.accounts.length === 0) return [target]
    return change.accounts.map(({ admin }) => ({
      ...target,
      administrator: target.administrator || admin === true,
    }))
  }),
  people: new Set(plan.changes.flatMap(peopleIn)).size,
  doubt: plan.doubt,
})

/** The strictest that the settings say about such a call: for level, number of approvers and four eyes separately. */
export function demandOf(weighed: Weighed, { confirm, about }: Policy): Demand {
  const { effect, people, doubt, least } = weighed
  const targets = weighed.targets.map((target) => {
    return { ...target, ...about(target.tenant), kinds: kindsOf(target, effect) }
  })
  const kinds = new Set<Kind>([
    ...targets.flatMap((target) => target.kinds),
    ...(people > MAX_PEOPLE_BEFORE_BULK ? (['bulk'] as const) : []),
  ])
  const alone = (setting: string, level: ConfirmLevel) => ({ setting, level, approvers: 1, fourEyes: false })
  const because = [
    ...[...kinds].map((kind) => alone(`confirm.${kind}`, confirm[kind])),
    ...confirm.rules.flatMap(({ when, ...need }, index) =>
      targets.filter((target) => fits(when, target)).length >= (when.atLeast ?? 1)
        ? [{ setting: `confirm.rules.${index}`, ...need }]
        : [],
    ),
    // A tool that declares that it only reads, and changes something, cannot be trusted.
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

type JudgedTarget = Target & TenantTraits & { kinds: readonly Kind[] }

const kindsOf = ({ does, administrator }: Target, effect: Effect): Kind[] => [
  ...(effect === 'reads' ? [] : [effect]),
  // Deleting an account also removes its access.
  ...(does === 'deletes' ? (['deletes', 'removes'] as const) : [does]),
  ...(administrator ? (['admins'] as const) : []),
]

const fits = (
  { effects, vendors, tenants, environments, administrator }: ConfirmRule['when'],
  target: JudgedTarget,
): boolean =>
  (!effects || effects.some((effect) => target.kinds.includes(effect))) &&
  (!vendors || vendors.includes(target.vendor)) &&
  (!tenants || tenants.includes(target.tenant)) &&
  (!environments || environments.includes(target.environment)) &&
  (!administrator || target.administrator)
