import type { RequestContext } from '../../domain/operations.ts'
import {
  BadReply,
  Forbidden,
  IdentityError,
  NotFound,
  RateLimited,
  Refused,
  Unauthorized,
} from '../../errors.ts'
import type { ApiClient, ApiRequest } from '../http/client.ts'
import type { FetchedPage } from '../http/collect.ts'
import { causeOf, type Effect, toError } from '../http/errors.ts'
import { nextIn, nextLink } from '../http/links.ts'
import { type Failure, parseReply } from '../http/reply.ts'
import { asText, field, parseJson } from '../http/values.ts'

/** OAuth scopes of Okta's API (developer.okta.com, "OAuth 2.0 scopes"). An API token has what its maker may do. */
export type Scope =
  | 'okta.users.read'
  | 'okta.users.manage'
  | 'okta.groups.read'
  | 'okta.groups.manage'
  | 'okta.roles.read'
  | 'okta.logs.read'

/** A client for each scope: a tool asks for no more than it needs. */
export type Clients = (scope: Scope) => ApiClient

export interface OktaApi {
  base: URL
  clients: Clients
}

/** The answer of a request; a refusal is thrown, save that what does not exist is undefined. */
interface Answer {
  body: unknown
  /** Path and query of the next page. */
  next?: string
}

/** Sends one request. Undefined if there is no such record. */
export async function ask(
  { base, clients }: OktaApi,
  scope: Scope,
  request: ApiRequest,
  context: RequestContext,
): Promise<Answer | undefined> {
  const reply = await clients(scope).send(request, context)
  const answer = parseReply(reply)
  if (answer.ok) {
    const next = nextIn(nextLink(reply.headers.link), base)
    return { body: answer.body, ...(next !== undefined && { next }) }
  }
  const effect = request.effect ?? ((request.method ?? 'GET') === 'GET' ? 'reads' : 'writes')
  const { code } = saidIn(reply.text)
  if (answer.failure.status === 404 && code === 'E0000007') return undefined
  throw refusal(answer.failure, { code, effect, scope, challenge: reply.headers['www-authenticate'] })
}

/** Throws `NotFound` where there is no such record. */
export async function mustAsk(...asked: Parameters<typeof ask>): Promise<Answer> {
  const answer = await ask(...asked)
  if (answer) return answer
  throw new NotFound(
    'Okta does not have this user or group.',
    'Look it up again with find_user or list_groups.',
  )
}

/** Okta's error code (developer.okta.com, "Okta API error codes"). Its texts can repeat what users typed. */
function saidIn(text: string): { code?: string } {
  const code = asText(field(parseJson(text), 'errorCode'), 16)
  return code !== undefined && /^E\d{7}$/.test(code) ? { code } : {}
}

interface Refusal {
  code: string | undefined
  effect: Effect
  scope: Scope
  /** The header that names a missing scope; the body does not. */
  challenge: string | undefined
}

function refusal(failure: Failure, { code, effect, scope, challenge }: Refusal): IdentityError {
  const details = { cause: causeOf(failure) }
  if (failure.status === 403 && /insufficient_scope/.test(challenge ?? '')) {
    return new Forbidden(
      `The service app lacks the scope ${scope}.`,
      `Grant ${scope} to it in the Okta Admin Console, under Applications > the app > Okta API Scopes.`,
      details,
    )
  }
  switch (code) {
    case 'E0000011':
      return new Unauthorized(
        'Okta does not accept the token.',
        'check_token says more. An API token lapses after 30 days without use, and with its maker’s account.',
        details,
      )
    case 'E0000006':
      return new Forbidden(
        'The token’s administrator role does not allow this.',
        'Give the administrator who made the API token, or the service app, a role that does: Okta Admin Console, ' +
          'Security > Administrators.',
        details,
      )
    case 'E0000047':
      return new RateLimited('Okta limits our requests.', 'Try again at `retryAt`.', {
        ...details,
        ...(failure.retryAt !== undefined && { retryAt: failure.retryAt }),
      })
    case 'E0000001':
    case 'E0000016':
      if (effect === 'writes')
        return new Refused(
          'Okta refused the change: the user is not in a state for it, or a value is not valid.',
          'Look the account up with find_user; `custom` shows its state in Okta.',
          details,
        )
  }
  return toError(failure, effect)
}

/** Whether Okta refused a search expression: it does not know an attribute of it. */
export const refusesSearch = (error: unknown): boolean =>
  error instanceof IdentityError && error instanceof BadReply

/** A page of a list, for `collect`: the cursor is the path of the next page. */
export async function pageOf(
  api: OktaApi,
  scope: Scope,
  { first, cursor }: { first: ApiRequest; cursor?: string | undefined },
  context: RequestContext,
): Promise<FetchedPage> {
  const answer = await ask(api, scope, cursor === undefined ? first : { path: cursor }, context)
  const rows = answer?.body ?? []
  if (!Array.isArray(rows)) {
    throw new BadReply('Okta answered with something that is not a list.', 'Check `url` of this tenant.')
  }
  return { rows, ...(answer?.next !== undefined && { nextCursor: answer.next }) }
}
