import type { Secret } from '../../secret.ts'
import { claimsIn } from '../http/probe.ts'
import { asWord } from '../http/values.ts'

/**
 * The application permissions that a token has (claim `roles`); undefined if it cannot be read. Microsoft sends the claim
 * only where there is something in it (learn.microsoft.com/entra/identity-platform/access-token-claims-reference). It is
 * read to say what is missing, never to decide what is sent: Graph decides.
 */
export function grantedIn(token: Secret): ReadonlySet<string> | undefined {
  const claims = claimsIn(token)
  if (claims?.aud === undefined) return undefined
  const { roles } = claims
  return new Set((Array.isArray(roles) ? roles : []).flatMap((role) => asWord(role) ?? []))
}
