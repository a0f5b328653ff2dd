import { kindOf } from '../changes/index.ts'
import { touchesPrivilege } from '../changes/plan.ts'
import type { ConfirmLevel, ConfirmRule, Environment } from '../config/policy.ts'
import type { Settings } from '../config/settings.ts'
import { type Plan, targetKey, type Weight } from '../domain/change.ts'
import type { Facts } from '../domain/facts.ts'
import { isAdministrator, type NamesPrivilege } from '../domain/privilege.ts'

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

/** What changes in a tenant are judged by. */
export interface TenantTraits {
  vendor: string
  environment: Environment
  /** Where the app is. */
  address: string
  facts: Facts
  /** By what its app and the settings call privileges. */
  namesPrivilege: NamesPrivilege
}

/** The properties of a call that decide which confirmation it needs. */
export interface Weighed {
  /** One for each account to change. */
  targets: readonly Target[]
  doubt?: Plan['doubt']
  /** The lowest level for this call, whatever the settings say. */
  least?: ConfirmLevel | undefined
}

export interface Target {
  tenant: string
  /** What the change does to the account, whatever its tool declares. */
  weights: readonly Weight[]
  administrator: boolean
}

type Kind = Exclude<keyof Settings['confirm'], 'rules' | 'declined' | 'waitSeconds'>

/** A call that changes more accounts than this counts as bulk. */
const MAX_ACCOUNTS_BEFORE_BULK = 20
const STRICTNESS: readonly ConfirmLevel[] = ['none', 'ask', 'approve']

export const weigh = (plan: Plan, about: Policy['about'], least?: ConfirmLevel): Weighed => ({
  least,
  targets: targetsOf(plan, about),
  doubt: plan.doubt,
})

/** An account with several changes counts once, with all that they do to it. */
function targetsOf({ changes, run }: Plan, about: Policy['about']): Target[] {
  if (run) return run.weights.flatMap(({ count, ...target }) => Array<Target>(count).fill(target))
  const targets = new Map<string, Target>()
  for (const [at, change] of changes.entries()) {
    const { tenant, accounts } = change
    const { facts, namesPrivilege } = about(tenant)
    const isPrivilege = touchesPrivilege(change, { facts, namesPrivilege })
    // A creation has a target, too.
    for (const account of accounts.length > 0 ? accounts : [undefined]) {
      const key = account ? targetKey(tenant, account.id) : `new ${at}`
      const before = targets.get(key)
      targets.set(key, {
        tenant,
        weights: [...(before?.weights ?? []), ...kindOf(change).weighs(change, facts, account?.id)],
        administrator:
          before?.administrator ||
          isPrivilege ||
          (account !== undefined && isAdministrator(account, namesPrivilege)),
      })
    }
  }
  return [...targets.values()]
}

/** The strictest that the settings say about such a call: for level, number of approvers and four eyes separately. */
export function demandOf(weighed: Weighed, { confirm, about }: Policy): Demand {
  const { doubt, least } = weighed
  const targets = weighed.targets.map((target) => {
    return { ...target, ...about(target.tenant), kinds: kindsOf(target) }
  })
  const kinds = new Set<Kind>([
    ...targets.flatMap((target) => target.kinds),
    ...(targets.length > MAX_ACCOUNTS_BEFORE_BULK ? (['bulk'] as const) : []),
  ])
  const alone = (setting: string, level: ConfirmLevel) => ({ setting, level, approvers: 1, fourEyes: false })
  const because = [
    ...[...kinds].map((kind) => alone(`confirm.${kind}`, confirm[kind])),
    ...confirm.rules.flatMap(({ when, ...need }, index) =>
      targets.filter((target) => fits(when, target)).length >= (when.atLeast ?? 1)
        ? [{ setting: `confirm.rules.${index}`, ...need }]
        : [],
    ),
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

const kindsOf = ({ weights, administrator }: Target): Kind[] => [
  ...new Set<Kind>(weights),
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
