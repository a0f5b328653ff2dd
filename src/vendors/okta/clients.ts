import { Forbidden } from '../../errors.ts'
import type { AppReply } from '../../guards/request.ts'
import type { Secret } from '../../secret.ts'
import type { VendorContext } from '../define.ts'
import type { ApiClient } from '../http/client.ts'
import { clientCredentials, signedByClient } from '../http/grants.ts'
import { type TokenSource, tokenSource, withFetched } from '../http/token-source.ts'
import { field, parseJson } from '../http/values.ts'
import { type Scope, whereToGrant } from './errors.ts'
import type { OktaSettings } from './settings.ts'

/** Where the API is, below the organisation's address. */
const API_PATH = '/api/v1'

/** The client for a scope; `source` fetches its tokens. */
export interface ScopedClient extends ApiClient {
  source?: TokenSource
}

export interface Clients {
  base: URL
  /** The secret that the budget counts by, and its name in the settings. */
  token: Secret
  slot: 'api' | 'privateKey'
  of: (scope: Scope) => ScopedClient
}

/** The part of Okta's API that a scope is about: Okta limits each part by itself (developer.okta.com, "Rate limits"). */
export const poolOf = (scope: Scope): string => scope.split('.')[1] ?? scope

/** The clients of an organisation. A service app has a token for each scope, so none can do more than its tool needs. */
export function openClients(settings: OktaSettings, app: VendorContext): Clients {
  const { url, tokens, clientId, keyId, tokenUrl = new URL('/oauth2/v1/token', url).href } = settings
  const base = new URL(API_PATH, url)
  const { api, privateKey } = tokens
  const token = api ?? privateKey
  if (!token) throw new TypeError('the settings name no token')
  const open = (scope: Scope): ScopedClient => {
    const headers = api && { authorization: api.after('SSWS ') }
    const client = app.open({ base, token, headers: { ...headers }, pool: poolOf(scope) })
    if (!privateKey || clientId === undefined) return client
    const source = tokenSource(app, {
      url: new URL(tokenUrl),
      authentication: signedByClient(clientId, { privateKey, keyId }, tokenUrl),
      grant: clientCredentials,
      scope,
      budgetOf: privateKey,
      whereToMake: WHERE_TO_MAKE,
      adapt: (reply) => granted(reply, scope),
    })
    return { ...withFetched(client, source), source }
  }
  const opened = new Map<Scope, ScopedClient>()
  return {
    base,
    token,
    slot: api ? 'api' : 'privateKey',
    of(scope) {
      const client = opened.get(scope) ?? open(scope)
      opened.set(scope, client)
      return client
    },
  }
}

const WHERE_TO_MAKE =
  'Okta Admin Console, Applications > the service app > General > Client Credentials has its client id and public keys.'

/**
 * The reply of the token endpoint. Throws where the app lacks the scope, or has to prove possession, which is the default
 * of new service apps (developer.okta.com, "Implement OAuth for Okta with a service app"; "Configure OAuth 2.0 DPoP").
 */
function granted(reply: AppReply, scope: Scope): AppReply {
  const error = reply.status < 400 ? undefined : field(parseJson(reply.text), 'error')
  if (error === 'consent_required' || error === 'invalid_scope') {
    throw new Forbidden(`The service app lacks the scope ${scope}.`, whereToGrant(scope))
  }
  if (error === 'invalid_dpop_proof' || error === 'use_dpop_nonce') {
    throw new Forbidden(
      'The service app demands proof of possession (DPoP), which this server does not give.',
      'Okta Admin Console, Applications > the app > General: clear "Require Demonstrating Proof of Possession (DPoP) ' +
        'header in token requests".',
    )
  }
  return reply
}
