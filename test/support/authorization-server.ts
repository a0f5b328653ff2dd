import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SCOPES } from '../../src/config/scopes.ts'

// It runs on Node 22 and later by what it declares, so it is installed apart; `.ci/run` does that.
const OIDC_PROVIDER = join(import.meta.dirname, '../interop/node_modules/oidc-provider/lib/index.js')
/** Whether the authorization server cannot be run here. */
export const noAuthorizationServer = !existsSync(OIDC_PROVIDER) && !process.env.IDENTITY_MCP_FULL

/** As much of oidc-provider as is used here. */
interface Grant {
  addOIDCScope(scope: string): void
  rejectOIDCScope(scope: string): void
  addResourceScope(resource: string, scope: string): void
  rejectResourceScope(resource: string, scope: string): void
  save(): Promise<string>
}
interface Interaction {
  uid: string
  params: { client_id: string; resource?: string; scope?: string }
}
interface Provider {
  callback(): (request: IncomingMessage, response: ServerResponse) => void
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
  Grant: new (of: { accountId: string; clientId: string }) => Grant
}

/** What a client asked of the authorization server. */
interface Asked {
  method: string
  path: string
  params: URLSearchParams
}

interface Options {
  /** Client id metadata documents by their address, which is not fetched from the network. */
  documents?: Readonly<Record<string, object>>
  /** How long access tokens are valid, seconds. */
  validFor?: number
}

/** An authorization server that others wrote, on loopback: it registers any client, and has a page for consent. */
export async function openAuthorizationServer({ documents = {}, validFor = 600 }: Options = {}) {
  const { default: OidcProvider } = await import(pathToFileURL(OIDC_PROVIDER).href)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port, not on a pipe
  const issuer = `http://127.0.0.1:${port}`
  const provider: Provider = new OidcProvider(issuer, configuration({ documents, validFor }))
  const asked: Asked[] = []
  const serve = provider.callback()
  server.on('request', async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', issuer)
    if (request.method === 'POST' && pathname === '/token') {
      // oidc-provider takes a body that was read before.
      const body = await textOf(request)
      Object.assign(request, { body })
      asked.push({ method: 'POST', path: pathname, params: new URLSearchParams(body) })
    } else asked.push({ method: request.method ?? '', path: pathname, params: searchParams })
    if (!pathname.startsWith('/consent/')) return serve(request, response)
    const interaction = await provider.interactionDetails(request, response)
    if (request.method === 'GET') return showConsent(response, interaction)
    const given = new URLSearchParams(await textOf(request))
    await provider.interactionFinished(request, response, await decided(provider, interaction, given))
  })
  return {
    issuer,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const configuration = ({ documents, validFor }: Required<Options>) => ({
  scopes: ['openid', 'offline_access', ...SCOPES],
  clientDefaults: { token_endpoint_auth_method: 'none' },
  cookies: { keys: ['only for tests'] },
  interactions: { url: (_: unknown, { uid }: Interaction) => `/consent/${uid}` },
  findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
  extraTokenClaims: (_: unknown, { accountId }: { accountId: string }) => ({ preferred_username: accountId }),
  issueRefreshToken: (_: unknown, client: { grantTypeAllowed(type: string): boolean }) =>
    client.grantTypeAllowed('refresh_token'),
  // Every authorization is asked about, as a first one is.
  loadExistingGrant: ({ oidc }: { oidc: { result?: { consent?: { grantId: string } } } }) => {
    const { Grant } = (oidc as unknown as { provider: { Grant: { find(id: string): unknown } } }).provider
    return oidc.result?.consent && Grant.find(oidc.result.consent.grantId)
  },
  fetch: async (url: string | URL) => {
    const document = documents[String(url)]
    return Response.json(document ?? {}, { status: document ? 200 : 404 })
  },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_: unknown, resource: string) => ({
        audience: resource,
        scope: SCOPES.join(' '),
        accessTokenFormat: 'jwt',
        accessTokenTTL: validFor,
      }),
    },
  },
})

const wordsOf = ({ params: { scope = '' } }: Interaction) =>
  scope.split(' ').filter((word) => SCOPES.some((known) => known === word))

const showConsent = (response: ServerResponse, interaction: Interaction) => {
  const boxes = wordsOf(interaction).map((scope) => `<input type="checkbox" name="scope" value="${scope}">`)
  response
    .writeHead(200, { 'content-type': 'text/html' })
    .end(`<form method="post"><input name="login">${boxes.join('')}</form>`)
}

/** What the person chose: scopes that were not ticked are refused. */
async function decided(provider: Provider, interaction: Interaction, given: URLSearchParams) {
  const { client_id: clientId, resource = '' } = interaction.params
  const accountId = given.get('login') ?? ''
  const grant = new provider.Grant({ accountId, clientId })
  grant.addOIDCScope('offline_access')
  const ticked = given.getAll('scope')
  for (const scope of wordsOf(interaction)) {
    // It knows a scope both by itself and as one of a resource.
    if (ticked.includes(scope)) {
      grant.addOIDCScope(scope)
      grant.addResourceScope(resource, scope)
    } else {
      grant.rejectOIDCScope(scope)
      grant.rejectResourceScope(resource, scope)
    }
  }
  return { login: { accountId }, consent: { grantId: await grant.save() } }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of request) text += String(piece)
  return text
}
