import type { Account, AuditEvent } from '../domain/account.ts'
import type { AccessShown } from '../domain/operations.ts'
import { IdentityError } from '../errors.ts'
import { sameText } from '../text/text.ts'
import type { Ask } from './ask.ts'
import { type Logs, readAudit } from './audit.ts'
import type { PersonAt } from './find-person.ts'
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
  const whole = async () => {
    const read = await ask.one(name, 'readAccount', { id: found.id })
    return read && { ...found, ...read }
  }
  // What a look-up found can lack what only the record has, such as groups.
  const account =
    (found.groups === undefined && tenant.offers('readAccount')
      ? await attempt('groups', whole)
      : undefined) ?? found
  const [shown, changes] = await Promise.all([
    tenant.offers('readAccess')
      ? attempt('access', () => ask.one(name, 'readAccess', { id: account.id }))
      : undefined,
    logs ? attempt('changes', () => changesOf(account, tenant, logs)) : undefined,
  ])
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
  if (missing.length > 0) untold(missing.join(', '))
  const provisionedBy = access.provisionedBy ?? sourceOf(account, tenant, places)
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

/** The source of people whose account bears this one's external id as its own id, or as its external id. */
function sourceOf(
  { externalId }: Account,
  { settings }: Tenant,
  places: readonly PersonAt[],
): string | undefined {
  if (externalId === undefined || settings.source) return undefined
  const isSame = (one: Account) => one.id === externalId || sameText(one.externalId ?? '', externalId)
  return places.find((place) => place.tenant.settings.source && place.accounts.some(isSame))?.tenant.name
}
