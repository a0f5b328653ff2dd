import type { Secret } from '../../secret.ts'
import type { VendorContext } from '../define.ts'
import type { ApiClient } from '../http/client.ts'
import {
  type ClientAuthentication,
  clientCredentials,
  secretInBody,
  signedByClient,
  signedElsewhere,
} from '../http/grants.ts'
import { type TokenSource, tokenSource, withFetched } from '../http/token-source.ts'
import { CLOUDS } from './clouds.ts'
import { WHERE_TO_MAKE } from './rights.ts'
import type { EntraSettings } from './settings.ts'

/** Below the host; Graph has one version for production (learn.microsoft.com/graph/versioning-and-support). */
export const API_PATH = '/v1.0'

/** The connection to a directory. */
export interface Connection {
  base: URL
  client: ApiClient
  /** The same for the logs, which have limits of their own (learn.microsoft.com/graph/throttling-limits). */
  logs: ApiClient
  source: TokenSource
  /** What fetches tokens, and its name in the settings. */
  secret: Secret
  slot: string
  /** Rows per request of a list of users, groups or members. */
  pageSize: number
}

/** Client credentials (learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow). */
export function openConnection(settings: EntraSettings, app: VendorContext): Connection {
  const { url, loginUrl, directory, clientId, tokens, cloud, pageSize } = settings
  const tokenUrl = new URL(`/${directory}/oauth2/v2.0/token`, loginUrl)
  const { secret, slot, authentication } = credentialOf(tokens, clientId, tokenUrl)
  const source = tokenSource(app, {
    url: tokenUrl,
    authentication,
    grant: clientCredentials,
    // The resource is the cloud's Graph, whatever the way to it.
    scope: `${CLOUDS[cloud].graph}/.default`,
    budgetOf: secret,
    whereToMake: WHERE_TO_MAKE,
  })
  const base = new URL(API_PATH, url)
  const open = (pool?: string) =>
    withFetched(app.open({ base, token: secret, headers: {}, ...(pool !== undefined && { pool }) }), source)
  return { base, client: open(), logs: open('auditLogs'), source, secret, slot, pageSize }
}

interface Credential {
  secret: Secret
  slot: keyof EntraSettings['tokens']
  authentication: ClientAuthentication
}

function credentialOf(
  { clientSecret, certificate, federatedToken }: EntraSettings['tokens'],
  clientId: string,
  tokenUrl: URL,
): Credential {
  if (clientSecret) {
    return {
      secret: clientSecret,
      slot: 'clientSecret',
      authentication: secretInBody(clientId, clientSecret),
    }
  }
  if (certificate) {
    // learn.microsoft.com/entra/identity-platform/certificate-credentials: PS256, x5t#S256, aud is the token endpoint.
    const key = { privateKey: certificate, certified: true }
    return {
      secret: certificate,
      slot: 'certificate',
      authentication: signedByClient(clientId, key, tokenUrl.href),
    }
  }
  if (federatedToken) {
    const authentication = signedElsewhere(clientId, federatedToken)
    return { secret: federatedToken, slot: 'federatedToken', authentication }
  }
  throw new TypeError('the settings name no token')
}
