import type { Reply } from '../http-types.ts'

/** A refusal in the form of developers.google.com, Directory API, "Limits and quotas" and the API errors of Google Cloud. */
export class GoogleError extends Error {
  readonly status: number
  readonly reason: string
  readonly more: { domain?: string; status?: string; info?: string }

  constructor(status: number, reason: string, message: string, more: GoogleError['more'] = {}) {
    super(message)
    this.status = status
    this.reason = reason
    this.more = more
  }

  get reply(): Reply {
    const { status: code, reason, message, more } = this
    const details = more.info && {
      details: [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: more.info, domain: 'googleapis.com' },
      ],
    }
    return {
      status: code,
      type: 'application/json; charset=UTF-8',
      body: {
        error: {
          code,
          message,
          errors: [{ message, domain: more.domain ?? 'global', reason }],
          ...(more.status && { status: more.status }),
          ...details,
        },
      },
    }
  }
}

export const notFound = (key: string) => new GoogleError(404, 'notFound', `Resource Not Found: ${key}`)
export const notAllowed = () =>
  new GoogleError(403, 'forbidden', 'Not Authorized to access this resource/api')
export const invalid = (what: string) => new GoogleError(400, 'invalid', `Invalid Input: ${what}`)

export const badToken = () =>
  new GoogleError(
    401,
    'authError',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid ' +
      'authentication credential.',
    { status: 'UNAUTHENTICATED' },
  )

export const scopeMissing = () =>
  new GoogleError(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.', {
    status: 'PERMISSION_DENIED',
    info: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
  })

export const notEnabled = () =>
  new GoogleError(
    403,
    'accessNotConfigured',
    'Admin SDK API has not been used in project 123456789012 before or it is disabled.',
    { domain: 'usageLimits', status: 'PERMISSION_DENIED', info: 'SERVICE_DISABLED' },
  )

export const tooFast = () =>
  new GoogleError(403, 'userRateLimitExceeded', 'User Rate Limit Exceeded', { domain: 'usageLimits' })

export const tooMany = () =>
  new GoogleError(429, 'rateLimitExceeded', "Quota exceeded for quota metric 'Queries'.", {
    domain: 'usageLimits',
    status: 'RESOURCE_EXHAUSTED',
    info: 'RATE_LIMIT_EXCEEDED',
  })
