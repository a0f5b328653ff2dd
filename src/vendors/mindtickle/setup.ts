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
  OKTA_IMPORT,
  OKTA_PUSH_USERS,
  OKTA_TO_APP,
  oktaConnection,
  oktaOwnApp,
} from '../setup-guide.ts'

export const about: readonly string[] = [
  'Only SCIM is used, which is part of the Enterprise plan. This server cannot reach courses, scores and roles.',
  'The user name is the login email. An external id, if an identity provider set one, identifies a person most reliably.',
  'There is no audit API. See the identity provider’s log, or this server’s journal for its own changes.',
  'Deletion is off unless the settings allow it. Deactivate instead.',
  'The app may not offer groups over SCIM. An account without a group list may still be in groups.',
  'An identity provider manages an account with an external id and overwrites its values.',
  'The rate limits are unpublished: the server starts low and learns.',
]

// learn.microsoft.com, "Configure MindTickle for automatic user provisioning", without /v2.
const SHARED_ADDRESS = 'https://admin.mindtickle.com/scim'

/** How to provision a Mindtickle tenant from Okta or Entra ID. */
export function setup({ url }: { url: string }, idp: Idp): SetupGuide {
  const base = addressOf(url)
  return {
    first: [
      'The Enterprise plan: other plans have no provisioning API.',
      'SCIM is enabled for the tenant. According to Microsoft’s guide, Mindtickle’s support enables it.',
      'Single sign-on is not a documented requirement. If people use it, configure it first, so that both match people by ' +
        'the same email.',
    ],
    tokens: [
      {
        name: 'SCIM bearer token',
        made:
          'Settings > Integrations > SCIM in the admin console. If that page is missing, Mindtickle’s support issues the ' +
          'token, a JWT that can expire. The renewal is not documented: ask support when you get the token.',
      },
    ],
    ...(idp === 'okta' ? okta(base) : entra(base)),
    attributes: coreAttributes(idp),
    caveats: [
      base === SHARED_ADDRESS
        ? 'All tenants share this address: only the token identifies the tenant.'
        : `The address comes from this server’s settings. Microsoft’s guide names ${SHARED_ADDRESS} for all tenants. If the ` +
          'connection test fails, compare it with the address in your console; it cannot be derived from the tenant’s name.',
      'Support for groups is not confirmed: leave Push Groups and group mappings off until a test group appears.',
      'PATCH is not confirmed for every attribute: check that the first name change arrives.',
      'The effect of a deletion is not documented. Let the identity provider only deactivate.',
      'An existing email causes a conflict: import the existing users first, so that Okta or Entra can match them.',
      ...(idp === 'okta' ? OKTA_CAVEATS : ENTRA_CAVEATS),
    ],
  }
}

const GUIDE = 'stitchflow.com, "Mindtickle User Management API Guide" (2026-03-17)'

const okta = (base: string): Pick<SetupGuide, 'steps' | 'sources'> => ({
  steps: [
    ...oktaOwnApp(
      'Mindtickle SCIM',
      'Mindtickle publishes no guide for Okta: this is Okta’s generic SCIM 2.0 connector, in a separate app next to the ' +
        'one for sign-on.',
    ),
    oktaConnection(base, [OKTA_IMPORT, ...OKTA_PUSH_USERS]),
    OKTA_TO_APP,
    {
      do: 'Import tab > Import Now: match the people who already exist in Mindtickle before you assign anyone.',
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
      do: 'Mappings > users: userName is the matching attribute. Disable the group mapping until you have tested groups.',
    },
    ...ENTRA_START,
    {
      do: 'Give assigned people a role of the app: Entra does not provision people with the role Default Access.',
    },
  ],
  sources: [
    GUIDE,
    'Microsoft Learn, "Configure MindTickle for automatic user provisioning with Microsoft Entra ID"',
  ],
})
