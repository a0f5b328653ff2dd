import type { Facts } from '../domain/facts.ts'
import type { Idp, SetupGuide, SetupStep } from './define.ts'

/** An address below the one in the settings, as it is typed into a form. */
export const addressOf = (url: string, path = ''): string => url.replace(/\/+$/, '') + path

/** What stands in a form where a person pastes a secret. */
export const PASTE = '<paste the token>'

// help.okta.com, "Add SCIM provisioning to app integrations": only app integrations of SAML or SWA can have SCIM.
/** A new app integration in Okta with SCIM switched on, for an app that Okta's catalog does not have. */
export const oktaOwnApp = (name: string, signOn: string): SetupStep[] => [
  {
    do: `Admin Console > Applications > Create App Integration > SAML 2.0 > Next. ${signOn}`,
    fields: [{ label: 'App name', value: name }],
  },
  {
    do: 'General tab > App Settings > Edit: choose SCIM under Provisioning, and Save. A Provisioning tab appears.',
  },
]

/** Okta's form for a SCIM connection that is opened with a bearer token. */
export const oktaConnection = (base: string, actions: readonly string[]): SetupStep => ({
  do: 'Provisioning tab > Integration > Edit. Fill in, Test Connector Configuration, Save:',
  fields: [
    { label: 'SCIM connector base URL', value: base },
    { label: 'Unique identifier field for users', value: 'userName' },
    { label: 'Supported provisioning actions', value: actions.join(', ') },
    { label: 'Authentication Mode', value: 'HTTP Header' },
    { label: 'Authorization (Bearer)', value: PASTE },
  ],
})

export const IMPORT = 'Import New Users and Profile Updates'
export const PUSH_USERS = ['Push New Users', 'Push Profile Updates']

export const OKTA_TO_APP: SetupStep = {
  do: 'Provisioning tab > To App > Edit: enable Create Users, Update User Attributes and Deactivate Users, and Save.',
}

export const OKTA_ASSIGN: SetupStep = {
  do: 'Assignments tab: assign one test user, see the account appear in the app, and only then the groups.',
}

/** Where Entra's form for a SCIM connection is, in a gallery app or one of one's own. */
export const entraApp = (gallery: string | undefined, name: string): SetupStep => ({
  do: gallery
    ? `Entra admin center > Enterprise applications > New application: search the gallery for "${gallery}" and create it.`
    : 'Entra admin center > Enterprise applications > New application > Create your own application > ' +
      'Integrate any other application you don’t find in the gallery.',
  fields: [{ label: 'Name', value: name }],
})

/** Entra's form for a SCIM connection that is opened with a bearer token. */
export const entraConnection = (base: string): SetupStep => ({
  do: 'Provisioning > Get started, Provisioning Mode Automatic. Fill in, Test Connection, and Save once it succeeds:',
  fields: [
    { label: 'Tenant URL', value: base },
    { label: 'Secret Token', value: PASTE },
  ],
})

export const ENTRA_START: readonly SetupStep[] = [
  {
    do:
      'Settings > Scope: Sync only assigned users and groups. Users and groups: assign one test user, use Provision on ' +
      'demand, and see the account appear in the app.',
  },
  { do: 'Set Provisioning Status to On, and assign the groups.' },
]

// learn.microsoft.com, "Develop and plan provisioning for a SCIM endpoint": a cycle about every 40 minutes.
export const ENTRA_CAVEATS: readonly string[] = [
  'Entra works in cycles of about 40 minutes, so that a leaver keeps access until the next one; Provision on demand ' +
    'does one person at once.',
  'Members of nested groups are not provisioned: assign the groups that hold the people.',
]

export const OKTA_CAVEATS: readonly string[] = [
  'Okta writes its own values back with every push: a profile change made elsewhere lasts until then, so make it in Okta.',
]

