import type { Account, AuditEvent } from '../domain/account.ts'
import type { AccessShown } from '../domain/operations.ts'
import { IdentityError } from '../errors.ts'
import type { Ask } from './ask.ts'
import { type Logs, readAudit } from './audit.ts'
import type { PersonAt } from './find-person.ts'
import { provisioningOf, throughApp, writtenBack } from './provisioned.ts'
import type { Tenant } from './tenants.ts'

/** What one app tells of one account's access. */
export interface AccessFacts extends Omit<AccessShown, 'unknown'> {
  account: Account
  /** The last changes, newest first, from the app's log and from the journal. */
  changes: AuditEvent[]
}

export interface Untold {
  tenant: string
  what: string
  /** Where it can be looked up. */
  where: string
}

/** How far back changes are told, milliseconds, and how many of them. */
const CHANGES_SINCE_MS = 30 * 24 * 60 * 60 * 1000
const MOST_CHANGES = 5

/** What the app of an account tells of its access, and what it does not tell. */
export async function factsOf(
  found: Account,
  {
    tenant,
    places,
    ask,
    logs,
  }: { tenant: Tenant; places: readonly PersonAt[]; ask: Ask; logs: Logs | undefined },
): Promise<{ facts: AccessFacts; unknown: Untold[] }> {
  const { name, title } = tenant
  const unknown: Untold[] = []
  const untold = (what: string, where = `the console of ${title}`) =>
    unknown.push({ tenant: name, what, where })
  const attempt = async <Told>(what: string, work: () => Promise<Told>): Promise<Told | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof IdentityError)) throw error
      untold(what, `${error.message} ${error.hint}`)
      return undefined
    }
  }
  const { id } = found
  const [read, shown, changes] = await Promise.all([
    // Some apps tell of groups in the record alone.
    found.groups === undefined && tenant.offers('readAccount')
      ? attempt('account', () => ask.one(name, 'readAccount', { id }))
      : undefined,
    tenant.offers('readAccess') ? attempt('access', () => ask.one(name, 'readAccess', { id })) : undefined,
    logs ? attempt('changes', () => changesOf(found, tenant, logs)) : undefined,
  ])
  const account: Account = { ...found, ...read }
  if (!logs) untold('changes', 'a caller who may read logs (scope identity:audit)')
  const { unknown: more = [], ...access } = shown ?? {}
  for (const { what, where } of more) untold(what, where)
  for (const note of changes?.notes ?? []) untold('changes', note)
  const missing = [
    ...(account.status === 'unknown' ? ['status'] : []),
    ...(account.groups === undefined ? ['groups'] : []),
    ...(account.role === undefined && access.roles === undefined ? ['roles'] : []),
    ...(account.lastSignInAt === undefined ? ['last sign-in'] : []),
    ...(access.sessions === undefined ? ['sessions'] : []),
    ...(access.factors === undefined ? ['factors'] : []),
  ]
  const told = new Set(more.map(({ what }) => what))
  const rest = missing.filter((what) => !told.has(what))
  if (rest.length > 0) untold(rest.join(', '))
  const provisionedBy =
    access.provisionedBy ?? (await attempt('who provisions it', () => sourceOf(account, tenant, places, ask)))
  return {
    facts: {
      account,
      ...access,
      ...(provisionedBy !== undefined && { provisionedBy }),
      changes: changes?.events ?? [],
    },
    unknown,
  }
}

async function changesOf({ userName }: Account, tenant: Tenant, logs: Logs) {
  const until = new Date()
  const since = new Date(until.getTime() - CHANGES_SINCE_MS)
  const asked = { user: userName, role: 'target', since, until, limit: MOST_CHANGES } as const
  const { events, notes, complete, next } = await readAudit(tenant, logs, asked, {})
  // More changes than are shown are no gap: these are the last ones.
  return { events, notes: complete || next || notes.length > 0 ? notes : ['The log may not be whole.'] }
}

/** The source of people that provisions an account, and what that means for a change; undefined if none is known to. */
async function sourceOf(
  account: Account,
  { settings }: Tenant,
  places: readonly PersonAt[],
  ask: Ask,
): Promise<string | undefined> {
  if (settings.source) return undefined
  for (const { tenant, accounts } of places) {
    const found = tenant.settings.source ? await provisioningOf(account, tenant, accounts, ask) : undefined
    if (!found) continue
    const { name, settings } = tenant
    // An export writes nothing anywhere.
    return settings.file === undefined ? `${name}${throughApp(found)}: ${writtenBack(found)}` : name
  }
  return undefined
}
