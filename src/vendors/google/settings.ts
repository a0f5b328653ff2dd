import * as z from 'zod'
import type { SettingsParts } from '../../config/schema.ts'
import { BaseUrl, tenantSettings } from '../define.ts'
import { isServiceAccount } from './service-account.ts'

const DOMAIN = /^([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+[a-z][a-z\d-]{0,61}[a-z\d]$/i

const fields = ({ SecretText }: SettingsParts) => ({
  ...tenantSettings,
  vendor: z.literal('google').describe('Google Workspace, the identity provider'),
  // developers.google.com/workspace/admin/directory/reference/rest, "Service endpoint".
  url: tenantSettings.url.default('https://admin.googleapis.com').describe('Address of the Admin SDK'),
  // developers.google.com/identity/protocols/oauth2/service-account.
  tokenUrl: BaseUrl.default('https://oauth2.googleapis.com/token').describe(
    'Address of the token endpoint, which is also the audience of what the service account signs',
  ),
  domain: z.string().regex(DOMAIN, 'must be a domain such as acme.example').describe('The primary domain'),
  admin: z.email().max(320).describe('The administrator for whom the service account acts'),
  tokens: z
    .strictObject({
      serviceAccount: SecretText.refine(
        isServiceAccount,
        'is not the key file of a service account (JSON with client_email and private_key)',
      ).describe('Key file of the service account (JSON), which has domain-wide delegation'),
    })
    .describe('The tokens, as env:NAME, file:/path or keychain:NAME'),
  source: z.boolean().default(true).describe('Whether this tenant is the truth about people'),
  endSessions: z
    .boolean()
    .default(true)
    .describe(
      'Whether deactivate_user first ends the sessions of the account and deletes its OAuth tokens and application ' +
        'passwords',
    ),
  adminWrites: z
    .boolean()
    .default(false)
    .describe(
      'Whether accounts of administrators may be changed. Google lets only a super administrator do that, so `admin` ' +
        'must be one',
    ),
  // developers.google.com, "users.list".
  pageSize: z.int().min(1).max(500).default(500).describe('Users per page of a list'),
  externalIdType: z
    .string()
    .regex(/^\w{1,64}$/)
    .default('organization')
    .describe(
      'Type of the external id in `externalIds`; `organization` is the employee ID of the Admin console',
    ),
})

/** The schema of a Google Workspace tenant's settings. */
export const settings = (parts: SettingsParts) =>
  z.strictObject(fields(parts)).superRefine(({ url }, context) => {
    if (new URL(url).pathname !== '/') {
      context.addIssue({ code: 'custom', path: ['url'], message: 'must be without a path' })
    }
  })

export type GoogleSettings = z.infer<z.ZodObject<ReturnType<typeof fields>>>
