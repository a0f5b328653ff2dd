import {
  BadReply,
  Conflict,
  type ErrorDetails,
  Forbidden,
  type IdentityError,
  NotFound,
  RateLimited,
  Refused,
  TimedOut,
  Unauthorized,
  Unavailable,
  UnknownOutcome,
  Unsupported,
  WrongAddress,
} from '../../errors.ts'
import type { Failure } from './reply.ts'

export type Effect = 'reads' | 'writes'

type ErrorTemplate = readonly [
  new (message: string, hint: string, details: ErrorDetails) => IdentityError,
  string,
  string,
]

const conflict: ErrorTemplate = [
  Conflict,
  'The change conflicts with the current state of the app.',
  'Look up the account again with find_user.',
]
const notOffered: ErrorTemplate = [
  Unsupported,
  'The app does not offer this.',
  'list_tenants shows what each tenant can do.',
]
const mediaType: ErrorTemplate = [
  BadReply,
  'The app does not accept the media type of our requests.',
  'Set `contentType` of this tenant, for instance to application/json.',
]

// A map, since the app chooses the name, which can be one that every object has.
const BY_SCIM_TYPE: ReadonlyMap<string | undefined, ErrorTemplate> = new Map<string, ErrorTemplate>([
  ['invalidFilter', [Unsupported, 'The app cannot search by this field.', 'Search by the user name.']],
  ['uniqueness', conflict],
])

const BY_STATUS: Readonly<Record<number, ErrorTemplate>> = {
  401: [Unauthorized, 'The app does not accept the token.', 'check_token shows what is wrong with it.'],
  403: [Forbidden, 'The token has no permission for this.', 'check_token shows which grant is missing.'],
  404: [NotFound, 'The app did not find the requested record.', 'Look up the account again with find_user.'],
  405: notOffered,
  406: mediaType,
  408: [TimedOut, 'The app timed out while it waited for the request.', 'Try again.'],
  409: conflict,
  412: conflict,
  415: mediaType,
  429: [RateLimited, 'The app limits our requests.', 'Try again at `retryAt`.'],
  501: notOffered,
}

const WRITE_MAY_HAVE_HAPPENED: ErrorTemplate = [
  UnknownOutcome,
  'It is unclear whether the app made the change.',
  'Look up the account before you do anything else.',
]
const REDIRECTED: ErrorTemplate = [
  WrongAddress,
  'The app redirects to another address. This server never sends a token there.',
  'Set `url` of this tenant to that address if it is the right one.',
]
const SERVER_ERROR: ErrorTemplate = [Unavailable, 'The app has an internal error.', 'Try again later.']
const WEB_PAGE: ErrorTemplate = [
  BadReply,
  'A web page came back instead of the app’s answer.',
  'Check `url` of this tenant: a login page or a proxy answers there.',
]
const UNEXPLAINED_FAILURE: ErrorTemplate = [
  BadReply,
  'The app reported a failure without a reason.',
  'Try again later.',
]
const REFUSED_CHANGE: ErrorTemplate = [
  Refused,
  'The app refused the change.',
  'Make it in the app’s console.',
]
const REFUSED_QUESTION: ErrorTemplate = [
  BadReply,
  'The app did not understand the request.',
  'Search by something else, such as the user name.',
]

/** Converts a failure to an error. A write that may have happened anyway becomes `UnknownOutcome`. */
export function toError(failure: Failure, effect: Effect): IdentityError {
  const [Kind, message, hint] = templateFor(failure, effect)
  const { retryAt } = failure
  return new Kind(message, hint, { cause: causeOf(failure), ...(retryAt !== undefined && { retryAt }) })
}

function templateFor({ status, scimType, form }: Failure, effect: Effect): ErrorTemplate {
  // A server error, a timeout, or a "success" that is a web page or contains a failure.
  if (effect === 'writes' && ((status >= 500 && status !== 501) || status === 408 || status < 300))
    return WRITE_MAY_HAVE_HAPPENED
  const known = BY_SCIM_TYPE.get(scimType) ?? BY_STATUS[status]
  if (known) return known
  if (status >= 500) return SERVER_ERROR
  if (status >= 300 && status < 400) return REDIRECTED
  if (form === 'html') return WEB_PAGE
  if (status < 300) return UNEXPLAINED_FAILURE
  return effect === 'writes' ? REFUSED_CHANGE : REFUSED_QUESTION
}

/** There is no SCIM service at the tenant's address: a gateway answered, or the collection does not exist. */
export const scimNotServed = (failure: Failure): IdentityError =>
  new WrongAddress(
    'There is no SCIM service at the address of this tenant.',
    'Check `url` of this tenant and the path of its SCIM service.',
    { cause: causeOf(failure) },
  )

/** For the log, without the app's text. */
export const causeOf = ({ status, form, requestId }: Failure): Error =>
  new Error(`the app answered ${status} (${form})${requestId ? `, request ${requestId}` : ''}`)
