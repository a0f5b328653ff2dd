import { Secret } from '../../secret.ts'
import type { VendorContext } from '../define.ts'
import type { ApiClient } from '../http/client.ts'
import { byCode } from './envelope.ts'
import type { Asked } from './errors.ts'
import { type TokenSource, tokenSource, withFetched } from './oauth.ts'
import { type Base, scimBase } from './scim-base.ts'
import { authMode, type GainsightSettings, SLOTS } from './settings.ts'

/** A client of one half of the API, and the token that it bears. */
export interface TokenClient {
  client: ApiClient
  /** Names of the token's slots in the settings. */
  slots: readonly string[]
  /** The secret whose budget is spent: for tokens that are fetched the client id, which outlasts them. */
  secret: Secret
  made: Asked['made']
}

export interface ScimClient extends TokenClient {
  base: Base
  /** Where tokens are fetched from, where they are fetched. */
  source?: TokenSource
}

/** How the tenant is reached; a client whose token is not in the settings is absent. */
export interface Clients {
  scim?: ScimClient
  rest?: TokenClient
  /** For check_token alone: a token on the surface that it is not for, to tell that it stands in the wrong place. */
  asAccessKey(token: Secret): ApiClient
  asBearer(token: Secret, base: string): ApiClient
}

const TOKEN_PATHS = {
  m2m: '/v1/users/m2m/oauth/token',
  oauth_refresh: '/v1/users/oauth/access/token',
} as const

export function openClients(settings: GainsightSettings, app: VendorContext): Clients {
  const root = new URL(settings.url)
  const asAccessKey = (token: Secret) => coded(app.open({ base: root, token, headers: { accesskey: token } }))
  const asBearer = (token: Secret, base: string) =>
    coded(
      app.open({
        base: new URL(base, root),
        token,
        headers: { authorization: token.after('Bearer ') },
      }),
    )
  const scim = scimClient(settings, app, asBearer)
  const { accessKey } = settings.tokens
  return {
    ...(scim && { scim }),
    ...(accessKey &&
      settings.restEnabled && {
        rest: {
          client: asAccessKey(accessKey),
          slots: ['accessKey'],
          secret: accessKey,
          made: 'accessKey' as const,
        },
      }),
    asAccessKey,
    asBearer,
  }
}

function scimClient(
  settings: GainsightSettings,
  app: VendorContext,
  asBearer: Clients['asBearer'],
): ScimClient | undefined {
  const mode = authMode(settings)
  const { scim, clientId, clientSecret, refreshToken } = settings.tokens
  const scimClientOf = (
    secret: Secret,
    made: Asked['made'],
    open: (base: string) => ApiClient,
    source?: TokenSource,
  ) => {
    const base = scimBase(settings.scimBasePath, open, app.memory)
    const client: ApiClient = {
      send: async (request, context) => open(await base.find(context)).send(request, context),
    }
    return { client, slots: mode ? SLOTS[mode] : [], secret, made, base, ...(source && { source }) }
  }
  if (mode === 'static_bearer' && scim) {
    return scimClientOf(
      scim,
      'scim',
      once((base) => asBearer(scim, base)),
    )
  }
  if (mode === undefined || mode === 'static_bearer' || !clientId || !clientSecret) return undefined
  const root = new URL(settings.url)
  const source = tokenSource({
    client: app.open({
      base: root,
      token: clientId,
      headers: { authorization: Secret.basic(clientId, clientSecret) },
    }),
    path: settings.auth.tokenUrl ? new URL(settings.auth.tokenUrl).pathname : TOKEN_PATHS[mode],
    ...(mode === 'oauth_refresh' && { refreshToken }),
  })
  const open = once((base) =>
    withFetched(app.open({ base: new URL(base, root), token: clientId, headers: {} }), source),
  )
  return scimClientOf(clientId, 'client', open, source)
}

const coded = (client: ApiClient): ApiClient => ({
  send: async (request, context) => byCode(await client.send(request, context)),
})

/** Each client is opened once: it keeps its connections. */
function once(open: (base: string) => ApiClient): (base: string) => ApiClient {
  const opened = new Map<string, ApiClient>()
  return (base) => {
    const client = opened.get(base) ?? open(base)
    opened.set(base, client)
    return client
  }
}
