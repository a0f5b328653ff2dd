import type { AccessGuide } from '../define.ts'
import { lacksScope, MAY_NOT, surfacesOf } from './check-token.ts'
import type { OktaSettings } from './settings.ts'

/** How to give this server its rights at an organisation, for the kind of token that the tenant has. */
export function access({ tokens, provisions, allowWrites }: OktaSettings): AccessGuide {
  const isServiceApp = tokens.privateKey !== undefined
  const surfaces = surfacesOf({ provisions: provisions !== undefined, changes: allowWrites })
  const permissions = [...new Set(surfaces.map(({ permission }) => permission))]
  const scopes = surfaces.map(({ scope, surface }) => ({ label: surface, value: scope }))
  return {
    steps: [
      {
        do: 'Okta Admin Console > Security > Administrators > Roles > Create new role, with these permissions:',
        fields: permissions.map((value) => ({ label: 'Permission', value })),
      },
      ...(isServiceApp
        ? [...SERVICE_APP, { do: 'Okta API Scopes tab: grant these.', fields: scopes }, SERVICE_APP_ROLE]
        : API_TOKEN),
      { do: 'Run `identity-mcp check`, or ask for check_token.' },
    ],
    rights: surfaces.map(({ surface, scope, permission }) => ({
      name: isServiceApp ? scope : permission,
      for: surface,
      missing: isServiceApp ? lacksScope(scope) : MAY_NOT,
    })),
    caveats: [
      ...(isServiceApp
        ? []
        : ['An API token lapses after 30 days without use, and with the account of its maker.']),
      'A right that is missing stops only what needs it. Where roles cannot be read, nobody is known to be an administrator, ' +
        'and questions say so.',
    ],
    sources: [
      'developer.okta.com, "Implement OAuth for Okta with a service app"',
      'developer.okta.com, "Create an API token"',
      'help.okta.com, "Custom administrator roles"',
    ],
  }
}

const API_TOKEN = [
  {
    do: 'Directory > People: make an administrator for this server alone, and assign the role: Security > Administrators.',
  },
  { do: 'Sign in as that administrator: Security > API > Tokens > Create token.' },
]

const SERVICE_APP = [
  { do: 'Applications > Create App Integration > API Services.' },
  {
    do:
      'General tab > Client Credentials > Edit: Public key / Private key, then Add key. Save the private key as a file that ' +
      'only this server can read.',
  },
  {
    do: 'General tab: clear Require Demonstrating Proof of Possession (DPoP) header in token requests.',
  },
]
const SERVICE_APP_ROLE = {
  do: 'Admin roles tab > Edit assignments: assign the role. A scope without the role is refused.',
}
