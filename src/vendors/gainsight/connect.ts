import type { ConnectField, ConnectWay } from '../define.ts'

const ADDRESS: ConnectField = {
  at: 'url',
  form: 'host',
  ask: 'Address of your Gainsight tenant, such as acme.gainsightcloud.com',
}

const M2M =
  'Gainsight: Administration > Connectors 2.0 > Create Connection > Gainsight API, with the authentication type M2M OAuth.'

/** The ways to connect Gainsight: a tenant has the token of one of them. */
export const connect: readonly ConnectWay[] = [
  {
    title: 'SCIM token',
    fields: [
      ADDRESS,
      {
        at: 'tokens.scim',
        form: 'secret',
        ask: 'SCIM bearer token',
        made: 'Gainsight: Administration > User Management > SCIM. Enable SCIM, and copy the bearer token.',
      },
    ],
  },
  {
    title: 'M2M key (client id and secret)',
    fields: [
      ADDRESS,
      { at: 'tokens.clientId', form: 'secret', ask: 'Client id of the M2M key', made: M2M },
      { at: 'tokens.clientSecret', form: 'secret', ask: 'Client secret of the M2M key' },
    ],
  },
  {
    title: 'Access key of the REST API, where there is no SCIM',
    fields: [
      ADDRESS,
      {
        at: 'tokens.accessKey',
        form: 'secret',
        ask: 'Access key',
        made:
          'Gainsight: Administration > Connectors 2.0 > Create Connection > Gainsight API, with the authentication type ' +
          'Access_Key. A tenant has one: a new one locks out everything that uses the old one.',
      },
    ],
  },
]
