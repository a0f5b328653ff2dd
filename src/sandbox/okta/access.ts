import { randomBytes } from 'node:crypto'
import type { Incoming, Reply, Route } from '../http-types.ts'
import { fail, lacksScope } from './reply.ts'

/** What an API token may do by the role of whoever made it; a service app too, besides its scopes. */
export const PERMISSIONS = ['users', 'groups', 'apps', 'roles', 'logs'] as const
export type Permission = (typeof PERMISSIONS)[number]

/** A token of a simulated organisation. It is live. */
export interface OktaToken {
  slot: 'api' | 'bearer'
  value: string
  /** Of a service app’s token. */
  scopes?: readonly string[]
  expiresAt?: number
  permissions: Permission[]
}

export const newApiToken = (given: Partial<OktaToken> = {}): OktaToken => ({
  slot: 'api',
  value: `00sandbox${randomBytes(16).toString('hex')}`,
  permissions: [...PERMISSIONS],
  ...given,
})

/** The scope of a route, and the route. */
export type Scoped = readonly [scope: string, route: Route]

/** A route that needs a scope, and the permission for that part of the API. */
export function guarded(tokens: () => readonly OktaToken[], scope: string, { run, ...route }: Route): Route {
  const [, permission] = scope.split('.')
  return {
    ...route,
    run(incoming, id, other): Reply {
      const token = tokens().find(({ value }) => value === incoming.presented)
      const scopes = token?.scopes
      if (scopes && !scopes.includes(scope) && !scopes.includes(scope.replace(/read$/, 'manage'))) {
        return lacksScope(incoming, scope)
      }
      if (!token?.permissions.some((one) => one === permission)) return fail('E0000006')
      return run(incoming, id, other)
    },
  }
}

/** The token behind `SSWS` or `Bearer`, of which each is for one kind of token alone. */
export const presented = ({ authorization = '' }: Incoming['headers']): string | undefined =>
  /^(?:SSWS|Bearer) (.+)$/.exec(authorization)?.[1]

/** The refusal of a token that is not known, has expired, or came in the scheme of the other kind. */
export function refusal(incoming: Incoming, tokens: readonly OktaToken[]): Reply | undefined {
  const token = tokens.find(({ value }) => value === incoming.presented)
  const scheme = token?.slot === 'api' ? /^SSWS / : /^Bearer /
  const isGood =
    token && scheme.test(incoming.headers.authorization ?? '') && incoming.at < (token.expiresAt ?? Infinity)
  return isGood ? undefined : fail('E0000011')
}
