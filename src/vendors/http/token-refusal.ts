import {
  BadReply,
  type ErrorDetails,
  Forbidden,
  type IdentityError,
  Unauthorized,
  WrongAddress,
} from '../../errors.ts'
import { causeOf, toError } from './errors.ts'
import type { Failure } from './reply.ts'

type Template = readonly [
  Kind: new (message: string, hint: string, details: ErrorDetails) => IdentityError,
  message: string,
  hint: string,
]

const CLIENT: Template = [
  Unauthorized,
  'The token endpoint does not accept the client.',
  'Check `clientId` and its secret or key.',
]

/** What a token endpoint says when it refuses (RFC 6749 §5.2, RFC 7521 §4.2.1), the most telling first. */
const TEMPLATES: readonly (readonly [RegExp, Template])[] = [
  [
    /\b(aud|audience)\b/i,
    [
      Unauthorized,
      'The token endpoint refuses the audience of the assertion.',
      'Set `audience` to what the app expects; it is the address of the token endpoint when left out.',
    ],
  ],
  [/\binvalid_client\b/i, CLIENT],
  [
    /\binvalid_scope\b/i,
    [
      Forbidden,
      'The token endpoint does not give the scope.',
      'Check `scope`, and which scopes the client has in the app’s console.',
    ],
  ],
  [
    /\b(unauthorized_client|unsupported_grant_type)\b/i,
    [
      Forbidden,
      'The token endpoint does not give this client a token by this grant.',
      'Check `grant`, and which grants the client has in the app’s console.',
    ],
  ],
  [
    /\binvalid_request\b/i,
    [
      BadReply,
      'The token endpoint does not understand the request.',
      'Check `grant`, and where the secret goes.',
    ],
  ],
]

const REFRESH_TOKEN: Template = [
  Unauthorized,
  'The refresh token is no longer accepted: it has expired, was revoked, or was replaced by a newer one.',
  'Put a new one into the settings.',
]
const GRANT: Template = [
  Unauthorized,
  'The token endpoint does not accept the grant: it is of another client or account, or no longer valid.',
  'Check what the grant names, and the clock of this machine.',
]

/** The error for a token that was not issued, with what to check. */
export function tokenRefusal(
  failure: Failure,
  { url, grant, whereToMake }: { url: URL; grant: { type: string }; whereToMake: string },
): IdentityError {
  const { status, form, said } = failure
  const details = { cause: causeOf(failure) }
  if (status === 404 || status === 405 || (form === 'html' && status < 500)) {
    return new WrongAddress(
      `There is no token endpoint at ${url.host}${url.pathname}.`,
      'Check `tokenUrl` of this tenant.',
      details,
    )
  }
  if (status !== 400 && status !== 401 && status !== 403) return toError(failure, 'reads')
  const ofGrant = grant.type === 'refresh_token' ? REFRESH_TOKEN : GRANT
  const templates = [...TEMPLATES, [/\binvalid_grant\b/i, ofGrant] as const]
  const [Kind, message, hint] = templates.find(([word]) => word.test(said))?.[1] ?? CLIENT
  return new Kind(message, `${hint} ${whereToMake}`, details)
}
