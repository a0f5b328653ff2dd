import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Incoming, Reply, Token } from '../http-types.ts'
import { errorReply } from '../scim/reply.ts'
import { ScimError } from '../scim/schema.ts'
import { fail } from './envelope.ts'

export interface GainsightToken extends Token {
  slot: 'accessKey' | 'scim'
  /** Epoch milliseconds; default: never. */
  expiresAt?: number | undefined
  /** Whether a super admin made it; other tokens only read over SCIM (support.gainsight.com, "SCIM API"). */
  superAdmin: boolean
}

export const newToken = (
  slot: GainsightToken['slot'],
  given: Partial<GainsightToken> = {},
): GainsightToken => ({
  value: `sandbox-gs-${slot === 'scim' ? 'scim' : 'key'}-${randomBytes(12).toString('hex')}`,
  superAdmin: true,
  ...given,
  slot,
})

export const isScimPath = (path: string): boolean => /\/scim(\/|$)/.test(path)
export const isOauthPath = (path: string): boolean => /\/oauth\//.test(path)

/** The token that a request presents. Each API checks its own header first. */
export function presented(headers: IncomingHttpHeaders, path: string): string | undefined {
  const authorization = headers.authorization ?? ''
  if (isOauthPath(path)) return /^Basic (.+)$/i.exec(authorization)?.[1]
  const key = headers.accesskey?.toString()
  const bearer = /^Bearer (.+)$/i.exec(authorization)?.[1]
  return isScimPath(path) ? (bearer ?? key) : (key ?? bearer)
}

/** The refusal of a request. It hides whether the token is for the other API (stitchflow.com's Gainsight guide). */
export function refusal(
  { slot, path, method, presented, headers }: Incoming,
  tokens: readonly GainsightToken[],
  now: number,
): Reply | undefined {
  if (isOauthPath(path)) return undefined
  const surface = isScimPath(path) ? 'scim' : 'accessKey'
  if (surface === 'accessKey' && headers.accesskey === undefined && headers.authorization === undefined)
    return fail('GSOBJ_1024')
  const token = tokens.find(({ value }) => value === presented)
  const isLive = token?.expiresAt === undefined || token.expiresAt > now
  if (!token || slot !== surface || !isLive) return fail('GS_APIG_2401')
  if (surface === 'scim' && method !== 'GET' && !token.superAdmin)
    return errorReply(
      new ScimError(403, 'Only super admins can perform this operation'),
      'application/scim+json',
    )
  return undefined
}
