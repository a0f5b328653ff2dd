import type { Account, AuditEvent } from '../../domain/account.ts'
import type { Ask } from '../../engine/ask.ts'
import type { Logs } from '../../engine/audit.ts'
import { findPerson } from '../../engine/find-person.ts'
import { IdentityError } from '../../errors.ts'
import { reconcile } from '../audit/reconcile.ts'
import { seqOf, type Write } from './collect.ts'

/** What the apps themselves say, now. */
export interface Seen {
  /** The app's own event that shows a write, by the number of the journal line that began it. */
  events: ReadonlyMap<number, AuditEvent>
  /** Why an app's log tells nothing of a write there. */
  noEvents: ReadonlyMap<string, string>
  /** The status of an account, by `placeOf`; or why it is not known. */
  status: ReadonlyMap<string, Account['status'] | 'gone' | { unknown: string }>
  /** Accounts of the person that were never written to. */
  untouched: readonly Account[]
  /** Apps that could not be searched, in sentences. */
  notSearched: readonly string[]
}

/** How many accounts are read at a time. */
const AT_ONCE = 8

export const placeOf = ({ tenant, id }: { tenant: string; id: string }): string =>
  JSON.stringify([tenant, id])

/** Asks the apps for their own events about these writes, and for what the accounts are like now. */
export async function lookAtApps(
  writes: readonly Write[],
  person: string | undefined,
  { logs, signal }: { logs: Logs; signal: AbortSignal },
): Promise<Seen> {
  const { ask } = logs
  const known = (tenant: string) => ask.tenants.all.some(({ name }) => name === tenant)
  const tenants = [...new Set(writes.map(({ account }) => account.tenant))]
  const events = new Map<number, AuditEvent>()
  const noEvents = new Map<string, string>()
  for (const tenant of tenants) {
    if (!known(tenant)) noEvents.set(tenant, 'The tenant is not connected any more.')
    else if (!ask.tenants.get(tenant).offers('pullAudit')) {
      noEvents.set(tenant, 'The app has no log that this server can read.')
    } else await eventsAt(tenant, writes, { logs, signal, events, noEvents })
  }
  const status = new Map<string, Account['status'] | 'gone' | { unknown: string }>()
  const accounts = [...new Map(writes.map(({ account }) => [placeOf(account), account]))]
  for (let at = 0; at < accounts.length; at += AT_ONCE) {
    const some = accounts.slice(at, at + AT_ONCE)
    await Promise.all(some.map(async ([place, account]) => status.set(place, await statusNow(account, ask))))
  }
  const places = person === undefined ? [] : await findPerson(ask, person, undefined)
  return {
    events,
    noEvents,
    status,
    untouched: places.flatMap(({ accounts }) => accounts.filter((one) => !status.has(placeOf(one)))),
    notSearched: places.flatMap(({ tenant, gap }) => (gap ? [`${tenant.name}: ${gap.message}`] : [])),
  }
}

async function eventsAt(
  tenant: string,
  writes: readonly Write[],
  found: {
    logs: Logs
    signal: AbortSignal
    events: Map<number, AuditEvent>
    noEvents: Map<string, string>
  },
): Promise<void> {
  // Calls are far apart, and what lies between them is not asked for.
  for (const call of new Set(writes.map((write) => write.call))) {
    const here = writes.filter((write) => write.call === call && write.account.tenant === tenant)
    const times = here.flatMap(({ started, end }) => [started, end].flatMap((line) => line?.at ?? []))
    if (times.length === 0) continue
    const [since, until] = [Math.min(...times.map(Date.parse)), Math.max(...times.map(Date.parse))]
    try {
      const span = { since: new Date(since), until: new Date(until) }
      const { matched, gaps } = await reconcile(tenant, found.logs, span, found.signal)
      for (const { own, event } of matched) found.events.set(Number(own.id.replace('journal-', '')), event)
      if (gaps.length > 0) found.noEvents.set(tenant, gaps.join(' '))
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      found.noEvents.set(tenant, `The log could not be read: ${error.message}`)
    }
  }
}

async function statusNow(
  { tenant, id }: Write['account'],
  ask: Ask,
): Promise<Account['status'] | 'gone' | { unknown: string }> {
  try {
    const account = await ask.one(tenant, 'readAccount', { id })
    return account?.status ?? 'gone'
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    return { unknown: error.message }
  }
}

/** The app's event of a write, if its log shows one. */
export const eventOf = (write: Write, { events }: Seen): AuditEvent | undefined => events.get(seqOf(write))
