import type { RequestContext } from '../../domain/operations.ts'
import {
  BadReply,
  Conflict,
  Forbidden,
  type IdentityError,
  NotFound,
  Refused,
  Unauthorized,
  WrongAddress,
} from '../../errors.ts'
import type { ApiClient, ApiRequest } from '../http/client.ts'
import type { FetchedPage } from '../http/collect.ts'
import { causeOf, toError } from '../http/errors.ts'
import { nextIn } from '../http/links.ts'
import { type Failure, parseReply } from '../http/reply.ts'
import { asWord, field, isRecord, parseJson, type Rec } from '../http/values.ts'
import type { Connection } from './clients.ts'
import { grantedIn } from './granted.ts'
import { RIGHTS, type Right, ROLE_FOR_ADMINISTRATORS, WHERE_TO_MAKE, whereToGrant } from './rights.ts'

export interface GraphRequest extends ApiRequest {
  right: Right
  /**
   * An advanced query, which casts, searches or counts. It needs these two (learn.microsoft.com/graph/aad-advanced-queries),
   * and the header on each further page too.
   */
  advanced?: boolean
}

const EVENTUAL = { consistencylevel: 'eventual' }

/** Sends one request; the body of its answer, or undefined if there is no such record. */
export async function ask(
  connection: Connection,
  { right, advanced = false, ...request }: GraphRequest,
  context: RequestContext,
): Promise<Rec | undefined> {
  const reply = await clientFor(connection, request).send(
    advanced
      ? {
          ...request,
          query: { ...request.query, $count: 'true' },
          headers: { ...request.headers, ...EVENTUAL },
        }
      : request,
    context,
  )
  const answer = parseReply(reply)
  if (answer.ok) return isRecord(answer.body) ? answer.body : {}
  const code = codeIn(reply.text)
  if (answer.failure.status === 404 && code !== undefined && NO_SUCH_RECORD.has(code)) return undefined
  throw refusal(connection, answer.failure, { code, isTaken: isTaken(reply.text), right, request })
}

export const clientFor = ({ client, logs }: Connection, { path }: ApiRequest): ApiClient =>
  path.startsWith('/auditLogs/') ? logs : client

/** Throws `NotFound` where there is no such record. */
export async function mustAsk(...asked: Parameters<typeof ask>): Promise<Rec> {
  const answer = await ask(...asked)
  if (answer) return answer
  throw new NotFound(
    'Entra ID does not have this user or group.',
    'Look it up again with find_user or list_groups.',
  )
}

/** A page of a list, for `collect`: the cursor is the path of the next page. */
export async function pageOf(
  connection: Connection,
  { first, cursor }: { first: GraphRequest; cursor?: string | undefined },
  context: RequestContext,
): Promise<FetchedPage> {
  const { right, advanced = false } = first
  const next = { right, path: cursor ?? '', ...(advanced && { headers: EVENTUAL }) }
  const body = await mustAsk(connection, cursor === undefined ? first : next, context)
  const rows = field(body, 'value')
  if (!Array.isArray(rows)) {
    throw new BadReply('Graph answered with something that is not a list.', 'Check `url` of this tenant.')
  }
  const nextCursor = nextIn(field(body, '@odata.nextLink'), connection.base)
  return { rows, ...(nextCursor !== undefined && { nextCursor }) }
}

/** A text in a filter: a quote is doubled (learn.microsoft.com/graph/query-parameters, "Escaping single quotes"). */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

// learn.microsoft.com/graph/resolve-auth-errors and /graph/errors.
const NO_SUCH_RECORD: ReadonlySet<string> = new Set(['Request_ResourceNotFound', 'ResourceNotFound'])
/** A log, or Privileged Identity Management, needs a licence that the directory lacks (microsoft-graph-docs#11986). */
const NEEDS_PREMIUM: ReadonlySet<string | undefined> = new Set([
  'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
  'AadPremiumLicenseRequired',
])

/** Graph's error code. Its texts can repeat what users typed. */
export function codeIn(text: string): string | undefined {
  const code = asWord(field(field(parseJson(text), 'error'), 'code'))
  return code !== undefined && /^\w{1,80}$/.test(code) ? code : undefined
}

/** Whether the directory’s licence does not include what was asked for. */
export const lacksLicence = (code: string | undefined): boolean => NEEDS_PREMIUM.has(code)

export const NO_LICENCE = [
  'The directory has no licence for this: it needs Entra ID P1 or P2.',
  'Entra admin centre > Billing > Licenses shows what there is.',
] as const

/** Whether another object has a value that must be its own (learn.microsoft.com/graph/errors: details). */
function isTaken(text: string): boolean {
  const error = field(parseJson(text), 'error')
  const details = field(error, 'details')
  return (
    (Array.isArray(details) && details.some((one) => field(one, 'code') === 'ObjectConflict')) ||
    /\bwith the same value for property \w+ already exists\b/.test(asWord(field(error, 'message')) ?? '')
  )
}

interface Asked {
  code: string | undefined
  isTaken: boolean
  right: Right
  request: ApiRequest
}

function refusal(
  connection: Connection,
  failure: Failure,
  { code, isTaken, right, request }: Asked,
): IdentityError {
  const details = { cause: causeOf(failure) }
  const { method = 'GET' } = request
  const effect = request.effect ?? (method === 'GET' ? 'reads' : 'writes')
  if (lacksLicence(code)) return new Forbidden(...NO_LICENCE, details)
  if (failure.status === 401) {
    return new Unauthorized(
      'Graph does not accept the token.',
      `check_token says more. ${WHERE_TO_MAKE}`,
      details,
    )
  }
  if (failure.status === 403) return missing(connection, right, details)
  if (failure.status === 404 && effect === 'reads') {
    return new WrongAddress(
      'Something else than Microsoft Graph answers at the address of this tenant.',
      'Check `url` and `cloud` of this tenant.',
      details,
    )
  }
  if (failure.status === 400 && effect === 'writes' && isTaken) {
    return new Conflict(
      'Entra ID has another account with this user name or address.',
      'Look it up with find_user.',
      details,
    )
  }
  if (failure.status === 400 && effect === 'writes') {
    return new Refused(
      'Entra ID refused the change: a value is not valid or is taken, or the object cannot be changed here.',
      'Look at it in the Entra admin centre.',
      details,
    )
  }
  return toError(failure, effect)
}

/** What the token lacks. One with the permission is refused where it is about an administrator. */
function missing({ source }: Connection, right: Right, details: { cause: Error }): Forbidden {
  const token = source.held()
  const granted = token && grantedIn(token.secret)
  const { does, anyOf } = RIGHTS[right]
  return granted && anyOf.some((one) => granted.has(one))
    ? new Forbidden(
        `Graph refuses this, although the app registration may ${does}.`,
        ROLE_FOR_ADMINISTRATORS,
        details,
      )
    : new Forbidden(
        `The app registration may not ${does}: ${anyOf[0]} is missing.`,
        whereToGrant(right),
        details,
      )
}
