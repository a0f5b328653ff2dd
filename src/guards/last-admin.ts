import { kindOf } from '../changes/index.ts'
import type { Account } from '../domain/account.ts'
import type { Plan } from '../domain/change.ts'
import type { Page } from '../domain/operations.ts'
import { isAdministrator, type NamesPrivilege } from '../domain/privilege.ts'
import { Conflict, IdentityError, Protected } from '../errors.ts'
import type { Store } from '../store/store.ts'
import type { Call, CallGuard } from './call.ts'

/** Lists the administrators of a tenant, up to some bound; undefined if the app has no listing. */
export type ListAdmins = (
  call: Call,
  tenant: string,
) => Promise<Pick<Page<Account, unknown>, 'items' | 'complete' | 'note'>> | undefined

/** What names privileges in a tenant. */
type Privileges = (tenant: string) => NamesPrivilege

// Longer than any call takes; after that, an abandoned lock lapses.
const LOCK_MS = 2 * 60_000

/**
 * Refuses to remove the last active administrator of a tenant, be it by its status, its mark or its role. If the app
 * cannot say who is left, the plan says so and a person decides. One call at a time can remove administrators of a tenant, so two calls cannot count on each
 * other's.
 */
export const lastAdmin = (
  listAdmins: ListAdmins,
  locks: Pick<Store, 'claim' | 'delete'>,
  namesOf: Privileges,
): CallGuard =>
  async function lastAdmin(call, next) {
    const leaving = adminsLeaving(call.plan, namesOf)
    const taken: string[] = []
    try {
      let plan = call.plan
      for (const [tenant, admins] of leaving) {
        const lock = `admins/${tenant}`
        if (!(await locks.claim(lock, LOCK_MS))) throw alreadyRemoving(tenant)
        taken.push(lock)
        const left = await othersLeft(listAdmins(call, tenant), admins)
        if (left === 'none') throw lastAdminLeft(tenant)
        if (left === 'unknown' && plan) plan = withDoubt(plan, tenant)
      }
      return await next(plan ? { ...call, plan } : call)
    } finally {
      // A failure here does not change the call's outcome; a lock that is left lapses.
      await Promise.all(taken.map((lock) => locks.delete(lock))).catch(() => undefined)
    }
  }

/** Administrators of a tenant that would lose their rights or their access. */
interface Leaving {
  ids: ReadonlySet<string>
  /** Whether the app itself marks all of them, so that it can list who is left. */
  marked: boolean
}

/** By tenant. */
function adminsLeaving(plan: Plan | undefined, namesOf: Privileges): Map<string, Leaving> {
  const leaving = new Map<string, Leaving>()
  for (const change of plan?.changes ?? []) {
    const { tenant, accounts } = change
    const admins = kindOf(change).takesAdministrator(change)
      ? accounts.filter((one) => one.status !== 'inactive' && isAdministrator(one, namesOf(tenant)))
      : []
    if (admins.length === 0) continue
    const before = leaving.get(tenant)
    leaving.set(tenant, {
      ids: new Set([...(before?.ids ?? []), ...admins.map(({ id }) => id)]),
      marked: (before?.marked ?? true) && admins.every(({ admin }) => admin),
    })
  }
  return leaving
}

async function othersLeft(
  listing: ReturnType<ListAdmins>,
  { ids, marked }: Leaving,
): Promise<'some' | 'none' | 'unknown'> {
  try {
    const { items = [], complete = false, note } = (await listing) ?? {}
    const others = items.filter(({ id, admin, status }) => admin && status !== 'inactive' && !ids.has(id))
    if (others.some(({ status }) => status === 'active')) return 'some'
    // A note means that something was left out.
    return marked && complete && note === undefined && others.length === 0 ? 'none' : 'unknown'
  } catch (error) {
    if (error instanceof IdentityError) return 'unknown'
    throw error
  }
}

function withDoubt(plan: Plan, tenant: string): Plan {
  const doubt = `It is not known whether ${tenant} has another active administrator; check there before you agree.`
  return { ...plan, asides: [...(plan.asides ?? []), doubt], doubt }
}

const lastAdminLeft = (tenant: string) =>
  new Protected(
    `${tenant} would be left without an active administrator.`,
    'A person must first add another administrator there, in the app itself.',
    { tenant },
  )

const alreadyRemoving = (tenant: string) =>
  new Conflict(
    `Another call is removing an administrator of ${tenant} right now.`,
    'Repeat the call in a minute; the remaining administrators are then counted again.',
    { tenant },
  )
