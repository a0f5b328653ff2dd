import type { IncomingHttpHeaders } from 'node:http'
import type { Incoming, Reply, Token } from '../http-types.ts'
import { errorReply } from './reply.ts'
import { ScimError } from './schema.ts'

/** The token of an `Authorization: Bearer` header (RFC 6750). */
export const bearer = ({ authorization }: IncomingHttpHeaders): string | undefined =>
  /^Bearer (.+)$/i.exec(authorization ?? '')?.[1]

/** The token of a header of its own, which has no scheme. */
export const bareIn =
  (header: string) =>
  (headers: IncomingHttpHeaders): string | undefined => {
    const value = headers[header]
    return typeof value === 'string' ? value : undefined
  }

/** The refusal of a request whose token is not this one, or has expired. */
export function bearerRefusal(
  { slot }: Incoming,
  { slot: expected, expiresAt }: Token & { expiresAt?: number | undefined },
  now: number,
): Reply | undefined {
  if (slot === expected && (expiresAt === undefined || expiresAt > now)) return undefined
  const reply = errorReply(new ScimError(401, 'Invalid token'), 'application/scim+json')
  return { ...reply, headers: { 'www-authenticate': 'Bearer' } }
}
