import type { Secret } from '../../secret.ts'
import { asWord, field, parseJson } from '../http/values.ts'

/**
 * The application permissions that a token has (claim `roles`); undefined if it cannot be read. Microsoft sends the claim
 * only where there is something in it (learn.microsoft.com/entra/identity-platform/access-token-claims-reference). It is
 * read to say what is missing, never to decide what is sent: Graph decides.
 */
export function grantedIn(token: Secret): ReadonlySet<string> | undefined {
  const [, payload, signature, ...more] = token.reveal().split('.')
  if (!payload || signature === undefined || more.length > 0) return undefined
  const claims = parseJson(Buffer.from(payload, 'base64url').toString('utf8'))
  if (field(claims, 'aud') === undefined) return undefined
  const roles = field(claims, 'roles')
  return new Set((Array.isArray(roles) ? roles : []).flatMap((role) => asWord(role) ?? []))
}
