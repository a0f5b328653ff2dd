import type { Account, AuditEvent } from '../../domain/account.ts'
import type { Ask } from '../../engine/ask.ts'
import type { Logs } from '../../engine/audit.ts'
import { findPerson, hiddenAt } from '../../engine/find-person.ts'
import { IdentityError } from '../../errors.ts'
import { NEAR_MS, reconcile } from '../audit/reconcile.ts'
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
  /** Apps that may have an account of the person which they do not show, in sentences. */
  notShown: readonly string[]
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
    notShown: places.flatMap((place) => {
      const hidden = hiddenAt(place)
      return hidden === undefined ? [] : [`Not found in ${place.tenant.name}. ${hidden}`]
    }),
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
  for (const span of spansOf(writes.filter(({ account }) => account.tenant === tenant))) {
    try {
      const { matched, gaps } = await reconcile(tenant, found.logs, span, found.signal)
      for (const { own, event } of matched) found.events.set(Number(own.id.replace('journal-', '')), event)
      if (gaps.length > 0) found.noEvents.set(tenant, gaps.join(' '))
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      found.noEvents.set(tenant, `The log could not be read: ${error.message}`)
    }
  }
}

/**
 * The times in which these writes were made, as far as they are apart: what lies between is not asked for. Writes that an
 * event of the app could stand for either of are in one span, where each event is that of one of them.
 */
function spansOf(writes: readonly Write[]): { since: Date; until: Date }[] {
  const spans: { since: number; until: number }[] = []
  for (const { started, end } of writes) {
    const times = [started, end].flatMap((line) => (line ? [Date.parse(line.at)] : []))
    const [since, until] = [Math.min(...times), Math.max(...times)]
    const last = spans.at(-1)
    if (last && since - last.until <= 2 * NEAR_MS) last.until = Math.max(last.until, until)
    else spans.push({ since, until })
  }
  return spans.map(({ since, until }) => ({ since: new Date(since), until: new Date(until) }))
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
