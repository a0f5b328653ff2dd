import type { AccessGuide } from '../define.ts'
import { surfacesOf } from './check-token.ts'
import { DELEGATION, lacksScope } from './refusals.ts'
import { SCOPES, scopeUrl } from './scopes.ts'
import type { GoogleSettings } from './settings.ts'

/** How to give this server its rights at a Workspace. */
export function access({ admin, domain, allowWrites }: GoogleSettings): AccessGuide {
  const surfaces = surfacesOf(admin, domain).filter(({ writes }) => allowWrites || !writes)
  const scopes = surfaces.map(({ scope }) => scopeUrl(scope)).join(',')
  const privileges = [...new Set(surfaces.map(({ scope }) => SCOPES[scope]))]
  return {
    steps: [
      {
        do: 'Google Cloud console > APIs & Services > Library > Admin SDK API: enable it in a project.',
      },
      {
        do: 'IAM & Admin > Service Accounts > Create service account. It needs no role in the project.',
      },
      {
        do: 'Keys > Add key > Create new key > JSON. Save the file where only this server can read it.',
      },
      {
        do: `${DELEGATION} > Add new: the client ID of the service account (client_id in the key file), and these scopes:`,
        fields: [{ label: 'OAuth scopes', value: scopes }],
      },
      {
        do: `Admin console > Account > Admin roles: give ${admin} a role with these privileges.`,
        fields: privileges.map((value) => ({ label: 'Privilege', value })),
      },
      {
        do: 'Run `identity-mcp check`, or ask for check_token. A new scope can take up to 24 hours to work.',
      },
    ],
    rights: surfaces.map(({ scope, surface }) => ({
      name: scopeUrl(scope),
      for: surface,
      missing: lacksScope(scope),
    })),
    caveats: [
      `Domain-wide delegation alone is not enough: ${admin} must be an administrator.`,
      'Only super administrators may read who has which role, and only they can change administrators.',
      'A right that is missing stops only what needs it.',
    ],
    sources: [
      'support.google.com/a, "Control API access with domain-wide delegation"',
      'support.google.com/a, "Administrator privilege definitions"',
      'developers.google.com, "Using OAuth 2.0 for Server to Server Applications"',
    ],
  }
}
