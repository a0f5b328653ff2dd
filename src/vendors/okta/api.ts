import type { RequestContext } from '../../domain/operations.ts'
import { BadReply, Forbidden, NotFound, Unsupported, WrongAddress } from '../../errors.ts'
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
  /** Whether the answer tells of pages: Okta sends the link to the page itself with each. */
  isLinked: boolean
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
    const { link } = reply.headers
    const next = nextIn(nextLink(link), base)
    return { body: answer.body, isLinked: link !== undefined, ...(next !== undefined && { next }) }
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

/** What is not for this token, or not in this organisation, is not known. */
export async function ifAllowed<Told>(work: () => Promise<Told>): Promise<Told | undefined> {
  try {
    return await work()
  } catch (error) {
    if (UNKNOWN.some((Kind) => error instanceof Kind)) return undefined
    throw error
  }
}

const UNKNOWN = [Forbidden, NotFound, Unsupported, WrongAddress]

/** Whether Okta refused a search: it does not know an attribute of it. */
export const refusesSearch = (error: unknown): boolean => error instanceof Unsupported

/** Fetches the pages of a list, for `collect`: the cursor is the path of the next page. */
export const pagesOf =
  (api: OktaApi, scope: Scope, first: ApiRequest, context: RequestContext) =>
  async (_: number, cursor?: string): Promise<FetchedPage> => {
    const {
      body: rows,
      next,
      isLinked,
    } = await mustAsk(api, scope, cursor === undefined ? first : { path: cursor }, context)
    if (!Array.isArray(rows)) {
      throw new BadReply('Okta answered with something that is not a list.', 'Check `url` of this tenant.')
    }
    if (!isLinked && rows.length >= Number(first.query?.limit ?? Number.POSITIVE_INFINITY))
      throw withoutLinks()
    return { rows, ...(next !== undefined && { nextCursor: next }) }
  }

const withoutLinks = () =>
  new BadReply(
    'A full page came without the header `Link`, so that it is not known whether there are more.',
    'Let the proxy between this server and Okta pass that header.',
  )
