import * as z from 'zod'
import type { SettingsParts } from '../../config/settings.ts'
import { BaseUrl, tenantSettings } from '../define.ts'
import { scimSettings } from '../scim/settings.ts'

export const AUTH_MODES = ['static_bearer', 'm2m', 'oauth_refresh'] as const
export type AuthMode = (typeof AUTH_MODES)[number]

/** The tokens that each way of reaching SCIM is made of, by their slots in the settings. */
export const SLOTS = {
  static_bearer: ['scim'],
  m2m: ['clientId', 'clientSecret'],
  oauth_refresh: ['clientId', 'clientSecret', 'refreshToken'],
} as const satisfies { readonly [Mode in AuthMode]: readonly (keyof GainsightSettings['tokens'])[] }

const Path = z.string().regex(/^(\/[\w~-][\w.~-]*)+$/, 'must be a path such as /scim/v2')

const fields = ({ Secret }: SettingsParts) => ({
  ...tenantSettings,
  url: BaseUrl.describe('Address of the tenant, without a path: https://acme.gainsightcloud.com'),
  vendor: z
    .literal('gainsight')
    .describe('Gainsight CS (NXT). Community (inSided), PX and Skilljar are separate products'),
  tokens: z
    .strictObject({
      accessKey: Secret.optional().describe('REST access key; it reaches the REST API and nothing else'),
      scim: Secret.optional().describe('Static bearer token from the SCIM settings page'),
      clientId: Secret.optional().describe('Client id of the M2M key or of the OAuth app'),
      clientSecret: Secret.optional().describe('Client secret that belongs to `clientId`'),
      refreshToken: Secret.optional().describe(
        'Refresh token of the OAuth app. Should Gainsight replace it, the new one is kept in memory only and never ' +
          'written to disk: after a restart this one is used again, so renew it here if it is no longer accepted',
      ),
    })
    .describe('The tokens, as env:NAME or file:/path'),
  auth: z
    .strictObject({
      mode: z
        .enum(AUTH_MODES)
        .optional()
        .describe(
          'How SCIM is reached: with `scim` (static_bearer), with client credentials (m2m), or with a refresh token ' +
            '(oauth_refresh); told from the tokens when left out',
        ),
      tokenUrl: BaseUrl.optional().describe(
        'Where tokens are fetched, on the same host; /v1/users/m2m/oauth/token for m2m and ' +
          '/v1/users/oauth/access/token for oauth_refresh when left out',
      ),
    })
    .prefault({})
    .describe('How SCIM is reached'),
  restEnabled: z.boolean().default(true).describe('Whether the REST API may be used at all'),
  // stitchflow.com's Gainsight API guide (2026-03-11) shows `users`, Gainsight's "User Management APIs" `services`.
  restDialect: z
    .enum(['auto', 'users', 'services'])
    .default('auto')
    .describe('Which REST API is spoken: /v1/users or /v1/users/services; auto finds out by a read, once'),
  scimBasePath: Path.optional().describe(
    'Where SCIM is served; when left out, found out by a read: /v1/users/services/scim or /scim/v2',
  ),
  ...scimSettings({ pageSize: 1_000 }),
  superAdminWrites: z
    .boolean()
    .default(false)
    .describe('Whether super admins may be made or changed; SCIM only, the REST API can not'),
  permissionBundleOverwrite: z
    .boolean()
    .default(false)
    .describe('Whether a change may replace all permission bundles of a user instead of adding to them'),
  licenseTypes: z
    .array(z.string().min(1).max(100))
    .default([])
    .describe('Licence types that this tenant takes besides Full, Viewer and Viewer_Analytics'),
  allowDelete: z
    .boolean()
    .default(false)
    .describe('Offer delete_user, which at Gainsight deactivates: deactivate_user does the same'),
})

/** Gainsight's settings as a file has them. */
export const settings = (parts: SettingsParts) =>
  z.strictObject(fields(parts)).superRefine((given, context) => {
    for (const [key, message] of Object.entries(problemsOf(given))) {
      context.addIssue({ code: 'custom', path: [key], message })
    }
  })

export type GainsightSettings = z.infer<z.ZodObject<ReturnType<typeof fields>>>

/** How SCIM is reached; undefined when no token reaches it. */
export function authMode({ tokens, auth }: Pick<GainsightSettings, 'tokens' | 'auth'>): AuthMode | undefined {
  if (auth.mode) return auth.mode
  if (tokens.scim) return 'static_bearer'
  if (tokens.refreshToken) return 'oauth_refresh'
  return tokens.clientId || tokens.clientSecret ? 'm2m' : undefined
}

function problemsOf(given: GainsightSettings): Partial<Record<keyof GainsightSettings, string>> {
  const { url, tokens, auth, restEnabled } = given
  const mode = authMode(given)
  const missing = mode ? SLOTS[mode].filter((slot) => !tokens[slot]) : []
  const usable = mode !== undefined || (tokens.accessKey !== undefined && restEnabled)
  const elsewhere = auth.tokenUrl && new URL(auth.tokenUrl).origin !== new URL(url).origin
  return {
    ...(new URL(url).pathname !== '/' && { url: 'must be without a path' }),
    ...(!usable && { tokens: 'name at least one that can be used: accessKey, scim or clientId' }),
    ...(missing.length > 0 && { tokens: `${missing.join(' and ')} missing, for auth.mode ${mode}` }),
    ...(elsewhere && { auth: 'tokenUrl must be on the same host as url' }),
  }
}
