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
import type { Scope } from '../domain/scopes.ts'
import { IdentityError, InvalidInput, RateLimited, Unsupported } from '../errors.ts'
import type { Log } from '../log.ts'
import type { CallerRateLimit } from './caller-rate-limit.ts'
import type { Connections } from './connections.ts'
import { serveFetch } from './fetch-adapter.ts'
import { bodyOf, logged, type RequestInfo, refuse } from './request.ts'

/** Delay before a rate-limited caller gets its refusal, milliseconds. */
const REFUSAL_DELAY_MS = 1_000

/** What `/mcp` serves, and to whom. */
export interface McpServing {
  factory: McpServerFactory
  authenticate: Authenticate
  /** Rate limit per caller; none when absent. */
  inbound?: CallerRateLimit
  /** What OAuth clients can discover about the server. */
  resource?: Resource
  /** The scopes that a client without a token is told to request. */
  scopes: readonly Scope[]
  log: Log
}

/** What `/mcp` needs of the server that it is part of. */
interface Surroundings {
  connections: Pick<Connections, 'authenticated'>
}

/** The principal that this transport authenticated. */
export const principalIn = ({ authInfo }: McpRequestContext): Principal =>
  // Set below; the SDK passes it on unchanged.
  authInfo?.extra?.principal as Principal

/** Whether the request subscribes to notifications, and so stays open until the server closes it. */
export const listens = ({ headers }: IncomingMessage): boolean =>
  headers['mcp-method'] === 'subscriptions/listen'

/** Serves both eras of the protocol, without state between requests. */
export function mcpEndpoint({
  factory,
  authenticate,
  inbound,
  resource,
  scopes,
  log,
  connections,
}: McpServing & Surroundings) {
  const handler = createMcpHandler(factory, {
    onerror: (error) => log.info('a request was not served', { error }),
  })
  const metadata = resource && { resourceMetadataUrl: resource.metadataUrl }

  const authInfo = (principal: Principal): AuthInfo => ({
    // Handlers do not need the token itself.
    token: '',
    clientId: principal.caller,
    scopes: [...principal.grant.scopes],
    ...metadata,
    extra: { principal },
  })

  async function turnAway(response: ServerResponse, error: unknown, about: RequestInfo): Promise<void> {
    response.setHeader('connection', 'close')
    if (error instanceof OAuthError) {
      const refusal = bearerAuthChallengeResponse(error, { requiredScopes: [...scopes], ...metadata })
      response.writeHead(refusal.status, Object.fromEntries(refusal.headers)).end(await refusal.text())
      return
    }
    if (!(error instanceof IdentityError)) throw error
    log.info('a request was refused', { ...logged(about), error })
    if (!(error instanceof RateLimited)) return refuse(response, statusOf(error), error, about)
    // A caller that retries immediately would keep the server busy with refusals.
    await setTimeout(REFUSAL_DELAY_MS)
    refuse(response, 429, error, about)
  }

  return {
    async serve(request: IncomingMessage, response: ServerResponse, about: RequestInfo): Promise<void> {
      let leave: (() => void) | undefined
      try {
        const admitted = await authenticate(request.headers.authorization)
        connections.authenticated(request, response)
        leave = await inbound?.enter(admitted.caller)
        // The SDK rejects what is not JSON.
        const parsedBody = isJsonContentType(request.headers['content-type'])
          ? await bodyOf(request)
          : undefined
        // One message a request, so that the rate and the requests in flight count messages.
        if (Array.isArray(parsedBody)) throw noBatches()
        const options = { authInfo: authInfo({ ...admitted, ...about }), parsedBody }
        await serveFetch(request, response, (asked) => handler.fetch(asked, options))
      } catch (error) {
        await turnAway(response, error, about)
      } finally {
        leave?.()
      }
    },
    close: () => handler.close(),
  }
}

const statusOf = (error: IdentityError): number =>
  error instanceof InvalidInput ? 413 : error instanceof Unsupported ? 400 : 503

/** MCP has had no batches since revision 2025-06-18, and no client is known to send them. */
const noBatches = () =>
  new Unsupported('JSON-RPC batches are not supported.', 'Send each message in a request of its own.')
