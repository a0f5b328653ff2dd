import type { VendorContext } from '../define.ts'
import type { Clients } from './api.ts'
import type { OktaSettings } from './settings.ts'

/** Where the API is, below the organisation's address. */
export const API_PATH = '/api/v1'

/** The clients of an organisation: one for an API token, one for each scope of a service app. */
export function openClients({ url, tokens }: OktaSettings, app: VendorContext): Clients {
  const base = new URL(API_PATH, url)
  const { api } = tokens
  if (!api) throw new TypeError('the settings name no token')
  const client = app.open({ base, token: api, headers: { authorization: api.after('SSWS ') } })
  return () => client
}
