import { type AppProfile, entra, file, from } from './define.ts'

const ONE_PASSWORD = file('1Password/scim-examples', 'PREPARATION.md')
const BITWARDEN = 'bitwarden_license/src/Scim'
const CLOUDFLARE = file(
  'cloudflare/cloudflare-docs',
  'src/content/docs/fundamentals/account/account-security/scim-setup/index.mdx',
)
const AWS = 'https://docs.aws.amazon.com/singlesignon/latest/developerguide'
const SNOWFLAKE = 'https://docs.snowflake.com/en/user-guide/scim-user-api-reference'
const DATABRICKS = 'https://docs.microsoft.com/en-us/azure/databricks/dev-tools/api/latest/scim/'

/** Passwords, networks, clouds and data. */
export const security = () =>
  ({
    '1password': {
      title: '1Password Business',
      parts: [
        from(ONE_PASSWORD, {
          tokenMade:
            'The bearer token of the provisioning integration. With the session file of the bridge it opens the account keys: ' +
            'keep the two apart.',
        }),
        from('https://support.1password.com/scim/', {
          caveats: {
            deactivate: '1Password suspends the person.',
            more: 'The address is that of your own SCIM bridge.',
          },
        }),
        from('https://1password.community/discussion/143188/unsuspend-account-managed-by-scim', {
          deactivateMeans: 'reversible',
        }),
      ],
    },
    bitwarden: {
      title: 'Bitwarden',
      at: { host: 'the SCIM host', organization: 'the organization id' },
      parts: [
        from(file('bitwarden/server', `${BITWARDEN}/Users/GetUsersListQuery.cs`), {
          filters: { email: false, status: false },
          joinsFilters: false,
        }),
        from(file('bitwarden/server', `${BITWARDEN}/Users/PatchUserCommand.cs`), {
          takes: { changes: ['externalId'] },
        }),
        from(file('bitwarden/server', `${BITWARDEN}/Models/ScimUserRequestModel.cs`), {
          createNeeds: ['email'],
        }),
        from(file('bitwarden/server', `${BITWARDEN}/Controllers/v2/UsersController.cs`), {
          url: 'https://{host}/v2/{organization}',
          deleteMeans: 'hard',
          caveats: {
            delete: 'The person leaves the organization; their own Bitwarden account stays.',
          },
        }),
        from(file('bitwarden/server', `${BITWARDEN}/Users/PatchUserCommand.cs`), {
          deactivateMeans: 'reversible',
          patchStrategy: 'path',
          caveats: {
            deactivate: 'The membership of the organization is revoked.',
            more: 'Only the status and the external id can be changed: the app reports success for other fields and ignores them.',
          },
        }),
        from(file('bitwarden/server', `${BITWARDEN}/Utilities/ApiKeyAuthenticationHandler.cs`), {
          tokenMade: 'The SCIM API key; an organization has one.',
        }),
      ],
    },
    keeper: {
      title: 'Keeper',
      parts: [
        from(entra('keeper-password-manager-digitalvault'), {
          tokenMade:
            'Admin Console > node > Provisioning > Add Method > SCIM shows the address and the token.',
          caveats: {
            deactivate: 'Keeper locks the user; whether that can be undone is not documented.',
            delete: 'Keeper does not delete users over SCIM.',
          },
        }),
      ],
    },
    cloudflare: {
      title: 'Cloudflare',
      parts: [
        from(CLOUDFLARE, {
          tokenMade: 'An API token of the account with the permission SCIM Provisioning: Edit.',
          deactivateMeans: 'deletes',
          caveats: {
            deactivate:
              'The membership of the account is removed. The only Super Administrator is not removed.',
            token: 'A token that a user owns ends with the user: use one that the account owns.',
            more: 'Leaving a group does not end the membership of the account.',
          },
        }),
      ],
    },
    zscaler: {
      title: 'Zscaler',
      parts: [
        from(entra('zscaler'), {
          filters: { email: false, externalId: false, status: false },
          createNeeds: ['externalId', 'displayName', 'department'],
        }),
        from(entra('zscaler'), {
          tokenMade:
            'Administration > Authentication Settings > SAML > Enable SCIM-Based Provisioning shows the address and the token.',
          caveats: { more: 'A new account needs an external id, a display name and a department.' },
        }),
        from('https://help.zscaler.com/zidentity/scim-api-examples', { budget: { perSecond: 50 } }),
      ],
    },
    tailscale: {
      title: 'Tailscale',
      parts: [
        from(entra('tailscale'), { createNeeds: ['externalId'] }),
        from(entra('tailscale'), {
          tokenMade: 'User management > Enable Provisioning makes a SCIM API key.',
          caveats: { more: 'A new account needs an external id.' },
        }),
      ],
    },
    twingate: {
      title: 'Twingate',
      parts: [
        from(entra('twingate'), {
          filters: { userName: false, email: false, status: false, groupName: false },
        }),
        from(entra('twingate'), {
          tokenMade: 'Settings > Identity Provider shows the endpoint.',
          caveats: { token: 'Regenerating the token ends the old one.' },
        }),
      ],
    },
    knowbe4: {
      title: 'KnowBe4',
      parts: [
        from(entra('knowbe4-security-awareness-training'), {
          filters: { email: false, externalId: false, status: false },
        }),
        from(entra('knowbe4-security-awareness-training'), {
          tokenMade: 'Account Settings > User Provisioning > SCIM > Generate SCIM Token; it is shown once.',
          caveats: {
            deactivate: 'In test mode the app accepts changes and does nothing.',
            delete: 'In test mode the app accepts changes and does nothing.',
          },
        }),
      ],
    },
    'aws-identity-center': {
      title: 'AWS IAM Identity Center',
      at: { region: 'the AWS region', tenant: 'the tenant id in the endpoint that the console shows' },
      parts: [
        from(`${AWS}/limitations.html`, { joinsFilters: false, takes: { membersPerPatch: 100 } }),
        from(`${AWS}/createuser.html`, { createNeeds: ['givenName', 'familyName', 'displayName'] }),
        from(`${AWS}/serviceproviderconfig.html`, {
          url: 'https://scim.{region}.amazonaws.com/{tenant}/scim/v2',
          caveats: { more: 'A wrong tenant id is answered with 401, like a wrong token.' },
        }),
        from(`${AWS}/document-history.html`, { pageSize: 50 }),
        from(
          'https://docs.pingidentity.com/integrations/amazon/aws_iam_identity_center_provisioner/pf_aws_singlesignon_connector_provisioning_options_reference.html',
          { caveats: { deactivate: 'AWS disables the user, and keeps it.' } },
        ),
        from(file('awslabs/ssosync', 'internal/aws/client.go'), { memberRemoveShape: 'array' }),
      ],
    },
    snowflake: {
      title: 'Snowflake',
      at: { account: 'the account identifier, without dots' },
      parts: [
        from(SNOWFLAKE, {
          url: 'https://{account}.snowflakecomputing.com/scim/v2',
          caveats: {
            deactivate: 'Snowflake disables the user.',
            more: 'Only users that the SCIM role owns are changed. Groups are roles.',
          },
        }),
        from(entra('snowflake'), {
          tokenMade:
            "As ACCOUNTADMIN: select system$generate_scim_access_token('<integration>'). A network policy can block this server.",
          caveats: { token: 'It ends after six months.' },
        }),
      ],
    },
    databricks: {
      title: 'Databricks',
      at: { accounts: 'the host of the account console', account: 'the account id' },
      parts: [
        from(DATABRICKS, { filters: { email: false, externalId: false } }),
        from(file('ConductorOne/baton-databricks', 'pkg/databricks/client.go'), {
          url: 'https://{accounts}/api/2.0/accounts/{account}/scim/v2',
        }),
        from(
          'https://databrickslabs.github.io/partner-architecture/isv-partners/lakehouse-patterns/access-auth/oauth-reference',
          { tokenUrl: 'https://{accounts}/oidc/accounts/{account}/v1/token' },
        ),
        from(
          'https://databricks.github.io/sdk-js/api/interfaces/_databricks_sdk-auth.credentials.M2mCredentialsOptions.html',
          {
            scope: 'all-apis',
          },
        ),
        from(DATABRICKS, {
          tokenMade: 'A personal access token, or the client id and an OAuth secret of a service principal.',
          caveats: {
            token: 'It ends with its owner, who should not be managed by the identity provider.',
          },
        }),
      ],
    },
    'oracle-cpq': {
      title: 'Oracle CPQ',
      at: { site: 'the host of the site' },
      parts: [
        from(
          'https://docs.oracle.com/en/cloud/saas/configure-price-quote/cxcpq/api-user-management-scim-compliant.html',
          { url: 'https://{site}/rest/v19/scim', deleteMeans: 'deactivates' },
        ),
      ],
    },
  }) as const satisfies Partial<Record<string, AppProfile>>
