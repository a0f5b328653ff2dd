import * as z from 'zod'
import type { SettingsParts } from '../../config/schema.ts'
import { UUID } from '../../domain/same.ts'
import { BaseUrl, provisions, tenantSettings } from '../define.ts'
import { isCertifiedKey } from '../http/assertion.ts'
import { CLOUD_NAMES, CLOUDS, isCloud } from './clouds.ts'

/** Names that stand for no directory of its own (learn.microsoft.com, "Microsoft identity platform protocols"). */
const NO_DIRECTORY = ['common', 'organizations', 'consumers']

const fields = ({ Secret, SecretText }: SettingsParts) => ({
  ...tenantSettings,
  vendor: z.literal('entra').describe('Microsoft Entra ID, the identity provider, over Microsoft Graph'),
  directory: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/,
      'must be a domain, such as acme.onmicrosoft.com, or a tenant ID',
    )
    .refine((name) => !NO_DIRECTORY.includes(name.toLowerCase()), 'must name one directory')
    .describe('Directory (tenant) ID, or a domain of it: acme.onmicrosoft.com'),
  clientId: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be printable ASCII without spaces')
    .describe('Application (client) ID of the app registration'),
  tokens: z
    .strictObject({
      clientSecret: Secret.optional().describe(
        'Client secret of the app registration: its value, not its ID',
      ),
      certificate: SecretText.refine(
        isCertifiedKey,
        'is not a PEM text with a certificate and its private key: RSA from 2048 bits',
      )
        .optional()
        .describe('Certificate of the app registration together with its private key, both in one PEM file'),
      federatedToken: Secret.optional().describe(
        'Token of another issuer that the app registration trusts (federated credential), as file:/path; the file is ' +
          'read for each token request',
      ),
    })
    .describe('One of these, as env:NAME, file:/path or keychain:NAME'),
  cloud: z.enum(CLOUD_NAMES).default('global').describe('Microsoft cloud that the directory is in'),
  url: BaseUrl.default(CLOUDS.global.graph).describe(
    'Address of Microsoft Graph, without a path; that of the cloud when left out',
  ),
  loginUrl: BaseUrl.default(CLOUDS.global.login).describe(
    'Address that issues tokens, without a path; that of the cloud when left out',
  ),
  // learn.microsoft.com/graph/api/user-list: 999 at most.
  pageSize: z.int().min(1).max(999).default(999).describe('Users, groups or members per request'),
  source: z.boolean().default(true).describe('Whether this tenant is the truth about people'),
  provisions: provisions(
    z.string().regex(UUID, 'must be an Object ID, a UUID'),
    'Entra admin centre > Enterprise applications > the app > Object ID',
  ),
  endSessions: z
    .boolean()
    .default(true)
    .describe('Whether deactivate_user ends the sessions and refresh tokens of the account first'),
})

/** The schema of an Entra tenant's settings. */
export const settings = (parts: SettingsParts) =>
  z.strictObject(fields(parts)).superRefine(({ url, loginUrl, tokens }, context) => {
    const issue = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
    if (new URL(url).pathname !== '/')
      issue('url', 'must be without a path, such as https://graph.microsoft.com')
    if (new URL(loginUrl).pathname !== '/') {
      issue('loginUrl', 'must be without a path, such as https://login.microsoftonline.com')
    }
    const given = Object.values(tokens).filter((token) => token !== undefined)
    if (given.length !== 1) issue('tokens', 'takes one of clientSecret, certificate and federatedToken')
  })

export type EntraSettings = z.infer<z.ZodObject<ReturnType<typeof fields>>>

/** The addresses of the cloud, where the settings name no others. */
export function fillIn(written: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { cloud = 'global' } = written
  if (!isCloud(cloud)) return written
  return { url: CLOUDS[cloud].graph, loginUrl: CLOUDS[cloud].login, ...written }
}
