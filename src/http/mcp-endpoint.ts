import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import {
  type AuthInfo,
  bearerAuthChallengeResponse,
  createMcpHandler,
  isJsonContentType,
  type McpRequestContext,
  type McpServerFactory,
  OAuthError,
} from '@modelcontextprotocol/server'
import type { Authenticate } from '../auth/authenticate.ts'
import type { Principal } from '../auth/principal.ts'
import type { Resource } from '../auth/protected-resource.ts'
import { IdentityError, InvalidInput, RateLimited } from '../errors.ts'
import type { Log } from '../log.ts'
import type { CallerRateLimit } from './caller-rate-limit.ts'
import { serveFetch } from './fetch-adapter.ts'
import { type About, bodyOf, logged, refuse } from './request.ts'

/** A caller that asks for too much is let wait so long before it is told, milliseconds. */
const PAUSE_MS = 1_000

/** What is served at `/mcp`, and to whom. */
export interface McpServing {
  factory: McpServerFactory
  authenticate: Authenticate
  /** What each caller may ask for; everything when left out. */
  inbound?: CallerRateLimit
  /** Where OAuth clients find out about the server. */
  resource?: Resource
  log: Log
}

/** The principal whom this transport has let in. */
export const principalIn = ({ authInfo }: McpRequestContext): Principal =>
  // Put there below, and handed on by the SDK as it is.
  authInfo?.extra?.principal as Principal

/** Whether the client wants to hear of news from now on, and so stays until it is sent away. */
export const listens = ({ headers }: IncomingMessage): boolean =>
  headers['mcp-method'] === 'subscriptions/listen'

/** Serves both eras of the protocol, one request at a time: nothing is kept between them. */
export function mcpEndpoint({ factory, authenticate, inbound, resource, log }: McpServing) {
  const handler = createMcpHandler(factory, {
    onerror: (error) => log.info('a request was not served', { error }),
  })
  const metadata = resource && { resourceMetadataUrl: resource.metadataUrl }

  const authInfo = (principal: Principal): AuthInfo => ({
    // Whoever gets this has no business with the token itself.
    token: '',
    clientId: principal.caller,
    scopes: [...principal.grant.scopes],
    ...metadata,
    extra: { principal },
  })

  async function turnAway(response: ServerResponse, error: unknown, about: About): Promise<void> {
    response.setHeader('connection', 'close')
    if (error instanceof OAuthError) {
      const refusal = bearerAuthChallengeResponse(error, { requiredScopes: ['identity:read'], ...metadata })
      response.writeHead(refusal.status, Object.fromEntries(refusal.headers)).end(await refusal.text())
      return
    }
    if (!(error instanceof IdentityError)) throw error
    log.info('a request was refused', { ...logged(about), error })
    if (!(error instanceof RateLimited))
      return refuse(response, error instanceof InvalidInput ? 413 : 503, error, about)
    // Who asks again at once would keep the server busy with refusals.
    await setTimeout(PAUSE_MS)
    refuse(response, 429, error, about)
  }

  return {
    async serve(request: IncomingMessage, response: ServerResponse, about: About): Promise<void> {
      let leave: (() => void) | undefined
      try {
        const admitted = await authenticate(request.headers.authorization)
        leave = await inbound?.enter(admitted.caller)
        // What is no JSON is left to the SDK, which says so.
        const parsedBody = isJsonContentType(request.headers['content-type'])
          ? await bodyOf(request)
          : undefined
        const given = { authInfo: authInfo({ ...admitted, ...about }), parsedBody }
        await serveFetch(request, response, (asked) => handler.fetch(asked, given))
      } catch (error) {
        await turnAway(response, error, about)
      } finally {
        leave?.()
      }
    },
    close: () => handler.close(),
  }
}
