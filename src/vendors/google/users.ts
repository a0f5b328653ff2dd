import type { AskedNames, Match, RequestContext } from '../../domain/operations.ts'
import { isComparedAlike, sameAddress, spellingsOf } from '../../domain/same.ts'
import { Forbidden } from '../../errors.ts'
import { path } from '../http/client.ts'
import { asId, asText, field, isRecord, type Rec } from '../http/values.ts'
import { recordIn } from '../records/reads.ts'
import type { NamedRecords, RecordSource } from '../records/source.ts'
import { partsOf } from '../scim/names.ts'
import { ask, CUSTOMER, DIRECTORY, everyRowOf, type GoogleApi, ifAllowed, type List, pageOf } from './api.ts'
import { domainsOf } from './domains.ts'
import { TAKES } from './edit.ts'
import { asScim, isAdministrator, otherIdsOf, readMore } from './record.ts'
import { administratorIds, rolesOf } from './roles.ts'

export interface GoogleApp extends GoogleApi {
  tenant: string
  domain: string
  externalIdType: string
  /** Users per page. */
  pageSize: number
}

/** The most that a page can have (developers.google.com, "groups.list"). */
const GROUPS_PER_PAGE = 200
const MAX_PAGES = 500

const USERS = `${DIRECTORY}/users`

/** Users of all domains of the Workspace, those that a query finds. */
const usersBy = ({ pageSize }: GoogleApp, query: string | undefined): List => ({
  scope: 'admin.directory.user.readonly',
  path: USERS,
  query: { customer: CUSTOMER, projection: 'full', query },
  rows: 'users',
  pageSize,
})

/** The users of a Workspace. */
export const googleUsers = (app: GoogleApp): RecordSource => ({
  origin: { tenant: app.tenant, vendor: 'google', more: readMore, tells: ['admin'] },
  takes: TAKES,
  pageSize: app.pageSize,
  maxPages: MAX_PAGES,
  asScim: asScim(app.externalIdType),
  otherIdsOf,
  one: (id, context) => wholeUser(app, id, context),
  async named({ user, also = [] }: AskedNames, context) {
    const isOurs = ourDomains(app, context)
    const spelled = [user, ...also].flatMap(spellingsOf)
    const found = await Promise.all(spelled.map((name) => bearing(app, { name, isOurs }, context)))
    return {
      direct: found.flatMap(({ direct }) => direct),
      searched: found.flatMap(({ searched }) => searched),
    }
  },
  again: (id, context) => userWithId(app, id, context),
  called: (name, context) =>
    pageOf(app, usersBy(app, `name:${quoted(partsOf(name).whole)}`), undefined, context),
  async page({ match, cursor }, context) {
    const found = await pageOf(app, usersBy(app, queryFor(match)), cursor, context)
    const page = {
      ...found,
      rows: found.rows.map((row) => (showsEmails(row, match) ? row : { id: field(row, 'id') })),
    }
    if (match.admin === undefined) return page
    const administrators = await ifAllowed(() => administratorIds(app, context))
    return { ...page, rows: page.rows.map((row) => judged(row, administrators)) }
  },
  searchesEmail: true,
})

/** An address that is compared here alone can be one that the token may not see; of those that it may, there is the primary one. */
const showsEmails = (row: unknown, { email }: Match): boolean =>
  email === undefined || isComparedAlike(email) || field(row, 'emails') !== undefined

/**
 * A row that tells whether it is an administrator's: its own fields do not tell of a role through a group. Without the
 * right to read roles, nobody is known to be none.
 */
function judged(row: unknown, administrators: ReadonlySet<string> | undefined): unknown {
  if (!isRecord(row)) return row
  if (administrators) {
    return { ...row, administrator: administrators.has(asId(row.id) ?? '') || isAdministrator(row) }
  }
  const { isAdmin: _, isDelegatedAdmin: __, ...rest } = row
  return isAdministrator(row) ? row : rest
}

/** The user with this id, address or alias; undefined if there is none. It is never out of date, as a search can be. */
export async function rawUser(
  app: GoogleApi,
  key: string,
  context: RequestContext,
): Promise<Rec | undefined> {
  const request = { path: path`/admin/directory/v1/users/${key}`, query: { projection: 'full' } }
  return recordIn(await ask(app, 'admin.directory.user.readonly', request, context))
}

/** The user with this id, and no other. Google's ids are numbers: an external id that is asked for as an id is none. */
export async function userWithId(
  app: GoogleApi,
  id: string,
  context: RequestContext,
): Promise<Rec | undefined> {
  const user = /^\d+$/.test(id) ? await rawUser(app, id, context) : undefined
  return asId(user?.id) === id ? user : undefined
}

