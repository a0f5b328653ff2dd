import { randomBytes } from 'node:crypto'
import type { Incoming, Reply, Route, Token } from '../http-types.ts'
import { fail } from './envelope.ts'
import { type GainsightToken, newToken } from './tokens.ts'

export const M2M = '/v1/users/m2m/oauth/token'
/** The first is from "Okta Gainsight SCIM Setup"; connectors use the other one. */
export const REFRESH = ['/v1/users/oauth/access/token', '/v1/users/oauth/token'] as const

/** The OAuth server of a simulated Gainsight tenant, with one client. */
export interface Oauth {
  readonly clientId: string
  readonly clientSecret: string
  /** The current refresh token; each one works once. */
  refreshToken: string
  /** Lifetime of an access token in seconds. */
  lifetime: number
  /** How many access tokens it has issued. */
  fetched: number
  /** Revokes every access token. */
  revoke(): void
}

interface OpenOauth extends Oauth {
  /** The issued access tokens. */
  tokens(): readonly GainsightToken[]
  /** The other secrets that a request can contain. */
  secrets(): readonly Token[]
  routes: readonly Route[]
}

const secret = (kind: string) => `sandbox-gs-${kind}-${randomBytes(12).toString('hex')}`

const DAY_S = 86_400

export function openOauth(now: () => number, given: Partial<Pick<Oauth, 'lifetime'>> = {}): OpenOauth {
  let issued: GainsightToken[] = []
  const oauth: OpenOauth = {
    clientId: 'sandbox-gs-client',
    clientSecret: secret('secret'),
    refreshToken: secret('refresh'),
    lifetime: given.lifetime ?? DAY_S,
    fetched: 0,
    revoke() {
      issued = []
    },
    tokens: () => issued,
    secrets: () => [
      { slot: 'client', value: basic() },
      { slot: 'client', value: oauth.clientSecret },
      { slot: 'refresh', value: oauth.refreshToken },
    ],
    routes: [
      { method: 'POST', path: M2M, run: byClient },
      ...REFRESH.map((path): Route => ({ method: 'POST', path, run: byRefreshToken })),
    ],
  }
  const basic = () => Buffer.from(`${oauth.clientId}:${oauth.clientSecret}`).toString('base64')

  function issue(): GainsightToken {
    oauth.fetched++
    const token = newToken('scim', { expiresAt: now() + oauth.lifetime * 1000 })
    issued = [...issued.filter(({ expiresAt = 0 }) => expiresAt > now()), token]
    return token
  }
  const reply = (extra: object = {}) =>
    tokenReply({ access_token: issue().value, token_type: 'Bearer', expires_in: oauth.lifetime, ...extra })

  function byClient({ presented, text }: Incoming): Reply {
    if (presented !== basic()) return fail('GS_APIG_2401')
    const grant = new URLSearchParams(text).get('grant_type') ?? 'client_credentials'
    return grant === 'client_credentials' ? reply() : oauthError('unsupported_grant_type')
  }

  // RFC 6749, 6: the client authenticates in the header or, as some clients do, in the body.
  function byRefreshToken({ presented, text }: Incoming): Reply {
    const form = new URLSearchParams(text)
    const known =
      presented === basic() ||
      (form.get('client_id') === oauth.clientId && form.get('client_secret') === oauth.clientSecret)
    if (!known) return oauthError('invalid_client', 401)
    if (form.get('grant_type') !== 'refresh_token') return oauthError('unsupported_grant_type')
    if (form.get('refresh_token') !== oauth.refreshToken) return oauthError('invalid_grant')
    oauth.refreshToken = secret('refresh')
    return reply({ refresh_token: oauth.refreshToken })
  }

  return oauth
}

const tokenReply = (body: object): Reply => ({
  status: 200,
  headers: { 'cache-control': 'no-store', pragma: 'no-cache' },
  body,
})

const oauthError = (error: string, status = 400): Reply => ({ status, body: { error } })
