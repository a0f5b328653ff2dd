import {
  Conflict,
  Forbidden,
  type IdentityError,
  NotFound,
  Refused,
  Unauthorized,
  WrongAddress,
} from '../../errors.ts'
import type { AppReply } from '../../guards/request.ts'
import { causeOf, type Effect, toError } from '../http/errors.ts'
import type { Failure } from '../http/reply.ts'
import { asWord, field, parseJson } from '../http/values.ts'
import { SCOPES, type Scope, scopeUrl } from './scopes.ts'

/** developers.google.com/workspace/admin/directory/v1/limits; the last one is of older projects. */
const RATE_REASONS = new Set([
  'userRateLimitExceeded',
  'rateLimitExceeded',
  'quotaExceeded',
  'dailyLimitExceeded',
])

/**
 * Google's own word for a refusal: `{ error: { code, message, errors: [{ domain, reason, message }], status, details } }`
 * (developers.google.com/workspace/admin/directory/v1/limits). Its texts can repeat what users typed.
 */
export function reasonIn(text: string): string | undefined {
  const error = field(parseJson(text), 'error')
  const [errors, details] = [field(error, 'errors'), field(error, 'details')]
  const words = [
    ...[Array.isArray(errors) ? errors : [], Array.isArray(details) ? details : []].flat(),
    { reason: field(error, 'status') },
  ].flatMap((one) => asWord(field(one, 'reason')) ?? [])
  return words.find((word) => /^\w{1,64}$/.test(word))
}

/** Google answers 403 for some of its rate limits. */
export const rateLimitAs429 = (reply: AppReply): AppReply =>
  reply.status === 403 && RATE_REASONS.has(reasonIn(reply.text) ?? '') ? { ...reply, status: 429 } : reply

interface Asked {
  scope: Scope
  /** The administrator that the token acts for. */
  admin: string
}

export const DELEGATION =
  'Admin console, Security > Access and data control > API controls > Domain-wide delegation'

export const lacksScope = (scope: Scope): string =>
  `The service account does not have the scope ${scopeUrl(scope)}.`

const notDelegated = ({ scope }: Asked, cause: Error): IdentityError =>
  new Forbidden(
    lacksScope(scope),
    `Add it to the client ID of the service account: ${DELEGATION}. It can take up to 24 hours to work.`,
    { cause },
  )

/** Why the token endpoint gave none (developers.google.com/identity/protocols/oauth2/service-account, "JWT error codes"). */
export function tokenRefused(failure: Failure, asked: Asked): IdentityError | undefined {
  const { said, status } = failure
  const cause = causeOf(failure)
  if (status !== 400 && status !== 401 && status !== 403) return undefined
  if (/\b(unauthorized_client|access_denied|invalid_scope)\b/.test(said)) return notDelegated(asked, cause)
  if (/\binvalid email\b/i.test(said)) {
    return new Unauthorized(
      `Google has no user ${asked.admin}, for whom the service account is to act.`,
      'Set `admin` of this tenant to the primary address of an administrator who is not suspended.',
      { cause },
    )
  }
  if (/\baccount not found\b|\binvalid_client\b/i.test(said)) {
    return new Unauthorized(
      'The service account was deleted or disabled.',
      'Enable it, or make another one: Google Cloud console, IAM & Admin > Service Accounts.',
      { cause },
    )
  }
  if (/\bsignature\b/i.test(said)) {
    return new Unauthorized(
      'Google does not accept the key of the service account: it was deleted or replaced.',
      'Make a new one: Google Cloud console, IAM & Admin > Service Accounts > the account > Keys.',
      { cause },
    )
  }
  if (/\btimeframe\b|\bshort-lived\b/i.test(said)) {
    return new Unauthorized(
      'Google does not accept the time in the request for a token.',
      'Set the clock of this machine.',
      { cause },
    )
  }
  return undefined
}

type Made = (asked: Asked, cause: Error, effect: Effect) => IdentityError | undefined

const notEnabled: Made = (_, cause) =>
  new Forbidden(
    'The Admin SDK API is not enabled in the Google Cloud project of the service account.',
    'Enable it: Google Cloud console, APIs & Services > Library > Admin SDK API.',
    { cause },
  )
const scopeMissing: Made = (asked, cause) => notDelegated(asked, cause)
const refusedValue: Made = (_, cause, effect) =>
  effect === 'writes'
    ? new Refused(
        'Google refused the change: a value is not valid, or the account is not in a state for it.',
        'Look the account up with find_user; `custom` shows its state in Google.',
        { cause },
      )
    : undefined
const exists: Made = (_, cause) =>
  new Conflict(
    'Google has this already: an address belongs to one account or group, also as an alias.',
    'Look the address up with find_user.',
    { cause },
  )
const domainUnknown: Made = (_, cause) =>
  new WrongAddress('This Workspace has no such domain.', 'Check `domain` and `admin` of this tenant.', {
    cause,
  })

const BY_REASON: ReadonlyMap<string | undefined, Made> = new Map<string, Made>([
  ['accessNotConfigured', notEnabled],
  ['SERVICE_DISABLED', notEnabled],
  ['insufficientPermissions', scopeMissing],
  ['ACCESS_TOKEN_SCOPE_INSUFFICIENT', scopeMissing],
  [
    'domainCannotUseApis',
    (_, cause) =>
      new Forbidden(
        'The Workspace does not let APIs in.',
        'Admin console, Security > Access and data control > API controls > Settings.',
        { cause },
      ),
  ],
  ['domainNotFound', domainUnknown],
  ['duplicate', exists],
  ['conditionNotMet', refusedValue],
  ['failedPrecondition', refusedValue],
  ['invalid', refusedValue],
  ['invalidInput', refusedValue],
  ['badRequest', refusedValue],
])

const forbidden = ({ scope, admin }: Asked, cause: Error): IdentityError =>
  new Forbidden(
    `The administrator role of ${admin}, for whom the service account acts, does not allow this.`,
    `It needs ${SCOPES[scope]}: Admin console, Account > Admin roles. Only a super administrator can change ` +
      'administrators.',
    { cause },
  )

/** The error for an answer that refuses a request. */
export function refusal(
  failure: Failure,
  { reason, effect, ...asked }: Asked & { reason: string | undefined; effect: Effect },
): IdentityError {
  const cause = causeOf(failure)
  if (failure.status >= 500) return toError(failure, effect)
  const known = BY_REASON.get(reason)?.(asked, cause, effect)
  if (known) return known
  if (failure.status === 403 && failure.form !== 'html') return forbidden(asked, cause)
  if (failure.status === 401) {
    return new Unauthorized('Google does not accept the token.', 'check_token says more.', { cause })
  }
  if (failure.status === 404) {
    return new WrongAddress(
      'There is no Admin SDK at the address of this tenant.',
      'Check `url` of this tenant, or leave it out.',
      { cause },
    )
  }
  return toError(failure, effect)
}

export const noSuchRecord = (): IdentityError =>
  new NotFound('Google does not have this user or group.', 'Look it up again with find_user or list_groups.')
