import type { Idp, SetupGuide } from '../define.ts'
import {
  addressOf,
  coreAttributes,
  ENTRA_CAVEATS,
  ENTRA_START,
  entraApp,
  IMPORT,
  OKTA_ASSIGN,
  OKTA_CAVEATS,
  OKTA_TO_APP,
  oktaOwnApp,
  PASTE,
  PUSH_USERS,
} from '../setup-guide.ts'
import { EXTENSION } from './extension.ts'
import { authMode, type GainsightSettings } from './settings.ts'

type Given = Pick<GainsightSettings, 'url' | 'tokens' | 'auth' | 'scimBasePath' | 'licenseTypes'>

const APP = 'Gainsight SCIM Integration'
/** Where the documents do not agree, the vendor's own speaks first. */
const DOCUMENTED = '/v1/users/services/scim'
const OTHER = '/scim/v2'
const PASTE_SECRET = '<paste the client secret>'
const LICENCES = ['Full', 'Viewer', 'Viewer_Analytics']

export const about: readonly string[] = [
  'This is Gainsight CS (NXT). Community (inSided), PX and Skilljar are separate products with accounts of their own, out ' +
    'of reach here.',
  'No API tells what happened to an account: ask the identity provider’s log, or this server’s journal for what was done here.',
  'Limits: 100 requests an hour and 1,000 a day. Look one person up; do not list.',
  'The user name is the login email. An external id means that an identity provider owns the account and writes its own ' +
    'values back: change it there.',
  `Licences are ${LICENCES.join(', ')}, spelt so; without one a new account is an Internal Collaborator. Role names must match too.`,
  'An attribute under a wrong name is ignored without a word: trust what was read back.',
  'Super admins are not made or changed unless the settings allow it.',
]

