import type { ScimUser } from '../directory.ts'
import { isObject, parseJson, type Route } from '../http-types.ts'
import { GoogleError, invalid, notAllowed, notFound } from './errors.ts'
import { type Asked, DIRECTORY, type Google, json, NOTHING, paged, routeOf } from './gate.ts'
import { matcherFor } from './query.ts'
import { patched, recordOf } from './user-record.ts'
import { extrasOf, groupByKey, isAdministrator, isOurs, userByKey, type Workspace } from './workspace.ts'

const READ = ['admin.directory.user.readonly', 'admin.directory.user']
const WRITE = ['admin.directory.user']
const SECURITY = ['admin.directory.user.security']

/** The user with this key. Google refuses addresses of domains that the Workspace does not have. */
export function userAt(workspace: Workspace, key: string): ScimUser {
  const user = userByKey(workspace, key)
  if (user) return user
  if (!key.includes('@')) throw /^\d+$/.test(key) ? notFound('userKey') : invalid('userKey')
  throw isOurs(workspace, key) ? notFound('userKey') : notAllowed()
}

/** The user that a write is for: only a super administrator can change administrators. */
function targetOf(google: Google, { ids: [key = ''], isSuper }: Asked): ScimUser {
  const user = userAt(google, key)
  if (isAdministrator(extrasOf(google, user)) && !isSuper) throw notAllowed()
  return user
}

export function usersApi(google: Google): Route[] {
  const { directory } = google
  const users = `${DIRECTORY}/users`
  return [
    routeOf(
      google,
      {
        method: 'GET',
        path: users,
        scopes: READ,
        query: [
          ...['customer', 'domain', 'query', 'projection', 'maxResults', 'pageToken', 'orderBy', 'sortOrder'],
          ...['viewType', 'showDeleted', 'customFieldMask'],
        ],
      },
      ({ query }) => {
        const [customer, domain] = [query.get('customer'), query.get('domain')]
        if (customer === null && domain === null) throw new GoogleError(400, 'badRequest', 'Bad Request')
        if (customer !== null && customer !== 'my_customer') throw notFound('customer')
        if (domain !== null && !isOurs(google, `x@${domain}`)) {
          throw new GoogleError(404, 'domainNotFound', 'Domain not found.')
        }
        const fits = matcherFor(query.get('query'), 'users')
        const rows = [...directory.users.values()]
          .filter(({ userName }) => domain === null || userName.toLowerCase().endsWith(`@${domain}`))
          .map((user) => recordOf(google, user, query.get('projection') ?? 'basic'))
          .filter(fits)
        return paged(rows, query, { kind: 'admin#directory#users', key: 'users', most: 500, usual: 100 })
      },
    ),
    routeOf(
      google,
      {
        method: 'GET',
        path: `${users}/:id`,
        scopes: READ,
        query: ['projection', 'viewType', 'customFieldMask'],
      },
      ({ ids: [key = ''], query }) =>
        json(recordOf(google, userAt(google, key), query.get('projection') ?? 'basic')),
    ),
    routeOf(google, { method: 'POST', path: users, scopes: WRITE }, ({ text, admin }) => {
      const user = inserted(google, parseJson(text))
      google.log(admin.userName, 'CREATE_USER', { USER_EMAIL: user.userName })
      return json(recordOf(google, user, 'full'))
    }),
    routeOf(
      google,
      {
        method: 'GET',
        path: `${DIRECTORY}/customer/:id/domains`,
        scopes: ['admin.directory.domain.readonly', 'admin.directory.domain'],
      },
      () =>
        json({
          kind: 'admin#directory#domains',
          domains: [
            { domainName: google.domain, isPrimary: true, verified: true },
            { domainName: 'pending.example', isPrimary: false, verified: false },
          ],
        }),
    ),
    routeOf(google, { method: 'PATCH', path: `${users}/:id`, scopes: WRITE }, (asked) => {
      const user = targetOf(google, asked)
      const body = parseJson(asked.text)
      if (!isObject(body)) throw new GoogleError(400, 'parseError', 'Parse Error')
      const { primaryEmail: address, suspended } = body
      const taken = typeof address === 'string' && (userByKey(google, address) ?? groupByKey(google, address))
      if (taken && taken.id !== user.id) throw new GoogleError(409, 'duplicate', 'Entity already exists.')
      const wasActive = user.active !== false
      const next = directory.putUser(patched(google, user, body))
      if (typeof suspended === 'boolean' && suspended === wasActive) {
        const event = suspended ? 'SUSPEND_USER' : 'UNSUSPEND_USER'
        google.log(asked.admin.userName, event, { USER_EMAIL: next.userName })
      }
      return json(recordOf(google, next, 'full'))
    }),
    routeOf(google, { method: 'POST', path: `${users}/:id/signOut`, scopes: SECURITY }, (asked) => {
      const extras = extrasOf(google, targetOf(google, asked))
      extras.signOuts = (extras.signOuts ?? 0) + 1
      return NOTHING
    }),
    ...credentialsApi(google, users),
  ]
}

