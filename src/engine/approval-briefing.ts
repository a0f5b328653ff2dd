import { kindOf, kinds } from '../changes/index.ts'
import { touchesPrivilege } from '../changes/plan.ts'
import type { Account } from '../domain/account.ts'
import type { BriefedChange, BriefedRun, Briefing, Place } from '../domain/briefing.ts'
import type { Change, Plan } from '../domain/change.ts'
import { sameText } from '../text/text.ts'
import type { Ask } from './ask.ts'
import type { Tenant } from './tenants.ts'

/** Gathers what a person should know about a plan; costs one look-up in each tenant outside the plan. */
export async function briefOn(plan: Plan, ask: Ask): Promise<Briefing> {
  if (plan.run) return { changes: [], run: briefedRun(plan.run, ask) }
  const changes = plan.changes.map((change) => briefed(change, ask.tenants.get(change.tenant)))
  const elsewhere = await otherAccounts(plan, ask)
  return { changes, ...(elsewhere && { elsewhere }) }
}

/** Of a run, how many accounts there are in each app; everybody's other apps are part of it. */
function briefedRun(
  { id, people, person, accounts, operations, weights }: NonNullable<Plan['run']>,
  ask: Ask,
): BriefedRun {
  const places = new Map<string, BriefedRun['places'][number]>()
  for (const { tenant, administrator, count } of weights) {
    const at = ask.tenants.get(tenant)
    const before = places.get(tenant) ?? { ...placeOf(at), accounts: 0, administrators: 0 }
    const known = operations.map((operation) => kinds[operation].reversible(at))
    const reversible = known.includes(false) ? false : known.every(Boolean) || undefined
    places.set(tenant, {
      ...before,
      accounts: before.accounts + count,
      administrators: before.administrators + (administrator ? count : 0),
      ...(reversible !== undefined && { reversible }),
    })
  }
  return {
    id,
    people,
    ...(person !== undefined && { person }),
    accounts,
    operations,
    places: [...places.values()],
  }
}

const placeOf = ({ name, title }: Tenant): Place => ({ tenant: name, app: title })

function briefed(change: Change, tenant: Tenant): BriefedChange {
  const kind = kindOf(change)
  const reversible = kind.reversible(tenant)
  return {
    ...placeOf(tenant),
    operation: change.operation,
    ...kind.briefing(change),
    ...(touchesPrivilege(change, tenant) && { power: true as const }),
    ...(reversible !== undefined && { reversible }),
  }
}

/** Where else the person is active; undefined unless the plan concerns exactly one person. */
async function otherAccounts({ changes }: Plan, ask: Ask): Promise<Briefing['elsewhere']> {
  const [first, ...more] = changes.flatMap(({ accounts }) => accounts)
  if (!first || more.some((account) => !sameText(nameOf(account), nameOf(first)))) return undefined
  const others = ask.tenants
    .offering('findAccounts')
    .filter(({ name }) => changes.every(({ tenant }) => tenant !== name))
    .map(({ name }) => name)
  const found = await ask.each('findAccounts', others, { user: nameOf(first) })
  const active: Place[] = []
  const unknown: Place[] = []
  for (const one of found) {
    const statuses = 'answer' in one ? one.answer.accounts.map(({ status }) => status) : ['unknown']
    if (statuses.includes('active')) active.push(placeOf(one.tenant))
    else if (statuses.includes('unknown')) unknown.push(placeOf(one.tenant))
  }
  return { active, unknown }
}

const nameOf = ({ email, userName }: Account): string => email ?? userName
