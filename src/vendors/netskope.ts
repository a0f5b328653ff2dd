import * as z from 'zod'
import type { SettingsParts } from '../config/schema.ts'
import { defineVendor, tenantSettings, UrlPath } from './define.ts'
import { type AuditRows, pullAudit } from './netskope/audit.ts'
import { checkTokens } from './netskope/check-token.ts'
import { AUTH_SCHEMES, openClients } from './netskope/clients.ts'
import { isGateway, netskopeError } from './netskope/errors.ts'
import { pageAhead } from './netskope/page-ahead.ts'
import { about, setup } from './netskope/setup.ts'
import type { FieldMapping } from './scim/fields.ts'
import { scimOperations } from './scim/operations.ts'
import { scimSettings } from './scim/settings.ts'

const settings = ({ Secret }: SettingsParts) =>
  z.strictObject({
    ...tenantSettings,
    vendor: z.literal('netskope').describe('Netskope'),
    tokens: z
      .strictObject({
        scim: Secret.optional().describe('Token for /api/v2/scim; the `rest` token when left out'),
        rest: Secret.optional().describe('Token for the audit log; the `scim` token when left out'),
      })
      .refine(({ scim, rest }) => scim || rest, 'needs at least one token: scim or rest')
      .describe('The tokens, as env:NAME, file:/path or keychain:NAME'),
    // Vendor-owned clients send a custom header; identity providers send a bearer token to the same address.
    authScheme: z
      .enum(AUTH_SCHEMES)
      .default('header')
      .describe(
        'How to send the token: Netskope-Api-Token header, Authorization: Bearer, or Authorization: Netskope-Api-Token',
      ),
    scimBasePath: UrlPath.default('/api/v2/scim').describe('Path of SCIM'),
    ...scimSettings({ pageSize: 100 }),
    auditPath: UrlPath.default('/api/v2/events/data/audit').describe('Path of the audit log'),
    // netskopeoss/netskope-py-sdk sends `offset`; stitchflow.com's Netskope API guide (2026-03-11) says `skip`.
    auditOffsetParam: z
      .enum(['offset', 'skip'])
      .default('offset')
      .describe('Paging parameter of the audit log'),
    // netskopeoss/AI_Integrations: up to 40 minutes world-wide.
    propagationMinutes: z
      .int()
      .min(0)
      .max(1_440)
      .default(40)
      .describe('Minutes until a change takes effect everywhere'),
  })

export type NetskopeSettings = z.infer<ReturnType<typeof settings>>

/** Attributes and paths of the vendor-owned client (netskopeoss/netskope-py-sdk), which sends some in lower case. */
const MAPPING: FieldMapping = {
  takes: ['userName', 'email', 'givenName', 'familyName', 'department', 'manager', 'externalId', 'status'],
  // stitchflow.com's Netskope API guide (2026-03-11): the user name stays as it was created.
  fixed: ['userName'],
  pathOf: (path) => (path === 'externalId' ? 'externalid' : path),
}

export default defineVendor<NetskopeSettings>({
  name: 'netskope',
  title: 'Netskope',
  connect: [
    {
      title: 'REST API v2 token',
      fields: [
        { at: 'url', form: 'host', ask: 'Address of your Netskope tenant, such as acme.goskope.com' },
        {
          at: 'tokens.scim',
          form: 'secret',
          ask: 'REST API v2 token',
          made:
            'Netskope: Settings > Tools > REST API v2 > New Token. Endpoints /api/v2/scim/Users and /api/v2/scim/Groups with ' +
            'Read + Write, and /api/v2/events/data/audit with Read for the audit log.',
        },
      ],
    },
  ],
  settings,
  facts: ({ propagationMinutes }) => ({
    deactivate: 'reversible',
    delete: 'hard',
    endsSessions: 'no',
    audit: 'administrators',
    propagationMinutes,
  }),
  // Not published. 300 per minute and token are commonly observed (stitchflow.com, 2026-03-11).
  budget: { perMinute: 300, atOnce: 4, reserve: 0.1 },
  about,
  setup,
  operations: (settings, app) => {
    const clients = openClients(settings, app)
    const ahead = pageAhead<AuditRows>()
    return {
      ...scimOperations({
        tenant: app.tenant,
        vendor: 'netskope',
        client: clients.of('scim').client,
        settings,
        memory: app.memory,
        mapping: MAPPING,
        // netskopeoss/netskope-py-sdk asks for `attributes=members` to see them.
        omitsMembers: true,
        isGateway,
        explain: (failure, { collection, effect }, context) =>
          netskopeError(
            clients,
            failure,
            { endpoint: `${settings.scimBasePath}/${collection}`, kind: 'scim', effect },
            context,
          ),
      }),
      pullAudit: (ask, context) => pullAudit({ clients, settings, ahead }, ask, context),
      checkTokens: (_, context) => checkTokens(clients, app, context),
    }
  },
})
