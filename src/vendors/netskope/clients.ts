import type { Secret } from '../../secret.ts'
import type { Opened } from '../define.ts'
import type { Surface } from '../http/client.ts'

export const AUTH_SCHEMES = ['header', 'bearer', 'authorization-token'] as const
export type AuthScheme = (typeof AUTH_SCHEMES)[number]

const HEADERS: { readonly [Scheme in AuthScheme]: (token: string) => Record<string, string> } = {
  header: (token) => ({ 'netskope-api-token': token }),
  bearer: (token) => ({ authorization: `Bearer ${token}` }),
  'authorization-token': (token) => ({ authorization: `Netskope-Api-Token ${token}` }),
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
export interface Doors {
  tokens: readonly Token[]
  paths: { users: string; groups: string; audit: string }
  scheme: AuthScheme
  of(kind: Kind): { token: Token; surface: Surface }
  /** Paths are relative to SCIM's base for `scim`, to the tenant's address for `rest`. */
  open(kind: Kind, token: Token, scheme?: AuthScheme): Surface
}

interface DoorSettings {
  url: string
  tokens: { [Slot in Kind]?: Secret | undefined }
  authScheme: AuthScheme
  scimBasePath: string
  auditPath: string
}

export function openDoors(
  { url, tokens: slots, authScheme, scimBasePath, auditPath }: DoorSettings,
  app: Opened,
): Doors {
  const root = url.replace(/\/+$/, '')
  const bases = { scim: new URL(root + scimBasePath), rest: new URL(root) }
  const tokens = tokensOf(slots)
  const opened = new Map<string, Surface>()
  const open: Doors['open'] = (kind, { secret, slots }, scheme = authScheme) => {
    const key = [kind, scheme, ...slots].join(' ')
    const surface =
      opened.get(key) ??
      app.open({ base: bases[kind], token: secret, headers: HEADERS[scheme](secret.reveal()) })
    opened.set(key, surface)
    return surface
  }
  const door = (kind: Kind) => {
    const token = tokens.find(({ serves }) => serves.includes(kind))
    if (!token) throw new TypeError('the settings name no token')
    return { token, surface: open(kind, token) }
  }
  const doors = { scim: door('scim'), rest: door('rest') }
  return {
    tokens,
    paths: { users: `${scimBasePath}/Users`, groups: `${scimBasePath}/Groups`, audit: auditPath },
    scheme: authScheme,
    of: (kind) => doors[kind],
    open,
  }
}

function tokensOf({ scim, rest }: DoorSettings['tokens']): Token[] {
  if (scim && rest && scim.reveal() !== rest.reveal()) {
    return [
      { secret: scim, slots: ['scim'], serves: ['scim'] },
      { secret: rest, slots: ['rest'], serves: ['rest'] },
    ]
  }
  const secret = scim ?? rest
  if (!secret) return []
  return [{ secret, slots: KINDS.filter((kind) => (kind === 'scim' ? scim : rest)), serves: KINDS }]
}