/** A new user of a body (developers.google.com, "users.insert"). */
function inserted(google: Google, body: unknown): ScimUser {
  if (!isObject(body)) throw new GoogleError(400, 'parseError', 'Parse Error')
  const { password, changePasswordAtNextLogin, ...values } = body
  const { primaryEmail, name } = values
  if (typeof primaryEmail !== 'string')
    throw new GoogleError(400, 'required', 'Missing required field: primaryEmail')
  if (!isObject(name) || !name.givenName || !name.familyName) {
    throw new GoogleError(400, 'required', 'Missing required field: name')
  }
  if (typeof password !== 'string' || !/^[ -~]{8,100}$/.test(password)) throw invalid('password')
  if (primaryEmail.split('@')[1]?.toLowerCase() !== google.domain) {
    throw new GoogleError(404, 'domainNotFound', 'Domain not found.')
  }
  if (userByKey(google, primaryEmail) ?? groupByKey(google, primaryEmail)) {
    throw new GoogleError(409, 'duplicate', 'Entity already exists.')
  }
  google.passwords.push({ password, changePasswordAtNextLogin })
  const id = `2${String(google.passwords.length).padStart(20, '0')}`
  return google.directory.putUser(patched(google, { id, userName: primaryEmail, active: true }, values))
}

/** OAuth tokens and application passwords. These lists have no pages. */
function credentialsApi(google: Google, users: string): Route[] {
  const listOf = (what: 'tokens' | 'asps', kind: string) =>
    routeOf(
      google,
      { method: 'GET', path: `${users}/:id/${what}`, scopes: SECURITY },
      ({ ids: [key = ''] }) => {
        const user = userAt(google, key)
        const items = (extrasOf(google, user)[what] ?? []).map((one) => ({ ...one, userKey: user.id }))
        return json({ kind, etag: '"sandbox"', ...(items.length > 0 && { items }) })
      },
    )
  const removal = (what: 'tokens' | 'asps', id: (one: Record<string, unknown>) => string) =>
    routeOf(google, { method: 'DELETE', path: `${users}/:id/${what}/:id`, scopes: SECURITY }, (asked) => {
      const extras = extrasOf(google, targetOf(google, asked))
      const all: readonly Record<string, unknown>[] = extras[what] ?? []
      const left = all.filter((one) => id(one) !== asked.ids[1])
      if (left.length === all.length) throw notFound(what === 'tokens' ? 'clientId' : 'codeId')
      Object.assign(extras, { [what]: left })
      return NOTHING
    })
  return [
    listOf('tokens', 'admin#directory#tokenList'),
    listOf('asps', 'admin#directory#aspList'),
    removal('tokens', ({ clientId }) => String(clientId)),
    removal('asps', ({ codeId }) => String(codeId)),
  ]
}
