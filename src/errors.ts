/** Every code an error answer can bear. Agents and tests rely on these words. */
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

/** What an error may carry besides its two texts. */
export interface ErrorDetails {
  cause?: unknown
  /** When the same call can succeed, epoch milliseconds. */
  retryAt?: number
  tenant?: string
  candidates?: readonly { tenant: string; id: string; userName: string }[]
}

/** Base of every error thrown on purpose. Both texts are our own words, never an app's. */
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

  /** Whether the very same call may succeed later without anybody changing anything. */
  get retryable(): boolean {
    return false
  }
}

abstract class Passing extends IdentityError {
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
export class LimitReached extends Passing {
  readonly code = 'limit_reached'
}
/** A caller that would have passed a limit, and may change nothing until a person lifts that. */
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
export class RateLimited extends Passing {
  readonly code = 'rate_limited'
}
export class Unavailable extends Passing {
  readonly code = 'unavailable'
}
/** Nobody at that address serves this app: no such host, another certificate, a gateway without that route. */
export class WrongAddress extends IdentityError {
  readonly code = 'unavailable'
}
export class TimedOut extends Passing {
  readonly code = 'timeout'
}
export class BadReply extends IdentityError {
  readonly code = 'bad_reply'
}
/** A write was sent and its reply was lost, so that it may or may not have happened. */
export class UnknownOutcome extends IdentityError {
  readonly code = 'unknown_outcome'
}