/** What can be a key of a user: an address, or Google's id, which is a number. Of anything else Google is not asked. */
export const isKey = (text: string): boolean =>
  asId(text) !== undefined && (/^\d+$/.test(text) || /^[^\s@/\\]+@[^\s@/\\]+\.[^\s@/\\]+$/.test(text))

/** The user with its groups and whether it is an administrator, as far as the token may know. */
async function wholeUser(app: GoogleApp, id: string, context: RequestContext): Promise<Rec | undefined> {
  const user = await userWithId(app, id, context)
  if (!user) return undefined
  const [groups, roles] = await Promise.all([
    ifAllowed(() => groupsOf(app, id, context)),
    ifAllowed(() => rolesOf(app, id, context)),
  ])
  return {
    ...user,
    ...(groups && { groups }),
    administrator: (roles ?? []).length > 0 || isAdministrator(user),
  }
}

/** The groups that the user is a member of itself, in SCIM form. */
async function groupsOf(app: GoogleApp, id: string, context: RequestContext): Promise<unknown[]> {
  const list: List = {
    scope: 'admin.directory.group.readonly',
    path: `${DIRECTORY}/groups`,
    query: { userKey: id },
    rows: 'groups',
    pageSize: GROUPS_PER_PAGE,
  }
  const rows = await everyRowOf(app, list, (row) => asId(field(row, 'id')), context)
  return rows.map((row) => ({ value: asId(field(row, 'id')), display: asText(field(row, 'name')) }))
}

type IsOurs = (domain: string) => Promise<boolean>

/** Whether the Workspace has a domain. The domains are read once, and only if they are needed. */
function ourDomains(app: GoogleApp, context: RequestContext): IsOurs {
  let domains: ReturnType<typeof domainsOf> | undefined
  return async (domain) => {
    if (sameAddress(domain, app.domain)) return true
    domains ??= domainsOf(app, context)
    return (await domains).some(({ name, aliases }) =>
      [name, ...aliases].some((one) => sameAddress(one, domain)),
    )
  }
}

interface Bearing {
  name: string
  isOurs: IsOurs
}

/** Who bears a name: by key first, then by what only the search knows. */
async function bearing(
  app: GoogleApp,
  { name, isOurs }: Bearing,
  context: RequestContext,
): Promise<NamedRecords> {
  const search = (query: string) =>
    everyRowOf(app, usersBy(app, query), (row) => asId(field(row, 'id')) ?? JSON.stringify(row), context)
  const [direct, byId, byAddress] = await Promise.all([
    byKey(app, { name, isOurs }, context),
    search(`externalId=${quoted(name)}`),
    // It also finds addresses that are no alias, such as a private one.
    name.includes('@') ? search(`email=${quoted(name)}`) : [],
  ])
  const own = direct ? [direct] : []
  // A key is exact: whoever has it shows it.
  return { direct: own, searched: [...own, ...byId, ...byAddress] }
}

/**
 * Google answers 403 for an address of a domain that the Workspace does not have, and for a user whom the administrator may
 * not see.
 */
async function byKey(
  app: GoogleApp,
  { name, isOurs }: Bearing,
  context: RequestContext,
): Promise<Rec | undefined> {
  if (!isKey(name)) return undefined
  try {
    return await rawUser(app, name, context)
  } catch (error) {
    const [, domain] = name.split('@')
    if (!(error instanceof Forbidden) || domain === undefined || (await isOurs(domain))) throw error
    return undefined
  }
}

/** What the search can narrow a list down by (developers.google.com, "Search for users"). */
const SEARCHED: Partial<Record<keyof Match, string>> = {
  userName: 'email',
  email: 'email',
  givenName: 'givenName',
  familyName: 'familyName',
  title: 'orgTitle',
  department: 'orgDepartment',
  externalId: 'externalId',
}

/** A query for what Google can search of a match; undefined if that is nothing. All else is compared here alone. */
export function queryFor(match: Match): string | undefined {
  const terms = Object.entries(SEARCHED).flatMap(([name, term]) => {
    const value = match[name as keyof Match]
    return typeof value === 'string' && isComparedAlike(value) ? [`${term}=${quoted(value)}`] : []
  })
  // Suspended or archived cannot be asked for: all terms must be true.
  const active = match.status === 'active' ? ['isSuspended=false', 'isArchived=false'] : []
  const all = [...terms, ...active]
  return all.length > 0 ? all.join(' ') : undefined
}

/** A value of a query: in single quotes, those within it behind a backslash. */
export const quoted = (value: string): string =>
  /^[\w.@+-]+$/.test(value) ? value : `'${value.replace(/[\\']/g, '\\$&')}'`