/** How Okta or Entra ID provisions a Gainsight tenant. */
export function setup(settings: Given, idp: Idp): SetupGuide {
  const base = addressOf(settings.url, settings.scimBasePath ?? DOCUMENTED)
  const other = addressOf(settings.url, base.endsWith(OTHER) ? DOCUMENTED : OTHER)
  return {
    first: [
      'The Enterprise plan, and SAML single sign-on between the identity provider and Gainsight, configured and working: ' +
        'SCIM can not be enabled without it, and breaks without a word when it is lost.',
      'Two separate applications in the identity provider, one for SAML sign-on and one for SCIM; what follows is the second.',
      'Administrator access on both sides; who authorises SCIM in Gainsight must be a super admin, for else nothing can be ' +
        'created or changed.',
    ],
    tokens: tokens(idp),
    ...(idp === 'okta' ? okta(settings, base) : entra(settings, base)),
    attributes: [
      ...coreAttributes(idp),
      {
        name: `${EXTENSION}:LicenseType`,
        means:
          `String; exactly ${[...LICENCES, ...settings.licenseTypes].join(', ')}. Without a value the account becomes an ` +
          'Internal Collaborator.',
      },
      {
        name: `${EXTENSION}:IsSuperAdmin`,
        means: 'Boolean; false without a value. Every person it is true for has all of Gainsight.',
      },
      {
        name: `${EXTENSION}:<name of a custom field>`,
        means:
          'Boolean, String, Picklist (as String) or Multi-Picklist (as array of String). The field must exist in Gainsight, ' +
          'and Gainsight Support must map it first.',
      },
    ],
    caveats: [
      `Documents differ about the address. Where the test answers 404, try ${other}, and set scimBasePath to the one that works.`,
      'An attribute whose name differs by a letter or its case is ignored without an error: look at the account after the ' +
        'first push.',
      'The end of an assignment deactivates; nothing is deleted.',
      'A SCIM token is static and renewed by hand: once there is a new one, the old one fails everywhere at once.',
      'The REST access key does not open SCIM, nor a SCIM token REST.',
      'Gainsight supports SCIM from Okta and Microsoft Entra ID only. Community (inSided) has none.',
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
          'Okta’s callback (see Steps) under Callback URLs. A tenant can have only one; a second callback can be added to it.',
      }
    : {
        name: 'Client id and client secret of an M2M key, for Entra ID',
        made:
          'Administration > Connectors 2.0 > Create Connection > Gainsight API, with the authentication type M2M OAuth, made ' +
          'by a super admin. A tenant can have 15: give Entra ID one of its own.',
      },
  {
    name: 'SCIM token, instead',
    made:
      'Administration > User Management > SCIM, where the tenant has that page: enable SCIM, and copy the base URL and the ' +
      'bearer token.',
  },
  {
    name: 'Access key, for this server alone',
    made:
      'Administration > Connectors 2.0 > Create Connection > Gainsight API, with the authentication type Access_Key. There is ' +
      'one for the whole tenant: making it anew locks out everything that uses it.',
  },
]

function okta(settings: Given, base: string): Pick<SetupGuide, 'steps' | 'sources'> {
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
          { label: 'Supported Provisioning Actions', value: [IMPORT, ...PUSH_USERS].join(', ') },
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
          'In the address above, the name of the Okta application is what stands after /app/ in the browser while the ' +
          'application is open. The callback must stand in the OAuth app of Gainsight, letter by letter the same.',
      },
      {
        do: `Press Authenticate with ${APP}, and authorise in Gainsight as a super admin.`,
      },
      {
        do: 'Only where Gainsight gave you a SCIM token instead of an OAuth app:',
        fields: [
          { label: 'Authentication Mode', value: 'HTTP Header' },
          { label: 'Authorization (Bearer)', value: PASTE },
        ],
      },
      OKTA_TO_APP,
      {
        do: 'Directory > Profile Editor > the application > Add Attribute, once for each of Gainsight’s own attributes below:',
        fields: [
          { label: 'External namespace', value: EXTENSION },
          { label: 'External name', value: 'LicenseType, IsSuperAdmin, …: letter by letter' },
          { label: 'Attribute type', value: 'Group, for a value by group; Personal, for one by person' },
        ],
      },
      OKTA_ASSIGN,
      {
        do:
          'Assignments tab > Groups: with each group, enter the values that its members get, and put the groups in order. ' +
          'A person in several groups gets the values of the one with the highest priority, at creation and with every ' +
          'update: when a value looks wrong in Gainsight, look at this order first.',
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

const entra = (settings: Given, base: string): Pick<SetupGuide, 'steps' | 'sources'> => ({
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
        'Only where Gainsight gave you a SCIM token instead: the authentication method Bearer, with it as Secret Token. The ' +
        'access token of an M2M key will not do there, for it lives 24 hours.',
      fields: [
        { label: 'Tenant URL', value: base },
        { label: 'Secret Token', value: PASTE },
      ],
    },
    {
      do:
        'Mappings > users: userName is the matching attribute. Show advanced options > Edit attribute list: add Gainsight’s own ' +
        'attributes below under their full names, and map each from a constant, an expression or an attribute.',
    },
    { do: 'Mappings > groups: switch it off; Gainsight’s own guide provisions users only.' },
    ...ENTRA_START,
  ],
  sources: [
    'support.gainsight.com, "SCIM API"',
    'support.gainsight.com, "Generate REST API Key"',
    'stitchflow.com, "Gainsight User Management API Guide"',
    'Microsoft Learn, "Develop and plan provisioning for a SCIM endpoint in Microsoft Entra ID"',
  ],
})

const PATHS = { m2m: '/v1/users/m2m/oauth/token', oauth_refresh: '/v1/users/oauth/access/token' }

const tokenUrl = (settings: Given, mode: keyof typeof PATHS): string =>
  (authMode(settings) === mode ? settings.auth.tokenUrl : undefined) ?? addressOf(settings.url, PATHS[mode])

/** The client id of the settings, if it is one of this kind; an identifier is no secret (RFC 6749 §2.2). */
const clientIdFor = (settings: Given, mode: keyof typeof PATHS): string | undefined =>
  authMode(settings) === mode ? settings.tokens.clientId?.reveal() : undefined
