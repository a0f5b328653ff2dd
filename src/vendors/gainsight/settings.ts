import * as z from 'zod'
import type { SettingsParts } from '../../config/schema.ts'
import { BaseUrl, tenantSettings, UrlPath } from '../define.ts'
import { scimSettings } from '../scim/settings.ts'

const AUTH_MODES = ['static_bearer', 'm2m', 'oauth_refresh'] as const
type AuthMode = (typeof AUTH_MODES)[number]

/** The token slots in the settings that each auth mode needs. */
export const SLOTS = {
  static_bearer: ['scim'],
  m2m: ['clientId', 'clientSecret'],
  oauth_refresh: ['clientId', 'clientSecret', 'refreshToken'],
} as const satisfies { readonly [Mode in AuthMode]: readonly (keyof GainsightSettings['tokens'])[] }

/** The token endpoint of each OAuth mode. */
export const TOKEN_PATHS = {
  m2m: '/v1/users/m2m/oauth/token',
  oauth_refresh: '/v1/users/oauth/access/token',
} as const

/**
 * Where SCIM is served: Gainsight's "Okta Gainsight SCIM Setup" names the first, stitchflow.com's guide (2026-03-11)
 * the second.
 */
export const SCIM_BASES = ['/v1/users/services/scim', '/scim/v2'] as const

const fields = ({ Secret }: SettingsParts) => ({
  ...tenantSettings,
  url: BaseUrl.describe('Address of the tenant, without a path: https://acme.gainsightcloud.com'),
  vendor: z
    .literal('gainsight')
    .describe('Gainsight CS (NXT). Community (inSided), PX and Skilljar are separate products'),
  tokens: z
    .strictObject({
      accessKey: Secret.optional().describe(
        'REST access key, for a tenant without a SCIM token. Leave it out otherwise: next to one it is only checked, ' +
          'never used, and it opens the whole tenant',
      ),
      scim: Secret.optional().describe('Static bearer token from the SCIM settings page'),
      clientId: Secret.optional().describe('Client id of the M2M key or of the OAuth app'),
      clientSecret: Secret.optional().describe('Client secret for `clientId`'),
      refreshToken: Secret.optional().describe(
        'Refresh token of the OAuth app. If Gainsight replaces it, the new one stays in memory only: a restart uses ' +
          'this one again, so renew it here if it is no longer accepted',
      ),
    })
    .describe('The tokens, as env:NAME, file:/path or keychain:NAME'),
  auth: z
    .strictObject({
      mode: z
        .enum(AUTH_MODES)
        .optional()
        .describe(
          'How to authenticate to SCIM: with `scim` (static_bearer), client credentials (m2m) or a refresh token ' +
            '(oauth_refresh); derived from the tokens when left out',
        ),
      tokenUrl: BaseUrl.optional().describe(
        `Token endpoint, on the same host; ${TOKEN_PATHS.m2m} for m2m and ` +
          `${TOKEN_PATHS.oauth_refresh} for oauth_refresh when left out`,
      ),
    })
    .prefault({})
    .describe('How to authenticate to SCIM'),
  restEnabled: z.boolean().default(true).describe('Whether to use the REST API'),
  // stitchflow.com's Gainsight API guide (2026-03-11) shows `users`, Gainsight's "User Management APIs" `services`.
  restDialect: z
    .enum(['auto', 'users', 'services'])
    .default('auto')
    .describe(
      'Which REST API to use: /v1/users, whose groups are served when it is named here, or /v1/users/services; auto finds out with one read',
    ),
  scimBasePath: UrlPath.optional().describe(
    `Path of SCIM; when left out, found with a read: ${SCIM_BASES.join(' or ')}`,
  ),
  ...scimSettings({ pageSize: 1_000 }),
  superAdminWrites: z
    .boolean()
    .default(false)
    .describe('Whether super admins may be created or changed; SCIM only, the REST API cannot'),
  permissionBundleOverwrite: z
    .boolean()
    .default(false)
    .describe('Whether a change may replace all permission bundles of a user instead of adding to them'),
  licenseTypes: z
    .array(z.string().min(1).max(100))
    .default([])
    .describe('Licence types of this tenant in addition to Full, Viewer and Viewer_Analytics'),
  allowDelete: z
    .boolean()
    .default(false)
    .describe('Offer delete_user, which only deactivates at Gainsight, like deactivate_user'),
})

/** The schema of a Gainsight tenant's settings. */
export const settings = (parts: SettingsParts) =>
  z.strictObject(fields(parts)).superRefine((given, context) => {
    for (const [key, message] of Object.entries(problemsOf(given))) {
      context.addIssue({ code: 'custom', path: [key], message })
    }
  })

export type GainsightSettings = z.infer<z.ZodObject<ReturnType<typeof fields>>>

/** How to authenticate to SCIM; undefined without a token for it. */
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
    ...(!usable && { tokens: 'needs at least one usable token: accessKey, scim or clientId' }),
    ...(missing.length > 0 && { tokens: `auth.mode ${mode} also needs ${missing.join(' and ')}` }),
    ...(elsewhere && { auth: 'tokenUrl must be on the same host as url' }),
  }
}
