import { type AppProfile, entra, file, from } from './define.ts'

const GITHUB = 'content/admin/managing-iam/provisioning-user-accounts-with-scim'
const GITHUB_REST = file(
  'github/docs',
  `${GITHUB}/provisioning-users-and-groups-with-scim-using-the-rest-api.md`,
)
const GITLAB = file('gitlabhq/gitlabhq', 'doc/development/internal_api/_index.md')
const SENTRY_MEMBERS = file('getsentry/sentry', 'src/sentry/core/endpoints/scim/members.py')
const SENTRY_UTILS = file('getsentry/sentry', 'src/sentry/core/endpoints/scim/utils.py')
const PAGERDUTY = 'https://support.pagerduty.com/main/docs/assign-or-deactivate-users'
const TERRAFORM = file(
  'hashicorp/web-unified-docs',
  'content/terraform-docs-common/docs/cloud-docs/api-docs/scim/index.mdx',
)
const DOCKER = file('docker/docs', 'content/manuals/enterprise/security/provisioning/scim.md')
const PARALLEL_WORKS = 'https://parallelworks.com/docs/organization-admin/scim'
const CURRENTS = 'https://docs.currents.dev/administration/sso-saml2.0/scim-user-provisioning'

/** Code, delivery and operations. */
export const engineering = () =>
  ({
    'github-enterprise': {
      title: 'GitHub Enterprise Managed Users',
      at: { enterprise: 'the enterprise in github.com/enterprises/…' },
      parts: [
        from(entra('github-enterprise-managed-user'), {
          url: 'https://api.github.com/scim/v2/enterprises/{enterprise}',
        }),
        from(GITHUB_REST, {
          tokenMade:
            'Sign in as the setup user of the enterprise: a classic personal access token with the scope scim:enterprise; ' +
            'GitHub recommends one without expiry.',
          hides: ['notProvisioned'],
          deactivateMeans: 'reversible',
          deleteMeans: 'hard',
          // One system alone may write, which an identity provider is in most enterprises.
          allowWrites: false,
          caveats: {
            more:
              'Only one system may write: where an identity provider provisions this enterprise, a change from elsewhere ' +
              'breaks its next synchronization. At most 1,000 users an hour are provisioned.',
          },
        }),
        from(file('github/docs', 'data/reusables/scim/emu-scim-rate-limit-details.md'), {
          budget: { write: { perHour: 1_000 } },
        }),
        from(file('github/docs', `${GITHUB}/deprovisioning-and-reinstating-users.md`), {
          caveats: {
            deactivate:
              'GitHub suspends the user and hides login and email behind a hash. Forks of private repositories are deleted ' +
              'within 24 hours and come back only within 90 days; keys and tokens come back with the account.',
            delete:
              'Keys, tokens and the repositories of the user are erased, and the account can never be reactivated.',
          },
        }),
      ],
    },
    'github-organization': {
      title: 'GitHub organization',
      at: { organization: 'the organization in github.com/…' },
      parts: [
        from(entra('github'), {
          url: 'https://api.github.com/scim/v2/organizations/{organization}',
          caveats: {
            more: 'For organizations with their own SAML sign-on. A new account is an invitation by email, which must be accepted.',
          },
        }),
        from('https://docs.github.com/en/enterprise-cloud@latest/rest/scim/scim', {
          hides: ['notProvisioned'],
        }),
      ],
    },
    'gitlab-group': {
      title: 'GitLab.com',
      at: { group: 'the path of the top-level group' },
      parts: [
        from(GITLAB, {
          createNeeds: ['externalId', 'email'],
          takes: { changes: ['externalId'] },
          hides: ['notProvisioned'],
        }),
        from(GITLAB, {
          url: 'https://gitlab.com/api/scim/v2/groups/{group}',
          tokenMade: 'The SCIM token of the top-level group.',
          deactivateMeans: 'deletes',
          deleteMeans: 'unlinks',
          patchStrategy: 'path',
          caveats: {
            deactivate:
              'The person loses the membership of the group and the single sign-on identity; their GitLab account stays.',
            delete: 'The person leaves the group; their GitLab account stays.',
            more: 'A new account needs an external id. Names and emails cannot be changed over SCIM.',
          },
        }),
      ],
    },
    'gitlab-self-managed': {
      title: 'GitLab Self-Managed',
      at: { host: 'the host of the instance' },
      parts: [
        from(GITLAB, {
          createNeeds: ['externalId', 'email'],
          takes: { changes: ['externalId'] },
          hides: ['notProvisioned'],
        }),
        from(GITLAB, {
          url: 'https://{host}/api/scim/v2/application',
          tokenMade: 'The SCIM token of the instance.',
          deactivateMeans: 'reversible',
          deleteMeans: 'deactivates',
          patchStrategy: 'path',
          caveats: {
            deactivate: 'The user is blocked and stays linked to the identity.',
            delete: 'The user is blocked and signed out.',
            more: 'A new account needs an external id. Names and emails cannot be changed over SCIM.',
          },
        }),
      ],
    },
    sentry: {
      title: 'Sentry',
      parts: [
        from(SENTRY_UTILS, {
          filters: { email: false, externalId: false, status: false },
          joinsFilters: false,
        }),
        from(SENTRY_MEMBERS, { takes: { changes: [] } }),
        from(SENTRY_MEMBERS, {
          deactivateMeans: 'deletes',
          deleteMeans: 'hard',
          patchStrategy: 'path',
          caveats: {
            deactivate: 'Sentry deletes the membership of the organization for good.',
            delete: 'The last owner cannot be removed.',
            more: 'Only the status of a member can be changed. A PUT can lock the role to the identity provider.',
          },
        }),
        from(SENTRY_UTILS, {
          pageSize: 100,
          tokenMade:
            'Switch SCIM on at the SAML provider of the organization; the token needs the scopes for members and teams.',
        }),
      ],
    },
    pagerduty: {
      title: 'PagerDuty',
      parts: [
        from(PAGERDUTY, { createNeeds: ['displayName'] }),
        from(PAGERDUTY, {
          deactivateMeans: 'deletes',
          caveats: { deactivate: 'PagerDuty deletes the user, and the same user cannot be reactivated.' },
        }),
        from('https://support.pagerduty.com/docs/scim-user-provisioning', {
          caveats: {
            more: 'A user on an active incident cannot be deleted unless incidents may be reassigned.',
          },
        }),
      ],
    },
    parallelworks: {
      title: 'Parallel Works ACTIVATE',
      at: { host: 'the host of the platform', organization: 'the organization' },
      parts: [
        from(PARALLEL_WORKS, { deactivateBy: 'none' }),
        from(PARALLEL_WORKS, {
          url: 'https://{host}/api/organizations/{organization}/scim/v2',
          // Every write is answered with 501.
          allowWrites: false,
          caveats: {
            deactivate: 'The app refuses every change over SCIM: nobody is switched off.',
            delete: 'The app refuses every change over SCIM: nothing is deleted.',
          },
        }),
      ],
    },
    datadog: {
      title: 'Datadog',
      at: { site: 'the site, such as datadoghq.com or datadoghq.eu' },
      parts: [
        from('https://docs.datadoghq.com/api/latest/scim/', { url: 'https://api.{site}/api/v2/scim' }),
        from(file('DataDog/documentation', 'content/en/account_management/scim/_index.md'), {
          tokenMade:
            'An application key, best of a service account, with the permissions user_access_invite and user_access_manage.',
          caveats: {
            token: 'The key of a person ends with that person: use a service account.',
          },
        }),
      ],
    },
    docker: {
      title: 'Docker Business',
      parts: [
        from(DOCKER, { hides: ['notProvisioned'] }),
        from(DOCKER, {
          tokenMade: 'Copy the SCIM base URL and the token from the console.',
          deactivateMeans: 'reversible',
          caveats: {
            deactivate:
              'The person also leaves the organization. With just-in-time provisioning on, they can come back by signing in.',
            hides: 'people who were not provisioned after SCIM was switched on',
          },
        }),
      ],
    },
    jfrog: {
      title: 'JFrog Platform',
      parts: [
        from('https://jfrog.com/help/r/jfrog-rest-apis/update-user', {
          deactivateMeans: 'reversible',
          caveats: { more: 'Users can be disabled and enabled, and not changed otherwise.' },
        }),
      ],
    },
    'hcp-terraform': {
      title: 'HCP Terraform',
      at: { configuration: 'the id in the base URL that the console shows' },
      parts: [
        from(TERRAFORM, { filters: { email: false, status: false }, hides: ['notProvisioned'] }),
        from(TERRAFORM, {
          url: 'https://app.terraform.io/scim/v2/{configuration}',
          tokenMade: 'A SCIM token; tokens of users, teams and organizations do not work.',
          pageSize: 200,
          budget: { perSecond: 30 },
          caveats: { more: 'While SCIM is paused, users and groups answer 403.' },
        }),
        from('https://developer.hashicorp.com/terraform/cloud-docs/api-docs/scim/users', {
          caveats: { hides: 'users who are not managed by SCIM' },
        }),
      ],
    },
    launchdarkly: {
      title: 'LaunchDarkly',
      parts: [
        from('https://launchdarkly.com/docs/home/account/scim-user-requests', {
          filters: { email: false, externalId: false, status: false },
        }),
        from('https://launchdarkly.com/docs/home/account/scim-user-schema', { createNeeds: ['email'] }),
        from('https://launchdarkly.com/docs/home/account/scim-api', {
          url: 'https://app.launchdarkly.com/trust/scim/v2',
          tokenMade: 'An OAuth client with the scope scim; personal access tokens do not work.',
        }),
        from('https://launchdarkly.com/docs/home/account/scim-troubleshooting', {
          deactivateMeans: 'reversible',
          caveats: { deactivate: 'The owner cannot be deactivated.' },
        }),
        from('https://launchdarkly.com/docs/home/account/scim-errors', {
          caveats: { more: 'A deactivated member must be reactivated before other changes.' },
        }),
      ],
    },
    'new-relic': {
      title: 'New Relic',
      parts: [
        from(
          file(
            'newrelic/docs-website',
            'src/content/docs/accounts/accounts/automated-user-management/scim-support-automated-user-management.mdx',
          ),
          { joinsFilters: false, createNeeds: ['email'] },
        ),
        from(
          file(
            'newrelic/docs-website',
            'src/content/docs/accounts/accounts/automated-user-management/scim-support-automated-user-management.mdx',
          ),
          {
            tokenMade:
              'Shown when SCIM is switched on for an authentication domain; each domain has its own.',
            memberRemoveShape: 'array',
            caveats: { more: 'A PUT with a list of groups changes the groups of the person.' },
          },
        ),
      ],
    },
    grafana: {
      title: 'Grafana',
      parts: [
        from(
          file(
            'grafana/grafana',
            'docs/sources/setup-grafana/configure-access/configure-scim-provisioning/_index.md',
          ),
          {
            caveats: {
              deactivate: 'Grafana deactivates the user; whether that can be undone is not documented.',
              more: 'SAML comes first, and the external id must equal the id in the SAML assertion, or the sign-in is refused.',
            },
          },
        ),
      ],
    },
    currents: {
      title: 'Currents',
      parts: [
        from(CURRENTS, {
          patchStrategy: 'put',
          deleteMeans: 'deactivates',
          caveats: {
            deactivate: 'The person leaves the team, and comes back only by signing in again.',
          },
        }),
      ],
    },
    configcat: {
      title: 'ConfigCat',
      parts: [
        from('https://configcat.com/docs/api/scim/configcat-user-provisioning-scim-api', {
          url: 'https://scim-api.configcat.com',
          tokenMade: 'In Authentication & Provisioning.',
        }),
      ],
    },
    nylas: {
      title: 'Nylas',
      parts: [
        from('https://developer.nylas.com/docs/dev-guide/dashboard-saml-sso/scim-provisioning/', {
          endsSessions: 'yes',
        }),
      ],
    },
    postman: {
      title: 'Postman',
      parts: [
        from(entra('postman'), {
          filters: { email: false, externalId: false, status: false },
          createNeeds: ['givenName', 'familyName'],
        }),
        from(entra('postman'), {
          url: 'https://api.getpostman.com/scim/v2',
          tokenMade:
            'Team Settings > Authentication > SCIM provisioning > Generate SCIM API Key; two can be valid at once.',
        }),
      ],
    },
    qase: {
      title: 'Qase',
      parts: [
        from('https://docs.qase.io/administration/scim/users', { url: 'https://app.qase.io/scim/v2' }),
        from('https://docs.qase.io/administration/scim', {
          caveats: { more: 'There are no groups over SCIM.' },
        }),
      ],
    },
    huggingface: {
      title: 'Hugging Face',
      parts: [
        from('https://huggingface.co/docs/hub/enterprise-scim', {
          tokenMade: 'Organization settings > SSO > SCIM shows the address and the token.',
          caveats: {
            deactivate: 'With Basic SSO the access is revoked; with Managed SSO the account is deactivated.',
            more: 'With Basic SSO a new account is an invitation that must be accepted, and profiles cannot be changed.',
          },
        }),
      ],
    },
    'posit-connect': {
      title: 'Posit Connect',
      at: { host: 'the host of the server' },
      parts: [
        from('https://docs.posit.co/connect/admin/appendix/scim/api-reference.html', {
          url: 'https://{host}/scim/v2',
        }),
      ],
    },
    'stack-overflow-teams': {
      title: 'Stack Overflow for Teams',
      parts: [
        from('https://support.1password.com/saas-manager-stack-overflow-for-teams/', {
          tokenMade: 'Admin settings > SCIM integration > Generate token.',
          caveats: {
            deactivate: 'The user is deactivated; whether that can be undone is not documented.',
            more: 'Accounts are not created over SCIM: they come with the first SAML sign-in.',
          },
        }),
      ],
    },
    yunxiao: {
      title: 'Alibaba Cloud Yunxiao',
      at: { domain: 'the domain of the service', organization: 'the organization id' },
      parts: [
        from('https://help.aliyun.com/zh/yunxiao/developer-reference/deletescimuser', {
          url: 'https://{domain}/oapi/v1/platform/organizations/{organization}/scim/v2',
          authHeader: 'x-yunxiao-token',
          tokenMade: 'A personal access token, which is sent without Bearer.',
        }),
      ],
    },
  }) as const satisfies Partial<Record<string, AppProfile>>
