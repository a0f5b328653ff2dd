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
  PASTE,
} from '../setup-guide.ts'

export const about: readonly string[] = [
  'Accounts are the people whom policies steer. Console administrators are a list of their own, out of reach here.',
  'The user name is the email and stays as it was made. The id is Netskope’s own, never the email.',
  'Groups that an account does not list are unknown, not absent. Groups decide which policies apply.',
  'A user who was added by hand or by a directory import may be out of reach for SCIM and count as not found.',
  'Prefer deactivation to deletion: incidents keep pointing to the person.',
  'The audit log may hide user names by a privacy setting, so that an empty answer about a person proves nothing.',
  'Limits: about 300 requests a minute and token, unpublished.',
]

/** As much of the settings as the guide is drawn from. */
interface Given {
  url: string
  scimBasePath: string
  auditPath: string
  propagationMinutes: number
}

/** How Okta or Entra ID provisions a Netskope tenant. */
export function setup({ url, scimBasePath, auditPath, propagationMinutes }: Given, idp: Idp): SetupGuide {
  const base = addressOf(url, scimBasePath)
  return {
    first: [
      'Single sign-on between the identity provider and Netskope is configured and works: without it provisioning fails, ' +
        'and the identity provider may not be told why.',
      'REST API v2 is enabled for the tenant (Settings > Tools > REST API v2).',
      'Where Settings > Administration > IP Allowlist is in use, it holds the addresses of the identity provider.',
    ],
    tokens: [
      {
        name: 'REST API v2 token with the two SCIM endpoints, for the identity provider',
        made:
          `Settings > Tools > REST API v2 > New Token. Add the endpoints ${scimBasePath}/Users and ${scimBasePath}/Groups, ` +
          'each with Read + Write, and choose when it expires. It is shown once. Make one for the identity provider ' +
          'alone: the limit counts by token.',
      },
      {
        name: 'SCIM token, instead',
        made:
          'Tenants that still have Settings > Security Cloud Platform > SCIM make it there; it serves in the same place. ' +
          'The OAuth token of Settings > Tools > Directory Tools, and the addon- address that goes with it, are deprecated.',
      },
      {
        name: 'REST API v2 token for the audit log, for this server alone',
        made: `On the same page, with the endpoint ${auditPath} and Read. The identity provider has no use for it.`,
      },
    ],
    ...(idp === 'okta' ? okta(base) : entra(base)),
    attributes: [
      // The gallery application of Entra ID maps the external id by itself.
      ...coreAttributes(idp).filter(({ name }) => idp === 'okta' || name !== 'externalId'),
      { name: 'department', means: 'may be used in policies; custom schema extensions are not documented' },
    ],
    caveats: [
      'A 403 without a word means a token of the wrong kind, one that lacks a SCIM endpoint, or one that has Read where ' +
        'Read + Write is needed.',
      'A user name can not be changed once the account exists.',
      'Provision the users before the groups that they are in: a group is pushed without those who are missing.',
      `A change of groups reaches policies late: allow up to ${propagationMinutes} minutes.`,
      'Unassigning deactivates and keeps the record; sessions at the identity provider are not ended by it.',
      'Users are created one by one, for want of a bulk operation: a first run over thousands takes its time.',
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
        { label: 'API Token', value: PASTE },
        { label: 'Import Groups', value: 'off, unless groups of Netskope are to be linked' },
      ],
    },
    OKTA_TO_APP,
    OKTA_ASSIGN,
    {
      do:
        'Push Groups tab: push the groups that policies name, after their members are there. Okta does not assign ' +
        'nested groups.',
    },
  ],
  sources: [...SOURCES, 'docs.netskope.com, "User Provisioning with OKTA"'],
})

const entra = (base: string): Pick<SetupGuide, 'steps' | 'sources'> => ({
  steps: [
    entraApp('Netskope User Authentication', 'Netskope User Provisioning'),
    entraConnection(base),
    { do: 'Mappings: leave them as they come.' },
    ...ENTRA_START,
  ],
  sources: [...SOURCES, 'docs.netskope.com, "User Provisioning with Microsoft Entra ID"'],
})
