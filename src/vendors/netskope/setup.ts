import type { Idp, SetupGuide } from '../define.ts'
import {
  addressOf,
  coreAttributes,
  ENTRA_CAVEATS,
  ENTRA_START,
  entraApp,
  entraConnection,
  OKTA_ASSIGN,
  OKTA_CAVEATS,
  OKTA_TO_APP,
  PASTE_TOKEN,
} from '../setup-guide.ts'

export const about: readonly string[] = [
  'Accounts are the people that policies apply to. Console administrators are a separate list, which this server cannot reach.',
  'The user name is the email and cannot be changed. The id comes from Netskope and is never the email.',
  'An account without a group list may still be in groups. Groups decide which policies apply.',
  'SCIM may not find a user added manually or by a directory import.',
  'Prefer deactivation to deletion: incidents keep their link to the person.',
  'A privacy setting can hide user names in the audit log: an empty answer about a person proves nothing.',
  'Rate limit: about 300 requests per minute and token, unpublished.',
]

/** The settings that the guide uses. */
interface NetskopeSetupSettings {
  url: string
  scimBasePath: string
  auditPath: string
  propagationMinutes: number
}

/** How to provision a Netskope tenant from Okta or Entra ID. */
export function setup(
  { url, scimBasePath, auditPath, propagationMinutes }: NetskopeSetupSettings,
  idp: Idp,
): SetupGuide {
  const base = addressOf(url, scimBasePath)
  return {
    first: [
      'Single sign-on between the identity provider and Netskope is configured and works. Without it provisioning fails, ' +
        'possibly without a reason.',
      'REST API v2 is enabled for the tenant (Settings > Tools > REST API v2).',
      'If Settings > Administration > IP Allowlist is in use, it contains the addresses of the identity provider.',
    ],
    tokens: [
      {
        name: 'REST API v2 token with the two SCIM endpoints, for the identity provider',
        made:
          `Settings > Tools > REST API v2 > New Token. Add the endpoints ${scimBasePath}/Users and ${scimBasePath}/Groups, ` +
          'each with Read + Write, and choose when it expires. It is shown once. Create one only for the identity ' +
          'provider: the limit counts per token.',
      },
      {
        name: 'Alternatively: SCIM token',
        made:
          'Tenants that still have Settings > Security Cloud Platform > SCIM can create it there and use it in the same place. ' +
          'The OAuth token of Settings > Tools > Directory Tools and its addon- address are deprecated.',
      },
      {
        name: 'REST API v2 token for the audit log, only for this server',
        made: `On the same page, with the endpoint ${auditPath} and Read. The identity provider does not need it.`,
      },
    ],
    ...(idp === 'okta' ? okta(base) : entra(base)),
    attributes: [
      // Entra ID's gallery application maps the external id automatically.
      ...coreAttributes(idp).filter(({ name }) => idp === 'okta' || name !== 'externalId'),
      { name: 'department', means: 'can be used in policies; custom schema extensions are not documented' },
    ],
    caveats: [
      'A 403 without details means a token of the wrong kind, without a SCIM endpoint, or with Read instead of ' +
        'Read + Write.',
      'The user name of an existing account cannot be changed.',
      'Provision users before their groups: a pushed group lacks members that do not exist yet.',
      `Policies use a group change after up to ${propagationMinutes} minutes.`,
      'Unassigning deactivates the account and keeps its record. Sessions at the identity provider continue.',
      'There is no bulk operation, so users are created one by one: a first run over thousands takes long.',
      ...(idp === 'okta' ? OKTA_CAVEATS : ENTRA_CAVEATS),
    ],
  }
}

const SOURCES = [
  'docs.netskope.com, "SCIM Settings for User Provisioning"',
  'stitchflow.com, "Netskope User Management API Guide" (2026-03-11)',
]

const okta = (base: string): Pick<SetupGuide, 'steps' | 'sources'> => ({
  steps: [
    {
      do:
        'Admin Console > Applications > Browse App Catalog: add "Netskope User Enrollment", and do not display its icon ' +
        'to users.',
      fields: [{ label: 'Application label', value: 'Netskope User Enrollment' }],
    },
    {
      do: 'Provisioning tab > Configure API Integration > Enable API Integration. Fill in, Test API Credentials, Save:',
      fields: [
        { label: 'Base URL', value: base },
        { label: 'API Token', value: PASTE_TOKEN },
        { label: 'Import Groups', value: 'off, unless you link groups of Netskope' },
      ],
    },
    OKTA_TO_APP,
    OKTA_ASSIGN,
    {
      do:
        'Push Groups tab: push the groups that policies use, after their members exist. Okta does not assign ' +
        'nested groups.',
    },
  ],
  sources: [...SOURCES, 'docs.netskope.com, "User Provisioning with OKTA"'],
})

const entra = (base: string): Pick<SetupGuide, 'steps' | 'sources'> => ({
  steps: [
    entraApp('Netskope User Authentication', 'Netskope User Provisioning'),
    entraConnection(base),
    { do: 'Mappings: keep the defaults.' },
    ...ENTRA_START,
  ],
  sources: [...SOURCES, 'docs.netskope.com, "User Provisioning with Microsoft Entra ID"'],
})
