import type { Idp, SetupGuide } from '../define.ts'
import {
  addressOf,
  coreAttributes,
  ENTRA_CAVEATS,
  ENTRA_START,
  entraApp,
  entraConnection,
  IMPORT,
  OKTA_ASSIGN,
  OKTA_CAVEATS,
  OKTA_TO_APP,
  oktaConnection,
  oktaOwnApp,
  PUSH_USERS,
} from '../setup-guide.ts'

export const about: readonly string[] = [
  'Reached by SCIM alone, which the Enterprise plan includes. Courses, scores and roles are out of reach.',
  'The user name is the login email. The external id, where an identity provider set one, is the surest link to a person.',
  'What happened to an account is in the identity provider’s log, and in this server’s journal for what was done here.',
  'Deletion is off unless the settings allow it. Deactivate instead.',
  'Groups may not be served at all; an account without groups may still be in some.',
  'An account with an external id belongs to an identity provider, which writes its own values back.',
  'Limits are unpublished: the server starts low and learns.',
]

// learn.microsoft.com, "Configure MindTickle for automatic user provisioning", which has no /v2 behind it.
const SHARED = 'https://admin.mindtickle.com/scim'

/** How Okta or Entra ID provisions a Mindtickle tenant. */
export function setup({ url }: { url: string }, idp: Idp): SetupGuide {
  const base = addressOf(url)
  return {
    first: [
      'The Enterprise plan: other plans have no way to provision by program.',
      'SCIM is enabled for the tenant; by Microsoft’s guide Mindtickle’s support does it.',
      'Single sign-on is not documented as a condition; where people sign in by it, configure it first, so that they are ' +
        'matched by the same email.',
    ],
    tokens: [
      {
        name: 'SCIM bearer token',
        made:
          'Settings > Integrations > SCIM in the admin console; where that page is missing, Mindtickle’s support issues the ' +
          'token, which is then a JWT and may expire. How it is renewed is not documented: ask when you are given it.',
      },
    ],
    ...(idp === 'okta' ? okta(base) : entra(base)),
    attributes: coreAttributes(idp),
    caveats: [
      base === SHARED
        ? 'This is the address that all tenants share: the token alone says which one is meant.'
        : `The address is the one in this server’s settings. Microsoft’s guide names ${SHARED} for all tenants: where the ` +
          'test of the connection fails, compare with the one in your console, for it can not be told from the tenant’s name.',
      'Groups are not confirmed: leave Push Groups and group mappings off until a test group has appeared.',
      'PATCH is not confirmed for every attribute: after the first change of a name, see that it arrived.',
      'What a deletion does is not documented. Let the identity provider deactivate only.',
      'An email that exists already answers with a conflict: import the existing users first, so that they are matched.',
      ...(idp === 'okta' ? OKTA_CAVEATS : ENTRA_CAVEATS),
    ],
  }
}

const GUIDE = 'stitchflow.com, "Mindtickle User Management API Guide" (2026-03-17)'

const okta = (base: string): Pick<SetupGuide, 'steps' | 'sources'> => ({
  steps: [
    ...oktaOwnApp(
      'Mindtickle SCIM',
      'Mindtickle publishes no guide for Okta: this is Okta’s generic SCIM 2.0 connector, with an app of its own beside ' +
        'the one for sign-on.',
    ),
    oktaConnection(base, [IMPORT, ...PUSH_USERS]),
    OKTA_TO_APP,
    {
      do: 'Import tab > Import Now: match the people who are in Mindtickle already, before anybody is assigned.',
    },
    OKTA_ASSIGN,
  ],
  sources: [GUIDE, 'Okta Help Center, "Add SCIM provisioning to app integrations"'],
})

const entra = (base: string): Pick<SetupGuide, 'steps' | 'sources'> => ({
  steps: [
    entraApp('MindTickle', 'MindTickle'),
    entraConnection(base),
    {
      do: 'Mappings > users: userName is the matching attribute. Switch the mapping of groups off until groups are tested.',
    },
    ...ENTRA_START,
    { do: 'Give those you assign a role of the app: people with the role Default Access are left out.' },
  ],
  sources: [
    GUIDE,
    'Microsoft Learn, "Configure MindTickle for automatic user provisioning with Microsoft Entra ID"',
  ],
})
