import type { VendorContext } from '../define.ts'
import type { ApiClient } from '../http/client.ts'
import { unnamed } from '../http/grants.ts'
import { type TokenSource, tokenSource, withFetched } from '../http/token-source.ts'
import { rateLimitAs429, tokenRefused } from './refusals.ts'
import { type Scope, scopeUrl } from './scopes.ts'
import { delegated } from './service-account.ts'
import type { GoogleSettings } from './settings.ts'

/** What asks with one scope. */
export interface ScopedClient {
  client: ApiClient
  source: TokenSource
}

/** A client for each scope: a tool asks for no more than it needs. */
export type Clients = (scope: Scope) => ScopedClient

const WHERE_TO_MAKE =
  'The key is made in the Google Cloud console, IAM & Admin > Service Accounts > the account > Keys.'

export function openClients({ url, tokenUrl, admin, tokens }: GoogleSettings, app: VendorContext): Clients {
  const { serviceAccount } = tokens
  const base = new URL(url)
  const bare = app.open({ base, token: serviceAccount, headers: {}, adapt: rateLimitAs429 })
  const opened = new Map<Scope, ScopedClient>()
  return (scope) => {
    const known = opened.get(scope)
    if (known) return known
    const source = tokenSource(app, {
      url: new URL(tokenUrl),
      authentication: unnamed,
      grant: delegated(serviceAccount, { audience: tokenUrl, admin, scope: scopeUrl(scope) }),
      budgetOf: serviceAccount,
      whereToMake: WHERE_TO_MAKE,
      explain: (failure) => tokenRefused(failure, { scope, admin }),
    })
    const made = { source, client: withFetched(bare, source) }
    opened.set(scope, made)
    return made
  }
}
