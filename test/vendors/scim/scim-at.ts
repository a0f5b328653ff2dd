import { scimOperations } from '../../../src/vendors/scim/operations.ts'
import type { ScimApp } from '../../../src/vendors/scim/request.ts'
import type { ScimSettings } from '../../../src/vendors/scim/settings.ts'
import { clientAt, vendorContext } from '../../support/canned.ts'

/** The protocol's operations over an app at `url`. */
export function scimAt(
  url: string,
  { memory, ...settings }: Partial<ScimSettings> & { memory?: Map<string, unknown> } = {},
  mapping: Partial<ScimApp> = {},
) {
  return scimOperations({
    tenant: 'acme',
    vendor: 'scim',
    client: clientAt(url),
    settings: {
      pageSize: 2,
      maxPages: 100,
      patchStrategy: 'auto',
      contentType: 'application/scim+json',
      allowDelete: true,
      memberRemoveShape: 'array',
      ...settings,
    },
    memory: vendorContext(memory).memory,
    ...mapping,
  })
}

/** A plain user. */
export const user = (id: string, userName = `${id}@example.com`, more: Record<string, unknown> = {}) => ({
  id,
  userName,
  active: true,
  ...more,
})

export const listOf = (rows: unknown[], totalResults: unknown = rows.length) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
  totalResults,
  Resources: rows,
})
