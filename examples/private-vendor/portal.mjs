// An app that only your company has: what is true of it, what it may be asked, and what it can do.
import { BaseUrl, defineVendor, scimOperations, scimSettings, tenantSettings, z } from 'identity-mcp-server'

export const portal = defineVendor({
  name: 'portal',
  title: 'Acme Portal',
  settings: ({ Secret }) =>
    z.strictObject({
      ...tenantSettings,
      vendor: z.literal('portal'),
      url: BaseUrl.describe('Address of the SCIM service of the portal'),
      tokens: z.strictObject({ portal: Secret }),
      ...scimSettings({ pageSize: 50, memberRemoveShape: 'filter' }),
    }),
  facts: () => ({ deactivate: 'reversible', delete: 'unknown', endsSessions: 'no', audit: 'none' }),
  budget: { perMinute: 120, atOnce: 2 },
  operations: (settings, app) =>
    scimOperations({
      tenant: app.tenant,
      vendor: 'portal',
      client: app.open({
        base: new URL(settings.url),
        token: settings.tokens.portal,
        headers: { authorization: settings.tokens.portal.after('Bearer ') },
      }),
      settings,
      memory: app.memory,
      mapping: { takes: ['userName', 'email', 'givenName', 'familyName', 'status'] },
    }),
})
