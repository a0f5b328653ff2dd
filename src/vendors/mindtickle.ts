import * as z from 'zod'
import type { SettingsParts } from '../config/schema.ts'
import { BaseUrl, defineVendor, tenantSettings } from './define.ts'
import { about, setup } from './mindtickle/setup.ts'
import { capabilitiesOf } from './scim/capabilities.ts'
import { checkScimToken } from './scim/check-token.ts'
import { lacking, scimOperations } from './scim/operations.ts'
import type { ScimApp } from './scim/request.ts'
import { scimSettings } from './scim/settings.ts'

const settings = ({ Secret }: SettingsParts) =>
  z.strictObject({
    ...tenantSettings,
    vendor: z.literal('mindtickle').describe('Mindtickle'),
    // stitchflow.com's Mindtickle API guide (2026-03-17) has <tenant>.mindtickle.com/scim/v2, Microsoft Learn
    // ("Configure MindTickle for automatic user provisioning") admin.mindtickle.com/scim: there is no safe default.
    url: BaseUrl.describe('Base URL of the SCIM service with its path, as shown in the Mindtickle console'),
    tokens: z
      .strictObject({ scim: Secret.describe('The SCIM token') })
      .describe('The token, as env:NAME, file:/path or keychain:NAME'),
    // If the app ignores an array, it removes all members; it rejects an unsupported filter (RFC 7644 §3.5.2.2).
    ...scimSettings({ pageSize: 50, memberRemoveShape: 'filter' }),
  })

type MindtickleSettings = z.infer<ReturnType<typeof settings>>

// Self-service according to stitchflow.com's guide, on request according to Microsoft Learn.
const WHERE_TO_MAKE =
  'Create a SCIM token in the Mindtickle console under Settings > Integrations > SCIM (Enterprise plan), or ask ' +
  'Mindtickle support for one if the console has no such page, and put it in `scim`.'

export default defineVendor<MindtickleSettings>({
  name: 'mindtickle',
  title: 'Mindtickle',
  connect: [
    {
      title: 'SCIM token',
      fields: [
        {
          at: 'url',
          form: 'address',
          ask: 'SCIM address that the Mindtickle console shows, such as acme.mindtickle.com/scim/v2',
        },
        { at: 'tokens.scim', form: 'secret', ask: 'SCIM token', made: WHERE_TO_MAKE },
      ],
    },
  ],
  settings,
  about,
  setup,
  // Neither the effect of DELETE nor of a deactivation on sessions is documented.
  facts: () => ({ deactivate: 'reversible', delete: 'unknown', endsSessions: 'unknown', audit: 'none' }),
  // The limits are not published: start low and learn.
  budget: { perMinute: 60, atOnce: 2 },
  operations(settings, app) {
    const { url, tokens } = settings
    const known = capabilitiesOf(app.memory)
    const scim: ScimApp = {
      tenant: app.tenant,
      vendor: 'mindtickle',
      client: app.open({
        base: new URL(url),
        token: tokens.scim,
        headers: { authorization: tokens.scim.after('Bearer ') },
      }),
      settings,
      memory: app.memory,
      known,
      // The documented attributes.
      mapping: { takes: ['userName', 'email', 'givenName', 'familyName', 'externalId', 'status'] },
    }
    const checked = { secret: tokens.scim, whereToMake: WHERE_TO_MAKE, left: app.left }
    return {
      ...scimOperations(scim),
      lacks: lacking(known),
      checkTokens: async (_, context) => [await checkScimToken(scim, checked, context)],
    }
  },
})
