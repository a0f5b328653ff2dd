import { type Caveats, caveatTexts, type Facts } from '../domain/facts.ts'
import type { Idp, SetupGuide, SetupStep } from './define.ts'

/** An address below the one in the settings, to type into a form. */
export const addressOf = (url: string, path = ''): string => url.replace(/\/+$/, '') + path

/** Placeholder for a secret in a form. */
export const PASTE_TOKEN = '<paste the token>'

// help.okta.com, "Add SCIM provisioning to app integrations": only SAML or SWA app integrations can have SCIM.
/** A new app integration in Okta with SCIM enabled, for an app that is not in Okta's catalog. */
export const oktaOwnApp = (name: string, signOn: string): SetupStep[] => [
  {
    do: `Admin Console > Applications > Create App Integration > SAML 2.0 > Next. ${signOn}`,
    fields: [{ label: 'App name', value: name }],
  },
  {
    do: 'General tab > App Settings > Edit: choose SCIM under Provisioning, and Save. A Provisioning tab appears.',
  },
]

/** Okta's form for a SCIM connection with a bearer token. */
export const oktaConnection = (base: string, actions: readonly string[]): SetupStep => ({
  do: 'Provisioning tab > Integration > Edit. Fill in, Test Connector Configuration, Save:',
  fields: [
    { label: 'SCIM connector base URL', value: base },
    { label: 'Unique identifier field for users', value: 'userName' },
    { label: 'Supported provisioning actions', value: actions.join(', ') },
    { label: 'Authentication Mode', value: 'HTTP Header' },
    { label: 'Authorization (Bearer)', value: PASTE_TOKEN },
  ],
})

export const OKTA_IMPORT = 'Import New Users and Profile Updates'
export const OKTA_PUSH_USERS = ['Push New Users', 'Push Profile Updates']

export const OKTA_TO_APP: SetupStep = {
  do: 'Provisioning tab > To App > Edit: enable Create Users, Update User Attributes and Deactivate Users, and Save.',
}

export const OKTA_ASSIGN: SetupStep = {
  do: 'Assignments tab: assign one test user, check that the account appears in the app, and only then assign the groups.',
}

/** Creates the application in Entra, from the gallery or from scratch. */
export const entraApp = (gallery: string | undefined, name: string): SetupStep => ({
  do: gallery
    ? `Entra admin center > Enterprise applications > New application: search the gallery for "${gallery}" and create it.`
    : 'Entra admin center > Enterprise applications > New application > Create your own application > ' +
      'Integrate any other application you don’t find in the gallery.',
  fields: [{ label: 'Name', value: name }],
})

/** Entra's form for a SCIM connection with a bearer token. */
export const entraConnection = (base: string): SetupStep => ({
  do: 'Provisioning > Get started, Provisioning Mode Automatic. Fill in, Test Connection, and Save once it succeeds:',
  fields: [
    { label: 'Tenant URL', value: base },
    { label: 'Secret Token', value: PASTE_TOKEN },
  ],
})

export const ENTRA_START: readonly SetupStep[] = [
  {
    do:
      'Settings > Scope: Sync only assigned users and groups. Users and groups: assign one test user, use Provision on ' +
      'demand, and check that the account appears in the app.',
  },
  { do: 'Set Provisioning Status to On, and assign the groups.' },
]

// learn.microsoft.com, "Develop and plan provisioning for a SCIM endpoint": a cycle about every 40 minutes.
export const ENTRA_CAVEATS: readonly string[] = [
  'Entra works in cycles of about 40 minutes: a leaver keeps access until the next cycle. Provision on demand ' +
    'handles one person immediately.',
  'Members of nested groups are not provisioned: assign the groups that directly contain the people.',
]

export const OKTA_CAVEATS: readonly string[] = [
  'Okta overwrites the app’s values with every push: make profile changes in Okta.',
]

