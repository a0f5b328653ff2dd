import {
  Conflict,
  type ErrorDetails,
  Forbidden,
  type IdentityError,
  RateLimited,
  Refused,
  Unauthorized,
  Unsupported,
  WrongAddress,
} from '../../errors.ts'
import { causeOf, type Effect, toError } from '../http/errors.ts'
import type { Failure } from '../http/reply.ts'
import { asText, asWord, field, parseJson } from '../http/values.ts'

/** OAuth scopes of Okta's API (developer.okta.com, "OAuth 2.0 scopes"). An API token has what its maker may do. */
export const SCOPES = [
  'okta.users.read',
  'okta.users.manage',
  'okta.groups.read',
  'okta.groups.manage',
  'okta.apps.read',
  'okta.roles.read',
  'okta.logs.read',
] as const
export type Scope = (typeof SCOPES)[number]

/** Where a scope is granted, in the words of the Admin Console. */
export const whereToGrant = (scopes: string): string =>
  `Grant ${scopes} to the service app: Okta Admin Console, Applications > the app > Okta API Scopes.`

/** What Okta said when it refused; its texts can repeat what users typed, so none of them is shown. */
export interface Said {
  /** Its error code (developer.okta.com, "Okta API error codes"). */
  code?: string
  /** It has another record of this name. */
  isDuplicate: boolean
}

export function saidIn(text: string): Said {
  const body = parseJson(text)
  const code = asText(field(body, 'errorCode'), 16)
  const causes = field(body, 'errorCauses')
  const texts = Array.isArray(causes) ? causes.map((cause) => asWord(field(cause, 'errorSummary')) ?? '') : []
  return {
    ...(code !== undefined && /^E\d{7}$/.test(code) && { code }),
    isDuplicate: texts.some((one) => /already exists/i.test(one)),
  }
}

/**
 * The scopes that a request lacked: Okta names them in the header `WWW-Authenticate` alone (support.okta.com,
 * "insufficient_scope Error when Making a Request to an OAuth or Management Endpoint").
 */
export function missingScopes(challenge = ''): string | undefined {
  if (!/\berror="insufficient_scope"/.test(challenge)) return undefined
  const [, named = ''] = /\bscope="([^"]{1,200})"/.exec(challenge) ?? []
  return named
    .split(' ')
    .filter((word) => /^okta(\.[A-Za-z]+){1,3}$/.test(word))
    .join(' or ')
}

type Template = readonly [
  Kind: new (message: string, hint: string, details: ErrorDetails) => IdentityError,
  message: string,
  hint: string,
]

const REFUSED: Template = [
  Refused,
  'Okta refused the change: the user is not in a state for it, or a value is not valid or kept by another system.',
  'Look the account up with find_user: `state` is its state in Okta.',
]
const NO_ROLE: Template = [
  Forbidden,
  'The administrator role of the token does not allow this.',
  'Give the administrator who made the API token, or the service app, a role that does: Okta Admin Console, ' +
    'Security > Administrators.',
]
const TOKEN: Template = [
  Unauthorized,
  'Okta does not accept the token.',
  'check_token says more. An API token lapses after 30 days without use, and with its maker’s account.',
]

/** developer.okta.com, "Okta API error codes". */
const BY_CODE: ReadonlyMap<string | undefined, Template> = new Map([
  ['E0000005', TOKEN],
  ['E0000011', TOKEN],
  ['E0000006', NO_ROLE],
  ['E0000015', NO_ROLE],
  ['E0000031', [Unsupported, 'Okta cannot search by this.', 'Search by the login, the email or the id.']],
])

/** Refusals of a change. */
const CHANGE_BY_CODE: ReadonlyMap<string | undefined, Template> = new Map([
  ['E0000001', REFUSED],
  ['E0000016', REFUSED],
  ['E0000038', REFUSED],
  ['E0000077', REFUSED],
  ['E0000078', REFUSED],
  ['E0000112', REFUSED],
])

const NOWHERE: Template = [
  WrongAddress,
  'There is no Okta API at the address of this tenant.',
  'Check `url` of this tenant: https://acme.okta.com, never the address of the Admin Console (acme-admin).',
]
const DUPLICATE: Template = [
  Conflict,
  'Okta has a record with this name already.',
  'Look it up with find_user or list_groups.',
]

/** The error for a refusal. */
export function refusal(
  failure: Failure,
  { said, effect, challenge }: { said: Said; effect: Effect; challenge: string | undefined },
): IdentityError {
  const cause = causeOf(failure)
  const scopes = failure.status === 403 ? missingScopes(challenge) : undefined
  if (scopes !== undefined) {
    return new Forbidden(
      scopes === '' ? 'The service app lacks a scope.' : `The service app lacks the scope ${scopes}.`,
      scopes === '' ? 'check_token says which.' : whereToGrant(scopes),
      { cause },
    )
  }
  if (failure.status === 429) {
    const { retryAt } = failure
    return new RateLimited('Okta limits our requests.', 'Try again at `retryAt`.', {
      cause,
      ...(retryAt !== undefined && { retryAt }),
    })
  }
  // Okta says of a record that it does not have which one; a gateway does not.
  const isNowhere = effect === 'reads' && failure.status === 404 && said.code === undefined
  const template = isNowhere
    ? NOWHERE
    : failure.status >= 400 && failure.status < 500
      ? effect === 'writes' && said.isDuplicate
        ? DUPLICATE
        : (BY_CODE.get(said.code) ?? (effect === 'writes' ? CHANGE_BY_CODE.get(said.code) : undefined))
      : undefined
  if (!template) return toError(failure, effect)
  const [Kind, message, hint] = template
  return new Kind(message, hint, { cause })
}
