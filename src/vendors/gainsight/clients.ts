import type { Secret } from '../../secret.ts'
import type { VendorContext } from '../define.ts'
import type { ApiClient } from '../http/client.ts'
import { clientCredentials, refreshing, secretInHeader } from '../http/grants.ts'
import { sealer } from '../http/sealer.ts'
import { type TokenSource, tokenSource, withFetched } from '../http/token-source.ts'
import { applyErrorCode } from './envelope.ts'
import { type GainsightRequestInfo, WHERE_TO_MAKE } from './errors.ts'
import { type ScimBase, scimBase } from './scim-base.ts'
import { authMode, type GainsightSettings, SLOTS, TOKEN_PATHS } from './settings.ts'

/** A client for one of the two APIs, SCIM or REST, and its token. */
export interface TokenClient {
  client: ApiClient
  /** The token's slots in the settings. */
  slots: readonly string[]
  /** The secret that the budget counts by. For fetched tokens it is the client id, which outlives them. */
  secret: Secret
  tokenKind: GainsightRequestInfo['tokenKind']
}

export interface ScimClient extends TokenClient {
  base: ScimBase
  /** Set when tokens are fetched. */
  source?: TokenSource
}

/** The tenant's API clients. A client without a token in the settings is absent. */
export interface Clients {
  scim?: ScimClient
  rest?: TokenClient
  /** Only for check_token: opens the surface that a token is not for, to detect a token in the wrong slot. */
  asAccessKey(token: Secret): ApiClient
  asBearer(token: Secret, base: string): ApiClient
}

export function openClients(settings: GainsightSettings, app: VendorContext): Clients {
  const root = new URL(settings.url)
  const asAccessKey = (token: Secret) =>
    withErrorCodes(app.open({ base: root, token, headers: { accesskey: token } }))
  const asBearer = (token: Secret, base: string) =>
    withErrorCodes(
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
          tokenKind: 'accessKey' as const,
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
    tokenKind: GainsightRequestInfo['tokenKind'],
    open: (base: string) => ApiClient,
    source?: TokenSource,
  ) => {
    const base = scimBase(settings.scimBasePath, open, app.memory)
    const client: ApiClient = {
      // The budget and the key are those of the token, whatever the base.
      ...open(base.known()),
      send: async (request, context) => open(await base.find(context)).send(request, context),
    }
    return { client, slots: mode ? SLOTS[mode] : [], secret, tokenKind, base, ...(source && { source }) }
  }
  if (mode === 'static_bearer' && scim) {
    return scimClientOf(
      scim,
      'scim',
      openedOnce((base) => asBearer(scim, base)),
    )
  }
  if (mode === undefined || mode === 'static_bearer' || !clientId || !clientSecret) return undefined
  const root = new URL(settings.url)
  const source = tokenSource(app, {
    url: new URL(settings.auth.tokenUrl ?? TOKEN_PATHS[mode], root),
    authentication: secretInHeader(clientId, clientSecret),
    grant: mode === 'oauth_refresh' && refreshToken ? refreshing(refreshToken) : clientCredentials,
    budgetOf: clientId,
    whereToMake: WHERE_TO_MAKE.client,
    adapt: applyErrorCode,
  })
  const open = openedOnce((base) => ({
    ...withFetched(
      withErrorCodes(app.open({ base: new URL(base, root), token: clientId, headers: {} })),
      source,
    ),
    // The client id is no secret.
    sealer: sealer(clientSecret),
  }))
  return scimClientOf(clientId, 'client', open, source)
}

const withErrorCodes = (client: ApiClient): ApiClient => ({
  ...client,
  send: async (request, context) => applyErrorCode(await client.send(request, context)),
})

/** Opens each client once: it keeps its connections. */
function openedOnce(open: (base: string) => ApiClient): (base: string) => ApiClient {
  const opened = new Map<string, ApiClient>()
  return (base) => {
    const client = opened.get(base) ?? open(base)
    opened.set(base, client)
    return client
  }
}
