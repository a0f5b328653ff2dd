import type { Idp, SetupGuide } from '../define.ts'
import {
  addressOf,
  coreAttributes,
  ENTRA_CAVEATS,
  ENTRA_START,
  entraApp,
  OKTA_ASSIGN,
  OKTA_CAVEATS,
  OKTA_IMPORT,
  OKTA_PUSH_USERS,
  OKTA_TO_APP,
  oktaOwnApp,
  PASTE_TOKEN,
} from '../setup-guide.ts'
import { EXTENSION } from './extension.ts'
import { LICENCE_TYPES } from './rules.ts'
import { authMode, type GainsightSettings, SCIM_BASES, TOKEN_PATHS } from './settings.ts'

type GainsightSetupSettings = Pick<
  GainsightSettings,
  'url' | 'tokens' | 'auth' | 'scimBasePath' | 'licenseTypes'
>

const APP = 'Gainsight SCIM Integration'
const PASTE_SECRET = '<paste the client secret>'

export const about: readonly string[] = [
  'This is Gainsight CS (NXT). Community (inSided), PX and Skilljar are separate products with separate accounts, which ' +
    'this server cannot reach.',
  'There is no audit API. See the identity provider’s log, or this server’s journal for its own changes.',
  'Limits: 100 requests an hour and 1,000 a day. Look up one person; do not list.',
  'Only Okta and Microsoft Entra ID can provision it by SCIM, not Google Workspace or OneLogin.',
  'The user name is the login email. An external id means that an identity provider manages the account and overwrites ' +
    'its values: change it there.',
  `Licences are ${LICENCE_TYPES.join(', ')}, spelled exactly. Without one a new account is an Internal Collaborator. Role names must match too.`,
  'Gainsight silently ignores an attribute with a wrong name: trust the values read back.',
  'Super admins cannot be created or changed unless the settings allow it.',
]

/** How to provision a Gainsight tenant from Okta or Entra ID. */
export function setup(settings: GainsightSetupSettings, idp: Idp): SetupGuide {
  // The documents disagree; the vendor's own document takes precedence.
  const [documented, alternative] = SCIM_BASES
  const base = addressOf(settings.url, settings.scimBasePath ?? documented)
  const other = addressOf(settings.url, base.endsWith(alternative) ? documented : alternative)
  return {
    first: [
      'The Enterprise plan, and SAML single sign-on between the identity provider and Gainsight, configured and working: ' +
        'SCIM cannot be enabled without it, and silently stops working when it breaks.',
      'Two separate applications in the identity provider, one for SAML sign-on and one for SCIM. This guide is about the second.',
      'Administrator access on both sides. A super admin must authorise SCIM in Gainsight; otherwise it cannot create or ' +
        'change anything.',
    ],
    tokens: tokens(idp),
    ...(idp === 'okta' ? okta(settings, base) : entra(settings, base)),
    attributes: [
      ...coreAttributes(idp),
      {
        name: `${EXTENSION}:LicenseType`,
        means:
          `String; exactly one of ${[...LICENCE_TYPES, ...settings.licenseTypes].join(', ')}. Without a value the account becomes an ` +
          'Internal Collaborator.',
      },
      {
        name: `${EXTENSION}:IsSuperAdmin`,
        means: 'Boolean; false without a value. True gives a person full access to Gainsight.',
      },
      {
        name: `${EXTENSION}:<name of a custom field>`,
        means:
          'Boolean, String, Picklist (as String) or Multi-Picklist (as array of String). The field must exist in Gainsight, ' +
          'and Gainsight Support must map it first.',
      },
    ],
    caveats: [
      `The documents disagree about the address. If the test answers 404, try ${other}, and set scimBasePath to the path that works.`,
      'Gainsight silently ignores an attribute whose name differs in spelling or case: check the account after the ' +
        'first push.',
      'The end of an assignment deactivates the account. Nothing is deleted.',
      'A SCIM token is static and renewed manually. A new token immediately invalidates the old one everywhere.',
      'The REST access key does not work for SCIM, nor a SCIM token for REST.',
      // stitchflow.com's Gainsight guide.
      'Gainsight supports SCIM from Okta and Microsoft Entra ID only, not from Google Workspace or OneLogin. Community ' +
        '(inSided) has none.',
      ...(idp === 'okta' ? OKTA_CAVEATS : ENTRA_CAVEATS),
    ],
  }
}

const tokens = (idp: Idp): SetupGuide['tokens'] => [
  idp === 'okta'
    ? {
        name: 'Client id and client secret of the OAuth app, for Okta',
        made:
          'Administration > User Management > Authentication > OAuth Applications > Add Application: scope Read/Write, and ' +
          'Okta’s callback (see Steps) under Callback URLs. A tenant can have only one OAuth app, but it can have a second callback.',
      }
    : {
        name: 'Client id and client secret of an M2M key, for Entra ID',
        made:
          'Administration > Connectors 2.0 > Create Connection > Gainsight API, with the authentication type M2M OAuth, created ' +
          'by a super admin. A tenant can have 15 keys: give Entra ID a separate one.',
      },
  {
    name: 'Alternatively: SCIM token',
    made:
      'Administration > User Management > SCIM, if the tenant has that page: enable SCIM, and copy the base URL and the ' +
      'bearer token.',
  },
  {
    name: 'Access key, only for this server and only if it has no SCIM token',
    made:
      'Administration > Connectors 2.0 > Create Connection > Gainsight API, with the authentication type Access_Key. A tenant ' +
      'has one access key: a new one locks out everything that uses the old one.',
  },
]

