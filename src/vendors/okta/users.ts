import type { AskedNames, RequestContext } from '../../domain/operations.ts'
import { Forbidden } from '../../errors.ts'
import type { AppMemory } from '../../store/app-memory.ts'
import { path } from '../http/client.ts'
import { asId, asWord, field, isRecord, type Rec } from '../http/values.ts'
import { everyRow } from '../records/reads.ts'
import type { RecordSource } from '../records/source.ts'
import { ask, type OktaApi, pageOf, refusesSearch } from './api.ts'
import { anyOf, asScim, readMore, searchFor, TAKES } from './profile.ts'

export interface OktaApp extends OktaApi {
  tenant: string
  memory: AppMemory
  externalIdAttribute: string
}

/** Okta's largest page of users (developer.okta.com, "List all users"). */
const PAGE_SIZE = 200
const MAX_PAGES = 500

const NO_EXTERNAL_ID_KEY = 'okta.noExternalId'
const NO_EXTERNAL_ID_TTL_MS = 24 * 60 * 60_000

/** The users of an organisation. */
export const oktaUsers = (app: OktaApp): RecordSource => ({
  origin: { tenant: app.tenant, vendor: 'okta', more: readMore, tells: ['admin'] },
  takes: TAKES,
  pageSize: PAGE_SIZE,
  maxPages: MAX_PAGES,
  asScim: asScim(app.externalIdAttribute),
  one: (id, context) => wholeUser(app, id, context),
  named: (asked, context) => named(app, asked, context),
  async page({ match, cursor }, context) {
    const search = searchFor(match)
    // Without a search Okta leaves deprovisioned users out.
    const query = { limit: PAGE_SIZE, search: search ?? 'id pr' }
    return pageOf(app, 'okta.users.read', { first: { path: '/users', query }, cursor }, context)
  },
})

/** The user with this id or login; undefined if there is none. */
export async function rawUser(
  app: OktaApi,
  idOrLogin: string,
  context: RequestContext,
): Promise<Rec | undefined> {
  // Okta cannot take a login with these in a path (developer.okta.com, "Retrieve a user").
  if (asId(idOrLogin) === undefined || /[/?\\]/.test(idOrLogin)) return undefined
  const body = (await ask(app, 'okta.users.read', { path: path`/users/${idOrLogin}` }, context))?.body
  return isRecord(body) ? body : undefined
}

/** The user with its groups and whether it is an administrator, as far as the token may know. */
async function wholeUser(app: OktaApp, id: string, context: RequestContext): Promise<Rec | undefined> {
  const user = await rawUser(app, id, context)
  // A login can look like an id.
  if (!user || user.id !== id) return undefined
  const [groups, administrator] = await Promise.all([
    ifAllowed(() => groupsOf(app, id, context)),
    ifAllowed(async () => (await rolesOf(app, id, context)).length > 0),
  ])
  return {
    ...user,
    ...(groups && { groups }),
    ...(administrator !== undefined && { administrator }),
  }
}

/** What is not for this token is not known. */
export async function ifAllowed<Told>(work: () => Promise<Told>): Promise<Told | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Forbidden) return undefined
    throw error
  }
}

/** The groups of a user in SCIM form. */
async function groupsOf(app: OktaApp, id: string, context: RequestContext): Promise<unknown[]> {
  const first = { path: path`/users/${id}/groups`, query: { limit: PAGE_SIZE } }
  return everyRow({
    fetch: (_, cursor) => pageOf(app, 'okta.groups.read', { first, cursor }, context),
    read(row) {
      const value = asId(field(row, 'id'))
      return value === undefined
        ? undefined
        : { id: value, item: { value, display: field(field(row, 'profile'), 'name') } }
    },
    pageSize: PAGE_SIZE,
    maxPages: MAX_PAGES,
  })
}

/** The administrator roles of a user, of its own and through groups. */
export async function rolesOf(app: OktaApi, id: string, context: RequestContext): Promise<string[]> {
  const answer = await ask(app, 'okta.roles.read', { path: path`/users/${id}/roles` }, context)
  const rows: readonly unknown[] = Array.isArray(answer?.body) ? answer.body : []
  return rows.flatMap((row) => asWord(field(row, 'label')) ?? asWord(field(row, 'type')) ?? [])
}

/**
 * Who bears the names. The login or id is asked for by itself: that answer is never out of date, as a search can be for
 * a few seconds after a change.
 */
async function named(
  app: OktaApp,
  { user, also = [] }: AskedNames,
  context: RequestContext,
): Promise<readonly unknown[]> {
  const direct = await Promise.all([user, ...also].map((name) => rawUser(app, name, context)))
  const found = await Promise.all(
    [user, ...also].map(async (name) => {
      const known = await app.memory.get<boolean>(NO_EXTERNAL_ID_KEY)
      try {
        return await search(app, name, known !== true, context)
      } catch (error) {
        if (known || !refusesSearch(error)) throw error
        const rows = await search(app, name, false, context)
        // Only the attribute that not every organisation has made the difference.
        await app.memory.set(NO_EXTERNAL_ID_KEY, true, NO_EXTERNAL_ID_TTL_MS)
        return rows
      }
    }),
  )
  return [...direct.filter((one) => one !== undefined), ...found.flat()]
}

function search(
  app: OktaApp,
  name: string,
  withExternalId: boolean,
  context: RequestContext,
): Promise<unknown[]> {
  const attributes = [
    ...['profile.login', 'profile.email', 'profile.secondEmail'],
    ...(withExternalId ? [`profile.${app.externalIdAttribute}`] : []),
  ]
  const first = { path: '/users', query: { search: anyOf(attributes, name), limit: PAGE_SIZE } }
  return everyRow({
    fetch: (_, cursor) => pageOf(app, 'okta.users.read', { first, cursor }, context),
    read: (row) => ({ id: asId(field(row, 'id')) ?? JSON.stringify(row), item: row }),
    pageSize: PAGE_SIZE,
    maxPages: MAX_PAGES,
  })
}
