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

/** The two halves of the API, which have tokens of their own, and the name of each one's slot in the settings. */
export const KINDS = ['scim', 'rest'] as const
export type Kind = (typeof KINDS)[number]

/** A token, the slots it stands in, and the halves it is used for: a slot left empty falls back to the other. */
export interface Token {
  secret: Secret
  slots: readonly Kind[]
  serves: readonly Kind[]
}

/** How the tenant is reached. */
export interface Clients {
  tokens: readonly Token[]
  paths: { users: string; groups: string; audit: string }
  scheme: AuthScheme
  of(kind: Kind): { token: Token; client: ApiClient }
  /** Paths are relative to SCIM's base for `scim`, to the tenant's address for `rest`. */
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
