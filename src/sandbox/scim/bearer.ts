import type { IncomingHttpHeaders } from 'node:http'
import type { Incoming, Reply, Token } from '../http-types.ts'
import { errorReply } from './reply.ts'
import { ScimError } from './schema.ts'

/** The token of an `Authorization: Bearer` header (RFC 6750). */
export const bearer = ({ authorization }: IncomingHttpHeaders): string | undefined =>
  /^Bearer (.+)$/i.exec(authorization ?? '')?.[1]

/** The refusal of a request that bears another token than this one, or this one after its time. */
export function bearerRefusal(
  { slot }: Incoming,
  { slot: right, expiresAt }: Token & { expiresAt?: number | undefined },
  now: number,
): Reply | undefined {
  if (slot === right && (expiresAt === undefined || expiresAt > now)) return undefined
  const reply = errorReply(new ScimError(401, 'Invalid token'), 'application/scim+json')
  return { ...reply, headers: { 'www-authenticate': 'Bearer' } }
}