function okta(settings: GainsightSetupSettings, base: string): Pick<SetupGuide, 'steps' | 'sources'> {
  const clientId = clientIdFor(settings, 'oauth_refresh') ?? '<client id of the OAuth app>'
  const redirect = 'https://system-admin.okta.com/admin/app/cpc/<name of the Okta application>/oauth/callback'
  return {
    steps: [
      ...oktaOwnApp(
        APP,
        'Single Sign-On URL and Audience URI are in the metadata.xml of Gainsight. Then Next, and Finish.',
      ),
      {
        do: 'Provisioning tab > Integration > Edit. Fill in, and Save:',
        fields: [
          { label: 'SCIM Connector Base URL', value: base },
          { label: 'Unique Identifier Field for Users', value: 'userName' },
          { label: 'Supported Provisioning Actions', value: [OKTA_IMPORT, ...OKTA_PUSH_USERS].join(', ') },
          { label: 'Authentication Mode', value: 'OAuth 2.0' },
          { label: 'Access Token Endpoint URI', value: tokenUrl(settings, 'oauth_refresh') },
          {
            label: 'Authorization Endpoint URI',
            value: `${addressOf(settings.url, '/v1/authorize')}?clientId=${clientId}&redirectUri=${redirect}&scopes=read_write`,
          },
          { label: 'Client ID', value: clientId },
          { label: 'Client Secret', value: PASTE_SECRET },
        ],
      },
      {
        do:
          'In the address above, the name of the Okta application is the part after /app/ in the browser’s address while the ' +
          'application is open. The OAuth app of Gainsight must list exactly the same callback.',
      },
      {
        do: `Press Authenticate with ${APP}, and authorise in Gainsight as a super admin.`,
      },
      {
        do: 'Only if Gainsight gave you a SCIM token instead of an OAuth app:',
        fields: [
          { label: 'Authentication Mode', value: 'HTTP Header' },
          { label: 'Authorization (Bearer)', value: PASTE_TOKEN },
        ],
      },
      OKTA_TO_APP,
      {
        do: 'Directory > Profile Editor > the application > Add Attribute, once for each Gainsight attribute below:',
        fields: [
          { label: 'External namespace', value: EXTENSION },
          { label: 'External name', value: 'LicenseType, IsSuperAdmin, …: spelled exactly' },
          // So that nobody can type a licence that Gainsight does not know.
          {
            label: 'Define enumerated list of values',
            value: `for LicenseType: ${[...LICENCE_TYPES, ...settings.licenseTypes].join(', ')}`,
          },
          {
            label: 'Attribute type',
            value: 'Group, for a value per group; Personal, for a value per person',
          },
        ],
      },
      OKTA_ASSIGN,
      {
        do:
          'Assignments tab > Groups: for each group, enter the values of its members, and order the groups by priority. ' +
          'A person in several groups gets the values of the group with the highest priority, at creation and with every ' +
          'update. If a value looks wrong in Gainsight, check this order first.',
      },
    ],
    sources: [
      'support.gainsight.com, "Okta Gainsight SCIM Setup"',
      'support.gainsight.com, "OAuth for Gainsight APIs"',
      'support.gainsight.com, "SCIM API"',
      'stitchflow.com, "Gainsight User Management API Guide"',
    ],
  }
}

const entra = (settings: GainsightSetupSettings, base: string): Pick<SetupGuide, 'steps' | 'sources'> => ({
  steps: [
    entraApp(undefined, APP),
    {
      do:
        'Provisioning > Get started, Provisioning Mode Automatic. Choose the authentication method OAuth2 client credentials ' +
        'grant, fill in, Test Connection, and Save once it succeeds:',
      fields: [
        { label: 'Tenant URL', value: base },
        { label: 'Token Endpoint', value: tokenUrl(settings, 'm2m') },
        { label: 'Client Identifier', value: clientIdFor(settings, 'm2m') ?? '<client id of the M2M key>' },
        { label: 'Client Secret', value: PASTE_SECRET },
      ],
    },
    {
      do:
        'Only if Gainsight gave you a SCIM token instead: choose the authentication method Bearer, with that token as Secret ' +
        'Token. The access token of an M2M key does not work here, since it expires after 24 hours.',
      fields: [
        { label: 'Tenant URL', value: base },
        { label: 'Secret Token', value: PASTE_TOKEN },
      ],
    },
    {
      do:
        'Mappings > users: userName is the matching attribute. Show advanced options > Edit attribute list: add the Gainsight ' +
        'attributes below with their full names, and map each from a constant, an expression or an attribute.',
    },
    { do: 'Mappings > groups: disable it. Gainsight’s guide provisions users only.' },
    ...ENTRA_START,
  ],
  sources: [
    'support.gainsight.com, "SCIM API"',
    'support.gainsight.com, "Generate REST API Key"',
    'stitchflow.com, "Gainsight User Management API Guide"',
    'Microsoft Learn, "Develop and plan provisioning for a SCIM endpoint in Microsoft Entra ID"',
  ],
})

const tokenUrl = (settings: GainsightSetupSettings, mode: keyof typeof TOKEN_PATHS): string =>
  (authMode(settings) === mode ? settings.auth.tokenUrl : undefined) ??
  addressOf(settings.url, TOKEN_PATHS[mode])

/** The client id of the settings, if it is for this mode. A client id is not a secret (RFC 6749 §2.2). */
const clientIdFor = (settings: GainsightSetupSettings, mode: keyof typeof TOKEN_PATHS): string | undefined =>
  authMode(settings) === mode ? settings.tokens.clientId?.reveal() : undefined
