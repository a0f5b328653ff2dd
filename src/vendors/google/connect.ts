import type { ConnectWay } from '../define.ts'

/** The way to connect Google Workspace. */
export const connect: readonly ConnectWay[] = [
  {
    title: 'Service account',
    fields: [
      { at: 'domain', form: 'text', ask: 'Primary domain, such as acme.com' },
      {
        at: 'admin',
        form: 'text',
        ask: 'Email of the administrator for whom the service account acts',
      },
      {
        at: 'tokens.serviceAccount',
        form: 'file',
        ask: 'Key file of the service account (JSON)',
        made:
          'Google Cloud console: IAM & Admin > Service accounts > Keys > Add key. In the Google Admin console, Security > Access ' +
          'and data control > API controls > Domain-wide delegation: the scopes in docs/vendors/google.md.',
      },
    ],
  },
]
