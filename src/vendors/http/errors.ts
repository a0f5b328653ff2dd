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

type Meaning = readonly [
  new (message: string, hint: string, details: ErrorDetails) => IdentityError,
  string,
  string,
]

const conflict: Meaning = [
  Conflict,
  'The change does not fit the state in which the app is now.',
  'Look the account up again with find_user.',
]
const notOffered: Meaning = [
  Unsupported,
  'The app does not offer this.',
  'list_tenants says what each tenant can do.',
]
const mediaType: Meaning = [
  BadReply,
  'The app refused the media type we speak.',
  'Set `contentType` of this tenant, for instance to application/json.',
]

// The app names the type, and some names stand for something in every object.
const BY_TYPE: ReadonlyMap<string | undefined, Meaning> = new Map<string, Meaning>([
  ['invalidFilter', [Unsupported, 'The app can not search by this field.', 'Search by the user name.']],
  ['uniqueness', conflict],
])

const BY_STATUS: Readonly<Record<number, Meaning>> = {
  401: [Unauthorized, 'The app does not accept the token.', 'check_token says what is wrong with it.'],
  403: [Forbidden, 'The token may not do this.', 'check_token says which grant is missing.'],
  404: [NotFound, 'The app does not have what was asked for.', 'Look the account up again with find_user.'],
  405: notOffered,
  406: mediaType,
  408: [TimedOut, 'The app gave up waiting for the request.', 'Try again.'],
  409: conflict,
  412: conflict,
  415: mediaType,
  429: [RateLimited, 'The app limits our requests.', 'Try again at `retryAt`.'],
  501: notOffered,
}

const LOST: Meaning = [
  UnknownOutcome,
  'The app did not say clearly whether the change was made.',
  'Look the account up before doing anything else.',
]
const ELSEWHERE: Meaning = [
  WrongAddress,
  'The app sends us to another address, where a token never follows.',
  'Set `url` of this tenant to that address itself, if it is the right one.',
]
const BROKEN: Meaning = [Unavailable, 'The app has an error of its own.', 'Try again later.']
const WEB_PAGE: Meaning = [
  BadReply,
  'A web page came back where the app should have answered.',
  'Check `url` of this tenant: a login page or a proxy stands there.',
]
const FAILED: Meaning = [BadReply, 'The app says that it failed, and not why.', 'Try again later.']
const REFUSED_CHANGE: Meaning = [Refused, 'The app refused the change.', 'Make it in the console of the app.']
const REFUSED_QUESTION: Meaning = [
  BadReply,
  'The app did not parseReply the question.',
  'Ask in another way, for instance by the user name.',
]

/** A failure as one of our errors. A write that may have happened all the same is `UnknownOutcome`. */
export function toError(failure: Failure, effect: Effect): IdentityError {
  const [Kind, message, hint] = meaningOf(failure, effect)
  const { retryAt } = failure
  return new Kind(message, hint, { cause: causeOf(failure), ...(retryAt !== undefined && { retryAt }) })
}

function meaningOf({ status, scimType, form }: Failure, effect: Effect): Meaning {
  // An error of the app itself, a request it gave up on, a "success" that is a web page or tells of some failure.
  if (effect === 'writes' && ((status >= 500 && status !== 501) || status === 408 || status < 300))
    return LOST
  const known = BY_TYPE.get(scimType) ?? BY_STATUS[status]
  if (known) return known
  if (status >= 500) return BROKEN
  if (status >= 300 && status < 400) return ELSEWHERE
  if (form === 'html') return WEB_PAGE
  if (status < 300) return FAILED
  return effect === 'writes' ? REFUSED_CHANGE : REFUSED_QUESTION
}

/** The app is not at the address of the tenant: a gateway stands there, or there is no such collection. */
export const notHere = (failure: Failure): IdentityError =>
  new WrongAddress(
    'Nobody serves SCIM at the address of this tenant.',
    'Check `url` of this tenant and the path of its SCIM service.',
    { cause: causeOf(failure) },
  )

/** For the log: never the app's words. */
export const causeOf = ({ status, form, requestId }: Failure): Error =>
  new Error(`the app answered ${status} (${form})${requestId ? `, request ${requestId}` : ''}`)