/** The attributes that every SCIM app accepts, with their source in the identity provider. */
export const coreAttributes = (idp: Idp): SetupGuide['attributes'] =>
  idp === 'okta'
    ? [
        {
          name: 'userName',
          means: 'the Okta user name, in email form; it matches accounts',
        },
        { name: 'name.givenName, name.familyName', means: 'first and last name' },
        { name: 'emails (primary)', means: 'the email' },
        { name: 'externalId', means: 'the Okta user id, which Okta sends automatically' },
        { name: 'active', means: 'false once the assignment ends' },
      ]
    : [
        {
          name: 'userName',
          means: 'userPrincipalName, with matching precedence 1; it matches accounts',
        },
        { name: 'name.givenName, name.familyName', means: 'givenName and surname' },
        { name: 'emails[type eq "work"].value', means: 'mail' },
        {
          name: 'externalId',
          means: 'objectId, rather than the mailNickname of the default: it never changes',
        },
        { name: 'active', means: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")' },
      ]

const SIGN_ON_NOTE = 'A SAML app needs a name. If people sign in another way, hide the app’s icon from them.'

export const about: readonly string[] = [
  'Only SCIM is used. For effects that SCIM does not define, see the app’s documentation.',
  'Find an account by user name, by external id if an identity provider set one, or by email if the app can filter ' +
    'by it. Names are not unique.',
  'An identity provider manages an account with an external id and overwrites its values: make lasting changes ' +
    'there.',
  'An account without a group list may still be in groups; some apps never list them.',
  'Rate limits come from the settings until the app’s replies show the real ones.',
]

/** The settings that the guide uses. */
interface ScimSetupSettings {
  url: string
  authHeader?: string
  deactivateMeans?: Facts['deactivate']
  customAttributes?: Readonly<Record<string, string>>
  title?: string | undefined
  tokenMade?: string | undefined
  caveats?: Caveats | undefined
}

/** How to provision any app with SCIM 2.0, as far as possible without knowing the app. */
export function setup(settings: ScimSetupSettings, idp: Idp): SetupGuide {
  const base = addressOf(settings.url)
  const common = {
    first: [
      'The app’s plan includes SCIM, and SCIM is enabled in its console. Many apps require single sign-on first.',
      `The identity provider can reach ${base} over the internet.`,
    ],
    tokens: [
      {
        name: 'SCIM token',
        made:
          `${settings.tokenMade ?? 'In the app’s console, usually next to single sign-on.'} Create one for the identity provider and another for this ` +
          'server: each can be revoked separately, and neither uses up the other’s limit.',
      },
    ],
    attributes: [
      ...coreAttributes(idp),
      ...Object.entries(settings.customAttributes ?? {}).map(([name, attribute]) => ({
        name: attribute,
        means: `custom attribute of the app; the settings call it ${name}`,
      })),
    ],
  }
  const caveats = caveatsOf(settings)
  const name = `${settings.title ?? 'Name of the app'}, SCIM`
  if (idp === 'okta') {
    return {
      ...common,
      steps: [
        {
          do: 'Look for the app in Applications > Browse App Catalog first: an integration made for the app is better than this one.',
        },
        ...oktaOwnApp(name, SIGN_ON_NOTE),
        oktaConnection(base, [OKTA_IMPORT, ...OKTA_PUSH_USERS, 'Push Groups (where the app has groups)']),
        OKTA_TO_APP,
        OKTA_ASSIGN,
      ],
      caveats: [...caveats, ...OKTA_CAVEATS],
      sources: [
        'Okta Help Center, "Add SCIM provisioning to app integrations"',
        'RFC 7643 and RFC 7644 (SCIM 2.0)',
      ],
    }
  }
  return {
    ...common,
    steps: [
      {
        do: 'Look for the app in the gallery first: an integration made for the app is better than this one.',
      },
      entraApp(undefined, name),
      entraConnection(base),
      ...ENTRA_START,
    ],
    caveats: [
      ...caveats,
      ...ENTRA_CAVEATS,
      'Entra can send active as the text "False", which some apps refuse or ignore. Add ?aadOptscim062020 to the ' +
        'Tenant URL to make it follow the standard.',
    ],
    sources: [
      'Microsoft Learn, "Develop and plan provisioning for a SCIM endpoint in Microsoft Entra ID"',
      'Microsoft Learn, "Capabilities issues and resolutions with SCIM 2.0 protocol compliance"',
      'RFC 7643 and RFC 7644 (SCIM 2.0)',
    ],
  }
}

const DEACTIVATION_CAVEATS: Record<Facts['deactivate'], string> = {
  reversible: 'The end of an assignment deactivates the account. It can be reactivated.',
  deletes: 'THE END OF AN ASSIGNMENT DELETES THE ACCOUNT: this app deletes inactive accounts.',
  unknown:
    'The end of an assignment sets active to false. Some apps then delete the account: test this with a test user.',
}

const caveatsOf = ({ authHeader, deactivateMeans = 'unknown', caveats }: ScimSetupSettings): string[] => [
  DEACTIVATION_CAVEATS[deactivateMeans],
  ...caveatTexts(caveats),
  ...(authHeader === undefined || /^authorization: ?bearer$/i.test(authHeader)
    ? []
    : [
        `This app expects its token as ${authHeader}. The identity provider must be able to send it in that form.`,
      ]),
]
