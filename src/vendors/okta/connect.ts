import type { ConnectField, ConnectWay } from '../define.ts'

const ADDRESS: ConnectField = {
  at: 'url',
  form: 'host',
  ask: 'Address of your Okta organisation, such as acme.okta.com',
  // People copy it from the Admin Console, which has a host of its own.
  tidy: (address) => address.replace(/-admin(?=\.(okta|oktapreview|okta-emea)\.com)/, ''),
}

/** The ways to connect Okta. */
export const connect: readonly ConnectWay[] = [
  {
    title: 'API token',
    fields: [
      ADDRESS,
      {
        at: 'tokens.api',
        form: 'secret',
        ask: 'API token',
        made:
          'Okta Admin Console: Security > API > Tokens > Create Token. It has the rights of the administrator who makes it: ' +
          'sign in as one made for this server.',
      },
    ],
  },
  {
    title: 'Service app with a private key',
    fields: [
      ADDRESS,
      {
        at: 'clientId',
        form: 'text',
        ask: 'Client id of the service app (0oa…)',
        made: 'Okta Admin Console: Applications > Create App Integration > API Services, with a public key.',
      },
      { at: 'tokens.privateKey', form: 'file', ask: 'File with its private key (PEM or JWK)' },
    ],
  },
]
