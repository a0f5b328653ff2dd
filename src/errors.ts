/** Every code that an error answer can have. Agents and tests rely on these words. */
export const ERROR_CODES = [
  'invalid_input',
  'unknown_tenant',
  'not_found',
  'ambiguous',
  'unsupported',
  'unauthorized',
  'wrong_token',
  'forbidden',
  'refused',
  'protected',
  'limit_reached',
  'read_only',
  'declined',
  'approval_denied',
  'approval_void',
  'approval_used',
  'conflict',
  'rate_limited',
  'unavailable',
  'timeout',
  'bad_reply',
  'unknown_outcome',
  'internal',
] as const
export type ErrorCode = (typeof ERROR_CODES)[number]

/** What an error can carry in addition to its message and hint. */
export interface ErrorDetails {
  cause?: unknown
  /** When the same call can succeed, epoch milliseconds. */
  retryAt?: number
  tenant?: string
  candidates?: readonly { tenant: string; id: string; userName: string }[]
  /** The fields that the app does not take. */
  fields?: readonly string[]
}

/** Base of every error thrown on purpose. Message and hint never contain an app's text. */
export abstract class IdentityError extends Error {
  abstract readonly code: ErrorCode
  /** What the agent or its person can do next. */
  readonly hint: string
  readonly details: Omit<ErrorDetails, 'cause'>

  constructor(message: string, hint: string, { cause, ...details }: ErrorDetails = {}) {
    super(message, { cause })
    this.name = new.target.name
    this.hint = hint
    this.details = details
  }

  /** Whether the same call can succeed later without any other change. */
  get retryable(): boolean {
    return false
  }
}

/** `retryAt` as ISO 8601, to spread into an answer; empty when there is none. */
export const isoRetryAt = ({ retryAt }: Pick<ErrorDetails, 'retryAt'>): { retryAt?: string } =>
  retryAt === undefined ? {} : { retryAt: new Date(retryAt).toISOString() }

abstract class RetryableError extends IdentityError {
  override get retryable(): boolean {
    return true
  }
}

export class InvalidInput extends IdentityError {
  readonly code = 'invalid_input'
}
export class UnknownTenant extends IdentityError {
  readonly code = 'unknown_tenant'
}
export class NotFound extends IdentityError {
  readonly code = 'not_found'
}
export class Ambiguous extends IdentityError {
  readonly code = 'ambiguous'
}
export class Unsupported extends IdentityError {
  readonly code = 'unsupported'
}
export class Unauthorized extends IdentityError {
  readonly code = 'unauthorized'
}
export class WrongToken extends IdentityError {
  readonly code = 'wrong_token'
}
export class Forbidden extends IdentityError {
  readonly code = 'forbidden'
}
export class Refused extends IdentityError {
  readonly code = 'refused'
}
export class Protected extends IdentityError {
  readonly code = 'protected'
}
export class LimitReached extends RetryableError {
  readonly code = 'limit_reached'
}
/** The caller hit a limit and is paused: it can change nothing until a person lifts the pause. */
export class Paused extends IdentityError {
  readonly code = 'limit_reached'
}
export class ReadOnly extends IdentityError {
  readonly code = 'read_only'
}
export class Declined extends IdentityError {
  readonly code = 'declined'
}
export class ApprovalDenied extends IdentityError {
  readonly code = 'approval_denied'
}
export class ApprovalVoid extends IdentityError {
  readonly code = 'approval_void'
}
export class ApprovalUsed extends IdentityError {
  readonly code = 'approval_used'
}
export class Conflict extends IdentityError {
  readonly code = 'conflict'
}
/** Another call is in the way, or may have been. The same call begins anew. */
export class InUse extends Conflict {
  override get retryable(): boolean {
    return true
  }
}
export class RateLimited extends RetryableError {
  readonly code = 'rate_limited'
}
export class Unavailable extends RetryableError {
  readonly code = 'unavailable'
}
/** The app is not at this address: unknown host, wrong certificate, or a gateway without the route. */
export class WrongAddress extends IdentityError {
  readonly code = 'unavailable'
}
/** The settings of a tenant cannot be used, so its app is not asked. */
export class LeftOutTenant extends IdentityError {
  readonly code = 'unavailable'
}
/** The way to the app is barred: a certificate that is not trusted, or a proxy. Nothing was sent. */
export class NoConnection extends WrongAddress {}
export class TimedOut extends RetryableError {
  readonly code = 'timeout'
}
export class BadReply extends IdentityError {
  readonly code = 'bad_reply'
}
/** Something went wrong on our side; the log has more. */
export class Internal extends IdentityError {
  readonly code = 'internal'
}
/** A write was sent but its reply was lost: it may or may not have happened. */
export class UnknownOutcome extends IdentityError {
  readonly code = 'unknown_outcome'
}
