import type { ConnectField, ConnectWay } from '../define.ts'

const REGISTRATION: readonly ConnectField[] = [
  {
    at: 'directory',
    form: 'text',
    ask: 'Directory (tenant) ID, or a domain such as acme.onmicrosoft.com',
    made: 'Entra admin center: Identity > Applications > App registrations > your app > Overview.',
  },
  { at: 'clientId', form: 'text', ask: 'Application (client) ID of the app registration' },
]

/** The ways to connect Microsoft Entra ID. */
export const connect: readonly ConnectWay[] = [
  {
    title: 'Client secret',
    fields: [
      ...REGISTRATION,
      {
        at: 'tokens.clientSecret',
        form: 'secret',
        ask: 'Client secret: its value, not its ID',
        made: 'In the app registration: Certificates & secrets > New client secret. The value is shown once.',
      },
    ],
  },
  {
    title: 'Certificate',
    fields: [
      ...REGISTRATION,
      {
        at: 'tokens.certificate',
        form: 'file',
        ask: 'PEM file with the certificate and its private key',
        made: 'In the app registration: Certificates & secrets > Certificates > Upload certificate.',
      },
    ],
  },
]
