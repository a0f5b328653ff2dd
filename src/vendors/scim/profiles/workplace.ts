import { type AppProfile, entra, file, from } from './define.ts'

const SLACK = 'https://docs.slack.dev/reference/scim-api'
const SLACK_RIGHTS = 'https://api.slack.com/scim'
const BATON_SLACK = file('ConductorOne/baton-slack', 'pkg/connector/client/slack.go')
const ZOOM = 'https://developers.zoom.us/docs/api/scim2/'
const ATLASSIAN = 'https://developer.atlassian.com/cloud/admin/user-provisioning/rest/intro/'
const NOTION = 'https://www.notion.com/help/provision-users-and-groups-with-scim'
const FIGMA = 'https://developers.figma.com/docs/rest-api'
const ASANA = 'https://developers.asana.com/docs/scim'
const WORKOS = 'https://workos.com/docs/integrations/scim'
const CLAUDE = 'https://support.anthropic.com/en/articles/9970869-setting-up-scim-on-the-enterprise-plan'
const CHATGPT = 'https://help.openai.com/en/articles/10011769-scim-integration-faq'
const WORKOS_TOKEN = 'The directory page that the app opens shows the endpoint and the token.'

/** Conversations, documents, projects and assistants. */
export const workplace = () =>
  ({
    slack: {
      title: 'Slack',
      parts: [
        from(entra('slack'), { filters: { externalId: false, status: false } }),
        from(file('slackapi/python-slack-sdk', 'slack_sdk/scim/v1/client.py'), { createNeeds: ['email'] }),
        from(SLACK, {
          url: 'https://api.slack.com/scim/v2',
          deleteMeans: 'deactivates',
        }),
        from(BATON_SLACK, {
          deactivateMeans: 'reversible',
          memberRemoveShape: 'array',
          contentType: 'application/json',
        }),
        from(SLACK_RIGHTS, {
          tokenMade:
            'A Slack app with the user scope admin, installed by an Owner (Enterprise Grid: an Org Owner). The user token ' +
            'begins with xoxp-.',
          caveats: {
            deactivate: 'Only people with the same rights as the maker of the token or fewer can be changed.',
            token: 'It ends when the Owner or Admin who installed the app is no longer one.',
          },
        }),
        from(entra('slack'), {
          caveats: { more: 'The user name is a handle of at most 20 characters, not the email.' },
        }),
        // Of the limits, which all SCIM apps of the organization share, the tightest of reads and of changes.
        from('https://docs.slack.dev/reference/scim-api/rate-limits', {
          budget: { perMinute: 300, write: { perMinute: 180 }, reserve: 0.5 },
        }),
      ],
    },
    zoom: {
      title: 'Zoom',
      parts: [
        from(entra('zoom'), { filters: { email: false, externalId: false, status: false } }),
        from(ZOOM, {
          url: 'https://api.zoom.us/scim2',
          tokenMade:
            'Zoom App Marketplace: a server-to-server OAuth app with the scope scim2:admin shows client id, client secret and account id.',
          deactivateMeans: 'reversible',
          caveats: { more: 'Single sign-on and a vanity URL must be set up first.' },
        }),
        from(
          'https://support.okta.com/help/s/article/zoom-deprovisioning-user-removed-from-zoom-application-in-okta-but-did-not-deactivate-in-zoom-side',
          { caveats: { deactivate: 'Administrators stay active: only members are deactivated over SCIM.' } },
        ),
        from(file('ConductorOne/baton-scim', 'pkg/config/service_providers/zoom.yaml'), {
          tokenUrl: 'https://zoom.us/oauth/token',
        }),
        from('https://developers.zoom.us/docs/rooms/s2s-oauth/', {
          grant: 'account_credentials',
          caveats: { token: 'A token of a server-to-server app ends after an hour and is fetched anew.' },
        }),
        from('https://marketplace.zoom.us/docs/api-reference/scim-api/', { budget: { perSecond: 1 } }),
      ],
    },
    atlassian: {
      title: 'Atlassian Cloud',
      at: { directory: 'the directory id in the URL that the console shows' },
      parts: [
        from(
          'https://support.atlassian.com/atlassian-cloud/kb/how-to-filter-users-in-provisioning-scim-using-rest-api',
          { filters: { email: false, status: false } },
        ),
        from('https://jira.atlassian.com/browse/ACCESS-1293', { hides: ['inactive'] }),
        from(ATLASSIAN, { url: 'https://api.atlassian.com/scim/directory/{directory}' }),
        from(entra('atlassian-cloud'), {
          tokenMade:
            'admin.atlassian.com > Security > Identity providers > directory > Set up user provisioning; it is shown once.',
          caveats: { more: 'Only users of verified domains are updated. Groups cannot be renamed.' },
        }),
        from(
          'https://support.atlassian.com/atlassian-cloud/kb/how-to-fetch-all-users-via-user-provisioning-scim-api/',
          {
            pageSize: 100,
          },
        ),
        from('https://jira.atlassian.com/browse/ACCESS-2217', {
          caveats: { deactivate: 'The managed account is deactivated, for all Atlassian apps.' },
        }),
        from(
          'https://neteye-blog.com/2025/03/unlock-atlassian-users-reactivating-idp-synced-managed-accounts',
          {
            deactivateMeans: 'reversible',
          },
        ),
        from('https://jira.atlassian.com/browse/ACCESS-1293', {
          caveats: { hides: 'inactive users, who are left out of lists' },
        }),
        from('https://mrrefactoring.github.io/jira.js/api/functions/userProvisioning.deleteUser.html', {
          deleteMeans: 'unlinks',
          caveats: { delete: 'The SCIM record is gone for good; only a new one links the account again.' },
        }),
      ],
    },
    notion: {
      title: 'Notion',
      parts: [
        from(NOTION, { hides: ['guests'] }),
        from(
          'https://dave-playground-knowledge-base.help.usepylon.com/articles/9633607990-notion-capabilities',
          { deactivateBy: 'delete', freesSeat: 'yes' },
        ),
        from(file('ConductorOne/baton-notion', 'pkg/notion/client.go'), {
          url: 'https://api.notion.com/scim/v2',
        }),
        from(NOTION, {
          tokenMade:
            'Settings > Identity & provisioning > SCIM provisioning > New token; each workspace owner has their own.',
          deactivateMeans: 'deletes',
          caveats: {
            deactivate: 'Notion removes the person from the workspace.',
            hides: 'guests',
            token: 'It ends when the workspace owner who made it leaves or changes role.',
            more: 'Names and emails are only changed for verified domains.',
          },
        }),
        from(
          'https://dave-playground-knowledge-base.help.usepylon.com/articles/9633607990-notion-capabilities',
          {
            deleteMeans: 'hard',
            caveats: {
              delete:
                'The person leaves the workspace, is signed out everywhere and frees a seat; their Notion account stays.',
            },
          },
        ),
      ],
    },
    figma: {
      title: 'Figma',
      at: { tenant: 'the tenant id that the SCIM settings show' },
      parts: [
        from(entra('figma'), { url: 'https://www.figma.com/scim/v2/{tenant}' }),
        from(`${FIGMA}/scim`, {
          tokenMade:
            'Admin settings > Login and provisioning > SCIM provisioning > Generate token; it is shown once.',
        }),
        from(`${FIGMA}/scim-supported-schemas`, {
          deactivateMeans: 'reversible',
          caveats: {
            deactivate: 'The person leaves the organization until they are reactivated.',
            more: 'A new user name also changes the email.',
          },
        }),
        from(`${FIGMA}/scim-examples`, { contentType: 'application/json' }),
        from(`${FIGMA}/scim-endpoints`, { pageSize: 200 }),
      ],
    },
    asana: {
      title: 'Asana',
      parts: [
        from(ASANA, { filters: { email: false, externalId: false, status: false }, hides: ['guests'] }),
        from(ASANA, {
          url: 'https://app.asana.com/api/1.0/scim',
          deleteMeans: 'deactivates',
          caveats: {
            deactivate:
              'Asana removes the access of the person, as a deletion does; whether that can be undone is not documented.',
            hides: 'guests',
          },
        }),
        from(entra('asana'), {
          tokenMade:
            'Admin Console > Apps > Service accounts: one with the scope for user provisioning (SCIM).',
        }),
      ],
    },
    miro: {
      title: 'Miro',
      parts: [
        from(entra('miro'), { url: 'https://miro.com/api/v1/scim' }),
        from('https://developers.miro.com/docs/errors', {
          caveats: { more: 'A conflict (409) means that the email is not on the list of allowed domains.' },
        }),
      ],
    },
    monday: {
      title: 'monday.com',
      parts: [
        from(entra('mondaycom'), {
          filters: { email: false, externalId: false, status: false },
          createNeeds: ['displayName'],
        }),
        from(entra('mondaycom'), {
          tokenMade: 'Admin > Security > Login > SCIM > Generate shows the address and the token.',
          caveats: { more: 'A new account needs a display name.' },
        }),
      ],
    },
    airtable: {
      title: 'Airtable',
      parts: [
        from(entra('airtable'), {
          filters: { email: false, externalId: false, status: false },
          createNeeds: ['givenName', 'familyName'],
        }),
        from(entra('airtable'), {
          url: 'https://airtable.com/scim/v2',
          tokenMade:
            'airtable.com/create/tokens, as an admin: a personal access token with the scope enterprise.scim.usersAndGroups:manage.',
        }),
      ],
    },
    smartsheet: {
      title: 'Smartsheet',
      parts: [
        from(entra('smartsheet'), { filters: { email: false, externalId: false, status: false } }),
        from(entra('smartsheet'), {
          url: 'https://scim.smartsheet.com/v2',
          tokenMade: 'As a System Admin: Account > Apps & Integrations > API Access.',
          deactivateMeans: 'deletes',
          caveats: { deactivate: 'Smartsheet deletes the user for good.' },
        }),
      ],
    },
    canva: {
      title: 'Canva',
      parts: [
        from(entra('canva'), {
          filters: { email: false, externalId: false, status: false },
          createNeeds: ['email'],
        }),
        from('https://canva.dev/docs/scim', {
          url: 'https://www.canva.com/_scim/v2',
          caveats: { more: 'Names and values are case-sensitive.' },
        }),
        from('https://www.canva.dev/docs/scim/delete-user', {
          caveats: {
            deactivate: 'Canva removes the access; whether that can be undone is not documented.',
            delete: 'Canva does not delete users over SCIM.',
          },
        }),
        from(entra('canva'), { tokenMade: 'Canva support sets it up.' }),
      ],
    },
    contentful: {
      title: 'Contentful',
      at: { organization: 'the organization id' },
      parts: [
        from('https://contentful.com/developers/docs/references/scim-api/users.md', {
          filters: { email: false, externalId: false, status: false },
          createNeeds: ['givenName', 'familyName'],
          deactivateBy: 'none',
        }),
        from('https://contentful.com/developers/docs/references/scim-api/users/patch-a-user.md', {
          takes: { changes: [] },
        }),
        from('https://contentful.com/developers/docs/references/scim-api/overview', {
          url: 'https://api.contentful.com/scim/v2/organizations/{organization}',
          tokenMade: 'A personal access token of an admin or owner of the organization.',
          caveats: { token: 'It ends with the rights of its maker.' },
        }),
        from('https://contentful.com/developers/docs/references/scim-api/users.md', {
          deleteMeans: 'hard',
          caveats: {
            deactivate: 'Contentful ignores it: the person keeps the access.',
            delete:
              'The person leaves the organization with all its teams and spaces; their Contentful account stays.',
          },
        }),
        from('https://contentful.com/developers/docs/references/scim-api/users/patch-a-user.md', {
          caveats: {
            more: 'No field of a user can be changed: the app reports success and ignores the change.',
          },
        }),
      ],
    },
    workos: {
      title: 'an app with WorkOS directory sync',
      parts: [
        from('https://www.c1.ai/docs/baton/claude-enterprise', { hides: ['notProvisioned'] }),
        from(WORKOS, { tokenMade: WORKOS_TOKEN }),
        from('https://www.c1.ai/docs/baton/claude-enterprise', {
          caveats: { hides: 'people who were not provisioned through the directory' },
        }),
      ],
    },
    claude: {
      title: 'Claude Enterprise',
      parts: [
        from(CLAUDE, { deactivateBy: 'delete' }),
        from('https://www.c1.ai/docs/baton/claude-enterprise', { hides: ['notProvisioned'] }),
        from('https://www.c1.ai/docs/baton/claude-enterprise', {
          tokenMade: WORKOS_TOKEN,
          caveats: {
            hides: 'people and groups that were not made through SCIM, such as those invited in the console',
          },
        }),
        from(CLAUDE, {
          caveats: { more: 'Resetting SCIM deletes every account but that of the Primary Owner.' },
        }),
      ],
    },
    chatgpt: {
      title: 'ChatGPT',
      parts: [
        from(CHATGPT, { hides: ['notProvisioned'] }),
        from(CHATGPT, {
          tokenMade: WORKOS_TOKEN,
          caveats: {
            hides: 'people who were added by hand, until the directory has them',
            more:
              'A new account is an invitation. ChatGPT and the API platform are two directories: leaving one is not leaving ' +
              'the other.',
          },
        }),
      ],
    },
    cursor: {
      title: 'Cursor',
      parts: [
        from('https://cursor.com/docs/account/teams/scim', {
          tokenMade: 'The SCIM wizard shows the endpoint and the token.',
          deactivateMeans: 'deletes',
          caveats: { deactivate: 'The person leaves the team immediately.' },
        }),
        from('https://www.c1.ai/docs/baton/cursor', {
          hides: ['notProvisioned'],
          caveats: { hides: 'members who were added in the Cursor dashboard, whom SCIM cannot remove' },
        }),
      ],
    },
    lucid: {
      title: 'Lucid',
      parts: [
        from(entra('lucid-all-products'), {
          filters: { email: false, externalId: false, status: false },
          createNeeds: ['email'],
        }),
        from(entra('lucid-all-products'), { tokenMade: 'Admin > App integration > SCIM > Generate Token.' }),
      ],
    },
    nulab: {
      title: 'Nulab',
      at: { space: 'the space key' },
      parts: [
        from('https://developer.nulab.com/docs/nulab-account/api/scim/auth', {
          url: 'https://api.apps.nulab.com/spaces/{space}/scim/v2',
          tokenMade: 'Organization settings > User provisioning.',
          caveats: { deactivate: 'An account that issued a token cannot be deactivated.' },
        }),
      ],
    },
    zapier: {
      title: 'Zapier',
      parts: [
        from(
          'https://dave-playground-knowledge-base.help.usepylon.com/articles/2858077921-zapier-capabilities',
          { freesSeat: 'no' },
        ),
        from(
          'https://dave-playground-knowledge-base.help.usepylon.com/articles/2858077921-zapier-capabilities',
          {
            caveats: {
              deactivate: 'The person can no longer sign in, and keeps the licence.',
              delete: 'The person is marked inactive, and keeps the licence.',
            },
          },
        ),
      ],
    },
  }) as const satisfies Partial<Record<string, AppProfile>>
