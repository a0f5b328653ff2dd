import type { Traits } from './traits.ts'

const CONFIG_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'

/** The `ServiceProviderConfig` of a service (RFC 7643, 5). */
export const serviceProviderConfig = (
  maxResults: number,
  { patch = true, etag = false, paging }: { patch?: boolean; etag?: boolean; paging?: Traits['paging'] } = {},
) => ({
  schemas: [CONFIG_SCHEMA],
  patch: { supported: patch },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: etag },
  // RFC 9865, 4
  ...(paging && { pagination: { cursor: paging.startsWith('cursor'), index: paging === 'index' } }),
  authenticationSchemes: [
    { type: 'oauthbearertoken', name: 'API token', description: 'A token made in the console of the app' },
  ],
})
