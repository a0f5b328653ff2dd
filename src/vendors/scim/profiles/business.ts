import { type AppProfile, entra, from } from './define.ts'

const SALESFORCE = 'https://help.salesforce.com/s/articleView?id=sf.identity_scim_overview.htm'

/** Customers, people, calls and reports. */
export const business = () =>
  ({
    salesforce: {
      title: 'Salesforce',
      at: { domain: 'the My Domain name' },
      parts: [
        from('https://help.salesforce.com/s/articleView?id=xcloud.identity_scim_rest_api.htm', {
          url: 'https://{domain}.my.salesforce.com/services/scim/v2',
          tokenMade:
            'An external client app with the client credentials flow and an integration user shows client id and secret.',
        }),
        from(
          'https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm',
          {
            tokenUrl: 'https://{domain}.my.salesforce.com/services/oauth2/token',
            grant: 'client_credentials',
          },
        ),
        from(SALESFORCE, {
          deactivateMeans: 'reversible',
          deleteMeans: 'deactivates',
          caveats: { deactivate: 'The user cannot log in, and is still found.' },
        }),
      ],
    },
    freshservice: {
      title: 'Freshservice',
      parts: [
        from(entra('freshservice'), { filters: { email: false, externalId: false, status: false } }),
        from(entra('freshservice'), {
          url: 'https://scim.freshservice.com/scim/v2',
          tokenMade:
            'The marketplace app for provisioning over SCIM makes it from the API key of an Organization Admin.',
          caveats: { more: 'There are no groups over SCIM.' },
        }),
      ],
    },
    tableau: {
      title: 'Tableau Cloud',
      parts: [
        from(entra('tableau-online'), { filters: { email: false, externalId: false, status: false } }),
        from(entra('tableau-online'), {
          tokenMade:
            'Settings > Authentication > Enable SCIM shows the address and the secret. SAML comes first.',
          caveats: { token: 'It ends when the administrator who made it changes role or leaves.' },
        }),
      ],
    },
    webex: {
      title: 'Cisco Webex',
      at: { organization: 'the organization id' },
      parts: [
        from(entra('cisco-webex'), { filters: { email: false, externalId: false, status: false } }),
        from(entra('cisco-webex'), {
          url: 'https://api.ciscospark.com/v1/scim/{organization}',
          tokenMade: 'An OAuth token with the scopes Identity:SCIM and spark:people_write.',
          caveats: { token: 'It ends after 365 days.' },
        }),
      ],
    },
    ringcentral: {
      title: 'RingCentral',
      parts: [
        from(entra('ringcentral'), {
          tokenMade:
            'An OAuth token by authorization code. The directory provider of the account must be SCIM.',
          caveats: { more: 'Display name and manager are not supported; there are no groups.' },
          budget: { perMinute: 300 },
        }),
      ],
    },
    '8x8': {
      title: '8x8',
      parts: [
        from(entra('8x8'), {
          tokenMade: 'Admin Console > Identity and Security shows the address and the token.',
          caveats: {
            deactivate: '8x8 deactivates the user; whether that can be undone is not documented.',
            more: 'There are no groups over SCIM.',
          },
        }),
      ],
    },
    dialpad: {
      title: 'Dialpad',
      parts: [
        from(entra('dialpad'), {
          url: 'https://dialpad.com/scim',
          tokenMade: 'A company API key: Authentication > API Keys.',
          caveats: { more: 'Groups cannot be renamed.' },
        }),
      ],
    },
    gong: {
      title: 'Gong',
      parts: [
        from(entra('gong'), {
          filters: { email: false, externalId: false, status: false },
          createNeeds: ['email', 'givenName', 'familyName'],
        }),
        from(entra('gong'), { tokenMade: 'An OAuth grant of a Technical Administrator.' }),
      ],
    },
    deel: {
      title: 'Deel',
      parts: [
        from('https://developer.deel.com/api/scim-api/overview', {
          caveats: { delete: 'The person is removed.', more: 'There are no groups over SCIM.' },
        }),
        from('https://developer.deel.com/docs/rate-limits', { budget: { perSecond: 5 } }),
      ],
    },
    enboarder: {
      title: 'Enboarder',
      parts: [
        from('https://help.enboarder.com/en/articles/5890669-scim-api-user-provisioning-and-management', {
          filters: { userName: false, email: false, externalId: false, status: false, groupName: false },
          createNeeds: ['userType', 'email', 'givenName', 'familyName'],
        }),
        from('https://help.enboarder.com/en/articles/5890669-scim-api-user-provisioning-and-management', {
          pageSize: 200,
          caveats: {
            more: 'A new account is inactive until its owner sets a password. The app has no filters.',
          },
        }),
      ],
    },
    staffbase: {
      title: 'Staffbase',
      parts: [
        from('https://developers.staffbase.com/references/scim-default-mappings/', {
          createNeeds: ['externalId'],
        }),
        from('https://developers.staffbase.com/references/scim-default-mappings/', {
          caveats: { more: 'A new account needs an external id. An @ in the user name becomes [at].' },
        }),
      ],
    },
    tealium: {
      title: 'Tealium',
      parts: [
        from('https://docs.tealium.com/api/v3/scim-api/get-users-api/', {
          filters: { email: false, externalId: false, status: false },
        }),
        from('https://docs.tealium.com/api/v3/scim-api/get-users-api/', {
          url: 'https://developer.tealiumapis.com/scim/v2',
          tokenMade: 'An OAuth token.',
          pageSize: 100,
        }),
        from('https://docs.tealium.com/early-access/api/scim-api/get-users-api', {
          caveats: {
            more: 'Each request needs the header X-Tealium-Account with the name of the account: set it as one of `headers`.',
          },
        }),
      ],
    },
    quickbase: {
      title: 'Quickbase',
      parts: [
        from('https://help.quickbase.com/v1/docs/scim-api-endpoint-details-and-syntax-for-groups.md', {
          tokenMade: 'A Quickbase user token.',
          paths: { users: '/users', groups: '/groups' },
        }),
      ],
    },
  }) as const satisfies Partial<Record<string, AppProfile>>
