import type { AskedNames, Match, RequestContext } from '../../domain/operations.ts'
import { isComparedAlike, spellingsOf } from '../../domain/same.ts'
import type { AppMemory } from '../../store/app-memory.ts'
import { path } from '../http/client.ts'
import { asId, asWord, field, isRecord, type Rec } from '../http/values.ts'
import { everyRow, recordIn } from '../records/reads.ts'
import type { RecordSource } from '../records/source.ts'
import { administrators } from './administrators.ts'
import { ask, ifAllowed, type OktaApi, pagesOf, refusesSearch } from './api.ts'
import { asScim, readMore, TAKES } from './profile.ts'
import { anyOf, equals, searchFor } from './search.ts'

export interface OktaApp extends OktaApi {
  tenant: string
  memory: AppMemory
  externalIdAttribute: string
  /** Users per page, and the most pages of them. */
  pageSize: number
  maxPages: number
}

/** The users of an organisation. Only a record that is read by its id tells whether it is an administrator's. */
export const oktaUsers = (app: OktaApp): RecordSource => ({
  origin: { tenant: app.tenant, vendor: 'okta', more: readMore, tells: ['admin'] },
  takes: TAKES,
  pageSize: app.pageSize,
  maxPages: app.maxPages,
  asScim: asScim(app.externalIdAttribute),
  one: (id, context) => wholeUser(app, id, context),
  async named(asked, context) {
    // A search can be out of date for some seconds after a change, a record that is asked for by itself is not.
    const direct = await byLogin(app, asked, context)
    return { direct, searched: await bySearch(app, asked, context) }
  },
  again: (id, context) => userWithId(app, id, context),
  async page({ match, start, cursor }, context) {
    if (match.admin === true) return { rows: await administrators(app, context), last: true }
    const query = { limit: app.pageSize, search: searchFor(match) }
    const page = await pagesOf(app, 'okta.users.read', { path: '/users', query }, context)(start, cursor)
    return {
      ...page,
      rows: page.rows.map((row) => (showsAddresses(row, match) ? row : { id: field(row, 'id') })),
    }
  },
  searchesEmail: true,
})

/** An address that is compared here alone can be one that the token may not see; Okta tells of one that is not there, too. */
const showsAddresses = (row: unknown, { email }: Match): boolean =>
  email === undefined ||
  isComparedAlike(email) ||
  ['email', 'secondEmail'].every((name) => field(field(row, 'profile'), name) !== undefined)

/** What can stand in a path: Okta takes no login with a slash there, `me` is whose token it is ("Retrieve a user"). */
const isPathWord = (name: string): boolean => asId(name) !== undefined && !/[/?#\\%;]|^me$/i.test(name)

/** The user with this id or login, or whose login begins so; undefined if there is none. */
export async function rawUser(
  app: OktaApi,
  idOrLogin: string,
  context: RequestContext,
): Promise<Rec | undefined> {
  if (!isPathWord(idOrLogin)) return undefined
  return recordIn(await ask(app, 'okta.users.read', { path: path`/users/${idOrLogin}` }, context))
}

/** The user with this id, and no other: a login can look like an id. */
async function userWithId(app: OktaApp, id: string, context: RequestContext): Promise<Rec | undefined> {
  const user = await rawUser(app, id, context)
  return user?.id === id ? user : undefined
}

/** The user with its groups and whether it is an administrator, as far as the token may know. */
async function wholeUser(app: OktaApp, id: string, context: RequestContext): Promise<Rec | undefined> {
  const user = await userWithId(app, id, context)
  if (!user) return undefined
  const [groups, roles] = await Promise.all([
    ifAllowed(() => groupsOf(app, id, context)),
    ifAllowed(() => rolesOf(app, id, context)),
  ])
  return { ...user, ...(groups && { groups }), ...(roles && { administrator: roles.length > 0 }) }
}

/** The groups of a user in SCIM form. */
async function groupsOf(app: OktaApp, id: string, context: RequestContext): Promise<unknown[]> {
  const first = { path: path`/users/${id}/groups`, query: { limit: app.pageSize } }
  return everyRow({
    fetch: pagesOf(app, 'okta.users.read', first, context),
    read(row) {
      const value = asId(field(row, 'id'))
      return value === undefined
        ? undefined
        : { id: value, item: { value, display: field(field(row, 'profile'), 'name') } }
    },
    pageSize: app.pageSize,
    maxPages: app.maxPages,
  })
}

/** The administrator roles of a user, of its own and through groups (developer.okta.com, "List all user role assignments"). */
export async function rolesOf(app: OktaApi, id: string, context: RequestContext): Promise<string[]> {
  const { rows } = await pagesOf(app, 'okta.roles.read', { path: path`/users/${id}/roles` }, context)(1)
  return rows.map(
    (row) => asWord(field(row, 'label')) ?? asWord(field(row, 'type')) ?? 'a role without a name',
  )
}

/** Who has one of the names as login or id, asked for one by one. */
async function byLogin(
  app: OktaApp,
  { user, also = [] }: AskedNames,
  context: RequestContext,
): Promise<Rec[]> {
  const found = await Promise.all(
    [user, ...also].flatMap(spellingsOf).map(async (name) => {
      if (isPathWord(name)) return (await rawUser(app, name, context)) ?? []
      // A filter compares exactly, and is as fresh as a record.
      return (await everyUser(app, { filter: equals('profile.login', name) }, context)).filter(isRecord)
    }),
  )
  return found.flat()
}

/** Names in one search: Okta refuses an "overly complex or long search query" (developer.okta.com, "List all users"). */
const MAX_NAMES_SEARCHED = 5

/** Who bears one of the names, by Okta's index. */
async function bySearch(
  app: OktaApp,
  { user, also = [] }: AskedNames,
  context: RequestContext,
): Promise<unknown[]> {
  const { memory, externalIdAttribute } = app
  const usual = ['profile.login', 'profile.email', 'profile.secondEmail']
  const own = `profile.${externalIdAttribute}`
  const names = [user, ...also]
  const parts = Array.from({ length: Math.ceil(names.length / MAX_NAMES_SEARCHED) }, (_, index) =>
    names.slice(index * MAX_NAMES_SEARCHED, (index + 1) * MAX_NAMES_SEARCHED),
  )
  const search = async (attributes: readonly string[]) =>
    (
      await Promise.all(parts.map((part) => everyUser(app, { search: anyOf(attributes, part) }, context)))
    ).flat()

  const lacks = `okta.lacks.${externalIdAttribute}`
  if ((await memory.get<boolean>(lacks)) === true) return search(usual)
  try {
    return await search([...usual, own])
  } catch (error) {
    if (!refusesSearch(error)) throw error
    const rows = await search(usual)
    try {
      return [...rows, ...(await search([own]))]
    } catch (refused) {
      if (!refusesSearch(refused)) throw refused
      // Okta refuses this attribute alone: it is the one that not every organisation has.
      await memory.set(lacks, true, LACKS_TTL_MS)
      return rows
    }
  }
}

const LACKS_TTL_MS = 24 * 60 * 60_000

const everyUser = (
  app: OktaApp,
  narrowed: { search: string } | { filter: string },
  context: RequestContext,
): Promise<unknown[]> =>
  everyRow({
    fetch: pagesOf(
      app,
      'okta.users.read',
      { path: '/users', query: { limit: app.pageSize, ...narrowed } },
      context,
    ),
    read: (row) => ({ id: asId(field(row, 'id')) ?? JSON.stringify(row), item: row }),
    pageSize: app.pageSize,
    maxPages: app.maxPages,
  })
