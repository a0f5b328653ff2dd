import * as z from 'zod'
import type { SettingsParts } from '../config/settings.ts'
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
    // ("Configure MindTickle for automatic user provisioning") admin.mindtickle.com/scim: none can be guessed.
    url: BaseUrl.describe('Base of the SCIM service with its path, as the Mindtickle console shows it'),
    tokens: z
      .strictObject({ scim: Secret.describe('The SCIM token') })
      .describe('The token, as env:NAME or file:/path'),
    // A wrong array takes everybody out of a group, a wrong filter is refused (RFC 7644 §3.5.2.2).
    ...scimSettings({ pageSize: 50, memberRemoveShape: 'filter' }),
  })

type MindtickleSettings = z.infer<ReturnType<typeof settings>>

// Self-service by stitchflow.com's guide, on request by Microsoft Learn.
const WHERE_TO_MAKE =
  'Make a SCIM token in the Mindtickle console under Settings > Integrations > SCIM (Enterprise plan), or ask ' +
  'Mindtickle support for one where the console does not offer it, and put it in `scim`.'

export default defineVendor<MindtickleSettings>({
  name: 'mindtickle',
  title: 'Mindtickle',
  settings,
  about,
  setup,
  // What DELETE does is not documented, nor whether sessions end.
  facts: () => ({ deactivate: 'reversible', delete: 'unknown', endsSessions: 'unknown', audit: 'none' }),
  // Not published: start low and learn.
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
      // The attributes that are documented.
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
