import * as z from 'zod'
import type { SettingsParts } from '../../config/schema.ts'
import { BaseUrl, provisions, tenantSettings } from '../define.ts'
import { isSigningKey } from '../http/assertion.ts'

/** Okta's largest page of users (developer.okta.com, "List all users"). */
const MAX_PAGE_SIZE = 200

const fields = ({ Secret, SecretText }: SettingsParts) => ({
  ...tenantSettings,
  vendor: z.literal('okta').describe('Okta, the identity provider'),
  url: tenantSettings.url.describe('Address of the organisation, without a path: https://acme.okta.com'),
  tokens: z
    .strictObject({
      api: Secret.optional().describe(
        'API token (SSWS). It has the rights of the administrator who made it, and lapses after 30 days without use',
      ),
      privateKey: SecretText.refine(
        isSigningKey,
        'is not a private key in PEM form or a JWK: RSA from 2048 bits, or P-256',
      )
        .optional()
        .describe(
          'Private key of a service app, a file in PEM form or a JWK, whose public key the app has; with `clientId`',
        ),
    })
    .describe('The tokens, as env:NAME, file:/path or keychain:NAME'),
  clientId: z.string().min(1).max(200).optional().describe('Client id of a service app (0oa…)'),
  tokenUrl: BaseUrl.optional().describe(
    'Address of the token endpoint of a service app; below `url` when left out',
  ),
  keyId: z.string().min(1).max(200).optional().describe('Id of the key in the service app (kid)'),
  pageSize: z.int().min(1).max(MAX_PAGE_SIZE).default(MAX_PAGE_SIZE).describe('Users per page of a list'),
  maxPages: z.int().min(1).max(10_000).default(500).describe('Most pages of one list that are read'),
  source: z.boolean().default(true).describe('Whether this tenant is the truth about people'),
  provisions: provisions(
    z.string().regex(/^\w{1,64}$/),
    'Okta Admin Console, Applications > the app: 0oa… in its address',
  ),
  endSessions: z
    .boolean()
    .default(true)
    .describe('Whether deactivate_user ends the sessions and refresh tokens of the account first'),
  deactivateMeans: z
    .enum(['suspend', 'deactivate'])
    .default('suspend')
    .describe(
      'What deactivate_user does: suspend, which reactivate_user takes back, or deactivate, which removes all app ' +
        'assignments for good',
    ),
  externalIdAttribute: z
    .string()
    .regex(/^[A-Za-z]\w{0,63}$/)
    .default('externalId')
    .describe('Attribute of the profile that holds the external id, such as employeeNumber'),
})

/** The schema of an Okta tenant's settings. */
export const settings = (parts: SettingsParts) =>
  z.strictObject(fields(parts)).superRefine(({ url, tokens, ...app }, context) => {
    const issue = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
    if (new URL(url).pathname !== '/') issue('url', 'must be without a path, such as https://acme.okta.com')
    if (tokens.api && tokens.privateKey) issue('tokens', 'takes api or privateKey, not both')
    if (!tokens.api && !tokens.privateKey) issue('tokens', 'needs api, or privateKey with clientId')
    if (tokens.privateKey && app.clientId === undefined) issue('clientId', 'is needed with tokens.privateKey')
    if (tokens.privateKey) return
    for (const key of ['clientId', 'keyId', 'tokenUrl'] as const) {
      if (app[key] !== undefined) issue(key, 'is of a service app: set tokens.privateKey, or leave it out')
    }
  })

export type OktaSettings = z.infer<z.ZodObject<ReturnType<typeof fields>>>
