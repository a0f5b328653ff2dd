import type {
  OAuthClientMetadata,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import type { Scope } from '../../src/config/scopes.ts'

const MAX_PAGES = 12
const REDIRECT = 'http://127.0.0.1:9/callback'

interface WalletOptions {
  clientMetadataUrl?: string
  /** Whether the client takes refresh tokens. */
  refreshes?: boolean
}

/** What a client keeps for OAuth, for clients of both SDKs, and the person who is sent to the authorization server. */
export function openWallet({ clientMetadataUrl, refreshes = true }: WalletOptions = {}) {
  const cookies = new Map<string, string>()
  let [information, tokens]: [StoredOAuthClientInformation?, StoredOAuthTokens?] = []
  let [verifier, authorizeAt]: [string, URL?] = ['']
  let discovered: OAuthDiscoveryState | undefined
  const clientMetadata: OAuthClientMetadata = {
    client_name: 'flow',
    redirect_uris: [REDIRECT],
    grant_types: ['authorization_code', ...(refreshes ? ['refresh_token'] : [])],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  }
  const provider = {
    redirectUrl: REDIRECT,
    clientMetadata,
    ...(clientMetadataUrl !== undefined && { clientMetadataUrl }),
    clientInformation: () => information,
    saveClientInformation: (saved: StoredOAuthClientInformation) => {
      information = saved
    },
    tokens: () => tokens,
    saveTokens: (saved: StoredOAuthTokens) => {
      tokens = saved
    },
    redirectToAuthorization: (url: URL) => {
      authorizeAt = url
    },
    saveCodeVerifier: (saved: string) => {
      verifier = saved
    },
    codeVerifier: () => verifier,
    saveDiscoveryState: (saved: OAuthDiscoveryState) => {
      discovered = saved
    },
    discoveryState: () => discovered,
  }
  return {
    provider,
    accessToken: () => tokens?.access_token ?? '',
    /** The person agrees to those of the requested scopes, where the client sent them; resolves with what comes back. */
    async agree(ticked: readonly Scope[]): Promise<URLSearchParams> {
      if (!authorizeAt) throw new Error('the client sent nobody anywhere')
      const back = await consent(authorizeAt, ticked, cookies)
      authorizeAt = undefined
      if (!back.searchParams.has('code')) throw new Error(`refused: ${back.search}`)
      return back.searchParams
    },
  }
}

/** Goes through the pages of the authorization server as a browser does, until it is sent back to the client. */
export async function consent(
  at: URL,
  ticked: readonly Scope[],
  cookies = new Map<string, string>(),
): Promise<URL> {
  let url = at
  let body: URLSearchParams | undefined
  for (let page = 0; url.origin === at.origin; page += 1) {
    if (page === MAX_PAGES) throw new Error(`the authorization server leads nowhere: ${url}`)
    const reply: Response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(body && { method: 'POST', body }),
    })
    for (const cookie of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    const next = reply.headers.get('location')
    body = undefined
    if (next !== null) url = new URL(next, url)
    else {
      const page = await reply.text()
      if (!page.includes('<form')) throw new Error(`no form at ${url}: ${page.slice(0, 500)}`)
      const boxes = [...page.matchAll(/name="scope" value="([^"]+)"/g)].map(([, scope = '']) => scope)
      const chosen = boxes.filter((scope) => ticked.some((one) => one === scope))
      body = new URLSearchParams({ login: 'grace' })
      for (const scope of chosen) body.append('scope', scope)
    }
  }
  return url
}
