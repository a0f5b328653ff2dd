import type { Secret } from '../../secret.ts'
import type { VendorContext } from '../define.ts'
import type { ApiClient } from '../http/client.ts'

export const AUTH_SCHEMES = ['header', 'bearer', 'authorization-token'] as const
export type AuthScheme = (typeof AUTH_SCHEMES)[number]

const HEADERS: { readonly [Scheme in AuthScheme]: (token: Secret) => Record<string, Secret> } = {
  header: (token) => ({ 'netskope-api-token': token }),
  bearer: (token) => ({ authorization: token.after('Bearer ') }),
  'authorization-token': (token) => ({ authorization: token.after('Netskope-Api-Token ') }),
}

/** The two halves of the API. Each has its own token, in the settings slot of the same name. */
const KINDS = ['scim', 'rest'] as const
export type Kind = (typeof KINDS)[number]

/** A token, its slots in the settings, and the API halves it is used for: an empty slot falls back to the other. */
export interface Token {
  secret: Secret
  slots: readonly Kind[]
  serves: readonly Kind[]
}

/** The tenant's tokens and API clients. */
export interface Clients {
  tokens: readonly Token[]
  paths: { users: string; groups: string; audit: string }
  scheme: AuthScheme
  of(kind: Kind): { token: Token; client: ApiClient }
  /** Paths are relative to the SCIM base for `scim`, and to the tenant's address for `rest`. */
  open(kind: Kind, token: Token, scheme?: AuthScheme): ApiClient
}

interface ClientSettings {
  url: string
  tokens: { [Slot in Kind]?: Secret | undefined }
  authScheme: AuthScheme
  scimBasePath: string
  auditPath: string
}

export function openClients(
  { url, tokens: slots, authScheme, scimBasePath, auditPath }: ClientSettings,
  app: VendorContext,
): Clients {
  const root = url.replace(/\/+$/, '')
  const bases = { scim: new URL(root + scimBasePath), rest: new URL(root) }
  const tokens = tokensOf(slots)
  const opened = new Map<string, ApiClient>()
  const open: Clients['open'] = (kind, { secret, slots }, scheme = authScheme) => {
    const key = [kind, scheme, ...slots].join(' ')
    const client =
      opened.get(key) ?? app.open({ base: bases[kind], token: secret, headers: HEADERS[scheme](secret) })
    opened.set(key, client)
    return client
  }
  const clientFor = (kind: Kind) => {
    const token = tokens.find(({ serves }) => serves.includes(kind))
    if (!token) throw new TypeError('the settings name no token')
    return { token, client: open(kind, token) }
  }
  const clients = { scim: clientFor('scim'), rest: clientFor('rest') }
  return {
    tokens,
    paths: { users: `${scimBasePath}/Users`, groups: `${scimBasePath}/Groups`, audit: auditPath },
    scheme: authScheme,
    of: (kind) => clients[kind],
    open,
  }
}

function tokensOf({ scim, rest }: ClientSettings['tokens']): Token[] {
  if (scim && rest && !scim.equals(rest)) {
    return [
      { secret: scim, slots: ['scim'], serves: ['scim'] },
      { secret: rest, slots: ['rest'], serves: ['rest'] },
    ]
  }
  const secret = scim ?? rest
  if (!secret) return []
  return [{ secret, slots: KINDS.filter((kind) => (kind === 'scim' ? scim : rest)), serves: KINDS }]
}
