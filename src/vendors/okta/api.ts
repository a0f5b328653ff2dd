import type { RequestContext } from '../../domain/operations.ts'
import { BadReply, Forbidden, NotFound, Unsupported } from '../../errors.ts'
import type { ApiClient, ApiRequest } from '../http/client.ts'
import type { FetchedPage } from '../http/collect.ts'
import { nextIn, nextLink } from '../http/links.ts'
import { parseReply } from '../http/reply.ts'
import { refusal, type Scope, saidIn } from './errors.ts'

export interface OktaApi {
  base: URL
  /** The client for a scope: a tool asks for no more than it needs. */
  clients: (scope: Scope) => ApiClient
}

interface Answer {
  body: unknown
  /** Path and query of the next page. */
  next?: string
}

/** Sends one request. Undefined if there is no such record; every other refusal is thrown. */
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
  const said = saidIn(reply.text)
  if (answer.failure.status === 404 && said.code === 'E0000007') return undefined
  const effect = (request.method ?? 'GET') === 'GET' ? 'reads' : 'writes'
  throw refusal(answer.failure, { said, effect, challenge: reply.headers['www-authenticate'] })
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

/** What is not for this token is not known. */
export async function ifAllowed<Told>(work: () => Promise<Told>): Promise<Told | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Forbidden) return undefined
    throw error
  }
}

/** Whether Okta refused a search: it does not know an attribute of it. */
export const refusesSearch = (error: unknown): boolean => error instanceof Unsupported

/** Fetches the pages of a list, for `collect`: the cursor is the path of the next page. */
export const pagesOf =
  (api: OktaApi, scope: Scope, first: ApiRequest, context: RequestContext) =>
  async (_: number, cursor?: string): Promise<FetchedPage> => {
    const answer = await ask(api, scope, cursor === undefined ? first : { path: cursor }, context)
    const rows = answer ? answer.body : []
    if (!Array.isArray(rows)) {
      throw new BadReply('Okta answered with something that is not a list.', 'Check `url` of this tenant.')
    }
    return { rows, ...(answer?.next !== undefined && { nextCursor: answer.next }) }
  }
