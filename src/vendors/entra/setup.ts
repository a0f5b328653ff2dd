import type { AccessGuide } from '../define.ts'
import { surfacesOf } from './check-token.ts'
import { lacksRight, RIGHTS, ROLE_FOR_ADMINISTRATORS } from './rights.ts'
import type { EntraSettings } from './settings.ts'

/** How to give this server its rights in a directory, for the kind of credential that the tenant has. */
export function access({ tokens, provisions }: EntraSettings): AccessGuide {
  const surfaces = surfacesOf({ provisions })
  const smallest = [...new Set(surfaces.map(({ right }) => RIGHTS[right].anyOf[0]))]
  return {
    steps: [
      {
        do:
          'Entra admin centre > App registrations > New registration: Accounts in this organizational directory only. Overview ' +
          'has the Application (client) ID and the Directory (tenant) ID.',
      },
      {
        do:
          'API permissions > Add a permission > Microsoft Graph > Application permissions: choose these, as far as they are ' +
          'needed, then Grant admin consent.',
        fields: smallest.map((value) => ({ label: 'Permission', value })),
      },
      { do: credentialOf(tokens) },
      { do: 'Run `identity-mcp check`, or ask for check_token.' },
    ],
    rights: surfaces.map(({ right }) => ({
      name: RIGHTS[right].anyOf[0],
      for: RIGHTS[right].does,
      missing: lacksRight(right),
    })),
    caveats: [
      ROLE_FOR_ADMINISTRATORS,
      'A right that is missing stops only what needs it. Where roles cannot be read, nobody is known to be an administrator, ' +
        'and questions say so.',
    ],
    sources: [
      'learn.microsoft.com, "Microsoft Graph permissions reference"',
      'learn.microsoft.com, "Get access without a user"',
      'learn.microsoft.com, "Working with users in Microsoft Graph"',
    ],
  }
}

const credentialOf = ({ clientSecret, certificate }: EntraSettings['tokens']): string =>
  clientSecret
    ? 'Certificates & secrets > Client secrets > New client secret: copy its Value, which is shown once, never its Secret ID.'
    : certificate
      ? 'Certificates & secrets > Certificates > Upload certificate: the certificate alone. The PEM file of this server has ' +
        'the private key too.'
      : 'Certificates & secrets > Federated credentials > Add credential: the issuer and subject of the token that this ' +
        'server reads from its file.'
