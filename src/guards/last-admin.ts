import { kindOf } from '../changes/index.ts'
import type { Account } from '../domain/account.ts'
import type { Plan } from '../domain/change.ts'
import type { Page } from '../domain/operations.ts'
import { Conflict, IdentityError, Protected } from '../errors.ts'
import type { Store } from '../store/store.ts'
import type { Call, CallGuard } from './call.ts'

/** Lists the administrators of a tenant, up to some bound; undefined if the app has no listing. */
export type ListAdmins = (
  call: Call,
  tenant: string,
) => Promise<Pick<Page<Account, unknown>, 'items' | 'complete' | 'note'>> | undefined

// Longer than any call takes; after that, an abandoned lock lapses.
const LOCK_MS = 2 * 60_000

/**
 * Refuses to remove the last active administrator of a tenant. If the app cannot say who is left, the plan says so
 * and a person decides. One call at a time can remove administrators of a tenant, so two calls cannot count on each
 * other's.
 */
export const lastAdmin = (listAdmins: ListAdmins, locks: Pick<Store, 'claim' | 'delete'>): CallGuard =>
  async function lastAdmin(call, next) {
    const leaving = adminsLeaving(call.plan)
    const taken: string[] = []
    try {
      let plan = call.plan
      for (const [tenant, ids] of leaving) {
        const lock = `admins/${tenant}`
        if (!(await locks.claim(lock, LOCK_MS))) throw alreadyRemoving(tenant)
        taken.push(lock)
        const left = await othersLeft(listAdmins(call, tenant), ids)
        if (left === 'none') throw lastAdminLeft(tenant)
        if (left === 'unknown' && plan) plan = withDoubt(plan, tenant)
      }
      return await next(plan ? { ...call, plan } : call)
    } finally {
      // A failure here does not change the call's outcome; a lock that is left lapses.
      await Promise.all(taken.map((lock) => locks.delete(lock))).catch(() => undefined)
    }
  }

/** The administrators that would lose their rights or their access, by tenant. */
function adminsLeaving(plan: Plan | undefined): Map<string, Set<string>> {
  const leaving = new Map<string, Set<string>>()
  for (const change of plan?.changes ?? []) {
    const admins = kindOf(change).takesAdministrator(change)
      ? change.accounts.filter(({ admin, status }) => admin && status !== 'inactive')
      : []
    if (admins.length === 0) continue
    const ids = leaving.get(change.tenant) ?? new Set()
    leaving.set(change.tenant, new Set([...ids, ...admins.map(({ id }) => id)]))
  }
  return leaving
}

async function othersLeft(
  listing: ReturnType<ListAdmins>,
  leaving: ReadonlySet<string>,
): Promise<'some' | 'none' | 'unknown'> {
  try {
    const { items = [], complete = false, note } = (await listing) ?? {}
    const others = items.filter(({ id, admin, status }) => admin && status !== 'inactive' && !leaving.has(id))
    if (others.some(({ status }) => status === 'active')) return 'some'
    // A note means that something was left out.
    return complete && note === undefined && others.length === 0 ? 'none' : 'unknown'
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
