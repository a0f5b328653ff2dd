import type { ScimUser } from '../directory.ts'
import type { Incoming, Reply, Route } from '../http-types.ts'
import { badToken, GoogleError, invalid, notAllowed, notEnabled, scopeMissing } from './errors.ts'
import type { GoogleToken } from './oauth.ts'
import { extrasOf, isAdministrator, userByKey, type Workspace } from './workspace.ts'

export const DIRECTORY = '/admin/directory/v1'

/** What the routes of the simulated Google have in common. */
export interface Google extends Workspace {
  tokenOf(incoming: Incoming): GoogleToken | undefined
  /** Whether the Admin SDK API is enabled. */
  isEnabled: () => boolean
  passwords: { password: string; changePasswordAtNextLogin: unknown }[]
  /** Writes to the admin log. */
  log(actor: string, name: string, parameters: Record<string, string>): void
}

/** A request that is let in. */
export interface Asked {
  query: URLSearchParams
  text: string
  ids: readonly string[]
  /** The administrator that the token acts for. */
  admin: ScimUser
  isSuper: boolean
}

interface Rule {
  method: string
  path: string
  /** Any of these will do. */
  scopes: readonly string[]
  /** The query parameters that it knows. */
  query?: readonly string[]
  /** Only super administrators may. */
  superOnly?: true
}

const ANYWHERE = ['alt', 'prettyPrint', 'fields', 'key', 'quotaUser', '$.xgafv']

/** A route for those who hold a token with one of the scopes, for somebody who is an administrator. */
export function routeOf(google: Google, rule: Rule, run: (asked: Asked) => Reply): Route {
  const { method, path, scopes, query = [], superOnly } = rule
  return {
    method,
    path,
    run(incoming, ...ids) {
      try {
        const token = google.tokenOf(incoming)
        if (!token || token.expiresAt <= google.now()) throw badToken()
        if (!google.isEnabled()) throw notEnabled()
        if (!token.scopes.some((scope) => scopes.includes(scope))) throw scopeMissing()
        const unknown = [...incoming.query.keys()].find((name) => ![...query, ...ANYWHERE].includes(name))
        if (unknown !== undefined) {
          throw new GoogleError(
            400,
            'badRequest',
            `Invalid JSON payload received. Unknown name "${unknown}": Cannot bind query parameter.`,
            { status: 'INVALID_ARGUMENT' },
          )
        }
        const admin = userByKey(google, token.sub)
        if (!admin || admin.active === false) throw badToken()
        const extras = extrasOf(google, admin)
        const isSuper = extras.isAdmin === true
        if (!isAdministrator(extras) || (superOnly && !isSuper)) throw notAllowed()
        return run({ query: incoming.query, text: incoming.text, ids, admin, isSuper })
      } catch (error) {
        if (error instanceof GoogleError) return error.reply
        throw error
      }
    },
  }
}

/** A page of rows, with the token of the next one. */
export function paged(
  rows: readonly unknown[],
  query: URLSearchParams,
  { kind, key, most, usual }: { kind: string; key: string; most: number; usual: number },
): Reply {
  const size = Number(query.get('maxResults') ?? usual)
  if (!Number.isInteger(size) || size < 1 || size > most) throw invalid('maxResults')
  const token = query.get('pageToken')
  const start = token === null ? 0 : startIn(token)
  const page = rows.slice(start, start + size)
  const end = start + page.length
  return {
    status: 200,
    type: 'application/json; charset=UTF-8',
    body: {
      kind,
      etag: '"sandbox"',
      ...(page.length > 0 && { [key]: page }),
      ...(end < rows.length && { nextPageToken: Buffer.from(`page ${end}`).toString('base64') }),
    },
  }
}

function startIn(token: string): number {
  const [, start] = /^page (\d+)$/.exec(Buffer.from(token, 'base64').toString('utf8')) ?? []
  if (start === undefined) throw invalid('pageToken')
  return Number(start)
}

export const json = (body: unknown): Reply => ({ status: 200, type: 'application/json; charset=UTF-8', body })
export const NOTHING: Reply = { status: 204 }
