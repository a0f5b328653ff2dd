import type { Secret } from '../../secret.ts'
import type { Opened } from '../define.ts'
import type { Surface } from '../http/client.ts'
import { byCode } from './envelope.ts'
import type { Asked } from './errors.ts'
import { type TokenSource, tokenSource, withFetched } from './oauth.ts'
import { type Base, scimBase } from './scim-base.ts'
import { authMode, type GainsightSettings, SLOTS } from './settings.ts'

/** One surface of the tenant, and the token that opens it. */
export interface Door {
  surface: Surface
  /** Names of the token's slots in the settings. */
  slots: readonly string[]
  /** The secret whose budget is spent: for tokens that are fetched the client id, which outlasts them. */
  secret: Secret
  made: Asked['made']
}

export interface ScimDoor extends Door {
  base: Base
  /** Where tokens are fetched from, where they are fetched. */
  source?: TokenSource
}

/** How the tenant is reached; a door whose token is not in the settings is absent. */
export interface Doors {
  scim?: ScimDoor
  rest?: Door
  /** For check_token alone: a token on the surface that it is not for, to tell that it stands in the wrong place. */
  asAccessKey(token: Secret): Surface
  asBearer(token: Secret, base: string): Surface
}

const TOKEN_PATHS = {
  m2m: '/v1/users/m2m/oauth/token',
  oauth_refresh: '/v1/users/oauth/access/token',
} as const

export function openDoors(settings: GainsightSettings, app: Opened): Doors {
  const root = new URL(settings.url)
  const asAccessKey = (token: Secret) =>
    coded(app.open({ base: root, token, headers: { accesskey: token.reveal() } }))
  const asBearer = (token: Secret, base: string) =>
    coded(
      app.open({
        base: new URL(base, root),
        token,
        headers: { authorization: `Bearer ${token.reveal()}` },
      }),
    )
  const scim = scimDoor(settings, app, asBearer)
  const { accessKey } = settings.tokens
  return {
    ...(scim && { scim }),
    ...(accessKey &&
      settings.restEnabled && {
        rest: {
          surface: asAccessKey(accessKey),
          slots: ['accessKey'],
          secret: accessKey,
          made: 'accessKey' as const,
        },
      }),
    asAccessKey,
    asBearer,
  }
}

function scimDoor(
  settings: GainsightSettings,
  app: Opened,
  asBearer: Doors['asBearer'],
): ScimDoor | undefined {
  const mode = authMode(settings)
  const { scim, clientId, clientSecret, refreshToken } = settings.tokens
  const door = (
    secret: Secret,
    made: Asked['made'],
    open: (base: string) => Surface,
    source?: TokenSource,
  ) => {
    const base = scimBase(settings.scimBasePath, open, app)
    const surface: Surface = async (request, context) => open(await base.find(context))(request, context)
    return { surface, slots: mode ? SLOTS[mode] : [], secret, made, base, ...(source && { source }) }
  }
  if (mode === 'static_bearer' && scim) {
    return door(
      scim,
      'scim',
      once((base) => asBearer(scim, base)),
    )
  }
  if (mode === undefined || mode === 'static_bearer' || !clientId || !clientSecret) return undefined
  const root = new URL(settings.url)
  const basic = Buffer.from(`${clientId.reveal()}:${clientSecret.reveal()}`).toString('base64')
  const source = tokenSource({
    surface: app.open({ base: root, token: clientId, headers: { authorization: `Basic ${basic}` } }),
    path: settings.auth.tokenUrl ? new URL(settings.auth.tokenUrl).pathname : TOKEN_PATHS[mode],
    ...(mode === 'oauth_refresh' && { refreshToken }),
  })
  const open = once((base) =>
    withFetched(app.open({ base: new URL(base, root), token: clientId, headers: {} }), source),
  )
  return door(clientId, 'client', open, source)
}

const coded =
  (surface: Surface): Surface =>
  async (request, context) =>
    byCode(await surface(request, context))

/** Each surface is opened once: it keeps its connections. */
function once(open: (base: string) => Surface): (base: string) => Surface {
  const opened = new Map<string, Surface>()
  return (base) => {
    const surface = opened.get(base) ?? open(base)
    opened.set(base, surface)
    return surface
  }
}