/** The attributes that every SCIM app takes, as the identity provider names their sources. */
export const coreAttributes = (idp: Idp): SetupGuide['attributes'] =>
  idp === 'okta'
    ? [
        {
          name: 'userName',
          means: 'the Okta user name, in the form of an email; accounts are matched by it',
        },
        { name: 'name.givenName, name.familyName', means: 'first and last name' },
        { name: 'emails (primary)', means: 'the email' },
        { name: 'externalId', means: 'the Okta user id, which Okta sends by itself' },
        { name: 'active', means: 'false once the assignment ends' },
      ]
    : [
        {
          name: 'userName',
          means: 'userPrincipalName, with matching precedence 1; accounts are matched by it',
        },
        { name: 'name.givenName, name.familyName', means: 'givenName and surname' },
        { name: 'emails[type eq "work"].value', means: 'mail' },
        {
          name: 'externalId',
          means: 'objectId, rather than the mailNickname of the default: it never changes',
        },
        { name: 'active', means: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")' },
      ]

const OWN_APP = 'An app of SAML must be named; where people sign in otherwise, hide its icon from them.'

export const about: readonly string[] = [
  'Capabilities by its SCIM service alone: what an operation does beyond the protocol is for the app’s own documentation.',
  'An account is found by user name, by external id where an identity provider set one, or by email where the app can ' +
    'filter by it. Names are not unique.',
  'An account with an external id belongs to an identity provider, which writes its own values back: make lasting ' +
    'changes there.',
  'Groups that an account does not list are unknown, not absent; some apps never list them.',
  'Limits are those of the settings until the app’s replies teach better ones.',
]

/** As much of the settings as the guide is drawn from. */
interface Given {
  url: string
  authHeader?: string
  deactivateMeans?: Facts['deactivate']
  customAttributes?: Readonly<Record<string, string>>
}

/** How any app that speaks SCIM 2.0 is provisioned, as far as that can be said without knowing the app. */
export function setup(settings: Given, idp: Idp): SetupGuide {
  const base = addressOf(settings.url)
  const common = {
    first: [
      'The app’s plan includes SCIM, and SCIM is switched on in its console; many apps want single sign-on first.',
      `${base} can be reached from the internet by the identity provider.`,
    ],
    tokens: [
      {
        name: 'SCIM token',
        made:
          'In the app’s console, usually beside single sign-on. Make one for the identity provider and another for this ' +
          'server, so that each can be revoked alone and neither uses up the other’s limit.',
      },
    ],
    attributes: [
      ...coreAttributes(idp),
      ...Object.entries(settings.customAttributes ?? {}).map(([name, attribute]) => ({
        name: attribute,
        means: `the app’s own; the settings call it ${name}`,
      })),
    ],
  }
  const caveats = caveatsOf(settings)
  if (idp === 'okta') {
    return {
      ...common,
      steps: [
        {
          do: 'Look for the app in Applications > Browse App Catalog first: its own integration knows more than this one.',
        },
        ...oktaOwnApp('Name of the app, SCIM', OWN_APP),
        oktaConnection(base, [IMPORT, ...PUSH_USERS, 'Push Groups (where the app has groups)']),
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
        do: 'Look for the app in the gallery first: its own integration knows more than this one.',
      },
      entraApp(undefined, 'Name of the app, SCIM'),
      entraConnection(base),
      ...ENTRA_START,
    ],
    caveats: [
      ...caveats,
      ...ENTRA_CAVEATS,
      'Entra can send active as the text "False", which some apps refuse or ignore. Adding ?aadOptscim062020 to the ' +
        'Tenant URL makes it keep to the standard.',
    ],
    sources: [
      'Microsoft Learn, "Develop and plan provisioning for a SCIM endpoint in Microsoft Entra ID"',
      'Microsoft Learn, "Capabilities issues and resolutions with SCIM 2.0 protocol compliance"',
      'RFC 7643 and RFC 7644 (SCIM 2.0)',
    ],
  }
}

const DEACTIVATES: Record<Facts['deactivate'], string> = {
  reversible: 'The end of an assignment deactivates; the account can be brought back.',
  deletes: 'THE END OF AN ASSIGNMENT DELETES THE ACCOUNT: this app deletes what is made inactive.',
  unknown:
    'The end of an assignment sets active to false. Some apps delete on that: see what this one does with a test user.',
}

const caveatsOf = ({ authHeader, deactivateMeans = 'unknown' }: Given): string[] => [
  DEACTIVATES[deactivateMeans],
  ...(authHeader === undefined || /^authorization: ?bearer$/i.test(authHeader)
    ? []
    : [`This app takes its token as ${authHeader}; the identity provider must be able to send it so.`]),
]
