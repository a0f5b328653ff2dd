// @module-tag long

import { describe, expect, test } from 'vitest'
import { parseSettings } from '../../../src/config/settings.ts'
import { hiddenIn } from '../../../src/domain/facts.ts'
import type { AccountFields, Operations } from '../../../src/domain/operations.ts'
import { mustOffer } from '../../../src/engine/ask.ts'
import { openTenants } from '../../../src/engine/tenants.ts'
import { storeLedger } from '../../../src/limits/ledger.ts'
import { makePeople } from '../../../src/sandbox/people.ts'
import type { Traits } from '../../../src/sandbox/scim/traits.ts'
import { startScimApp } from '../../../src/sandbox/scim-app.ts'
import type { TokenServerOptions } from '../../../src/sandbox/token-server.ts'
import { memoryStore } from '../../../src/store/table-store.ts'
import { vendors } from '../../../src/vendors/index.ts'
import { APPS, type AppName } from '../../../src/vendors/scim/profiles/apps.ts'
import { context } from '../../support/canned.ts'

const BY_USER_NAME: Traits = { filters: { Users: ['userName'], Groups: ['displayName'] } }
const NO_DELETE = ['GET', 'POST', 'PUT', 'PATCH']
/** Somebody who has an account that the app does not show. */
const HIDDEN = 'hidden@example.com'
const HIDES_SOME: Traits = { hides: [HIDDEN] }
const ADMIN = { userName: 'admin@example.com', email: 'admin@example.com', externalId: 'idp-admin' }
// gitlabhq/gitlabhq, doc/development/internal_api/_index.md
const GITLAB: Traits = {
  requires: ['externalId', 'userName', 'emails', 'name'],
  patchForm: 'path',
  changes: { paths: ['active', 'externalId', 'id'], others: 'refused' },
  ...HIDES_SOME,
}

/** How the apps behave, as their public pages and code have it: written down here apart from the profiles. */
const DOCUMENTED: Partial<Record<AppName, Traits>> = {
  // MicrosoftDocs/entra-docs, the columns "Supported for filtering" and "Required" of the provisioning tutorials.
  airtable: { ...BY_USER_NAME, requires: ['userName', 'name.givenName', 'name.familyName'] },
  // canva.dev/docs/scim/delete-user
  canva: { ...BY_USER_NAME, requires: ['userName', 'emails'], userMethods: NO_DELETE },
  freshservice: BY_USER_NAME,
  gong: { ...BY_USER_NAME, requires: ['userName', 'emails', 'name.givenName', 'name.familyName'] },
  knowbe4: { ...BY_USER_NAME, requires: ['userName'] },
  lucid: { ...BY_USER_NAME, requires: ['userName', 'emails'] },
  monday: { ...BY_USER_NAME, requires: ['userName', 'displayName'] },
  postman: { ...BY_USER_NAME, requires: ['userName', 'name.givenName', 'name.familyName'] },
  // ConductorOne/baton-slack, pkg/connector/client/slack.go: the media type, and members in an array
  slack: {
    filters: { Users: ['userName', 'emails.value'] },
    requires: ['userName', 'emails'],
    contentType: 'application/json',
    memberRemoval: 'array',
  },
  smartsheet: BY_USER_NAME,
  tableau: BY_USER_NAME,
  tailscale: { requires: ['userName', 'externalId'] },
  twingate: { filters: { Users: ['externalId'], Groups: ['externalId'] } },
  webex: BY_USER_NAME,
  // support.okta.com: administrators stay active.
  zoom: { ...BY_USER_NAME, staysActive: [ADMIN.email] },
  zscaler: {
    ...BY_USER_NAME,
    requires: [
      'userName',
      'externalId',
      'displayName',
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department',
    ],
  },
  // developers.asana.com/docs/scim: the full list, and a filter by user name.
  asana: { ...BY_USER_NAME, paging: 'none', ...HIDES_SOME },
  atlassian: { filters: { Users: ['userName', 'externalId'] } },
  // docs.aws.amazon.com/singlesignon, "Limitations", "CreateUser"
  'aws-identity-center': {
    joins: ['and'],
    requires: ['userName', 'displayName', 'name.givenName', 'name.familyName'],
    membersPerPatch: 100,
    memberRemoval: 'array',
    // "GetGroup": without members
    showsMembers: false,
  },
  // bitwarden/server, GetUsersListQuery.cs: any other filter brings nobody.
  bitwarden: {
    filters: { Users: ['userName', 'externalId'] },
    otherFilters: 'empty',
    joins: [],
    requires: ['emails'],
    // PatchUserCommand.cs and PatchGroupCommand.cs
    changes: { paths: ['active', 'externalId'], others: 'ignored' },
    memberRemoval: 'filter',
  },
  chatgpt: HIDES_SOME,
  claude: HIDES_SOME,
  cursor: HIDES_SOME,
  // docs.currents.dev: there is no PATCH.
  currents: { userMethods: ['GET', 'POST', 'PUT', 'DELETE'] },
  contentful: {
    ...BY_USER_NAME,
    requires: ['userName', 'name.givenName', 'name.familyName'],
    deactivation: 'refused',
  },
  databricks: { filters: { Users: ['userName', 'displayName', 'active'] } },
  docker: HIDES_SOME,
  enboarder: {
    filters: { Users: [], Groups: [] },
    requires: ['userType', 'userName', 'name.givenName', 'name.familyName', 'emails'],
  },
  // developers.figma.com, "SCIM examples"
  figma: { contentType: 'application/json' },
  'github-enterprise': HIDES_SOME,
  'github-organization': HIDES_SOME,
  'gitlab-group': GITLAB,
  'gitlab-self-managed': GITLAB,
  'hcp-terraform': {
    filters: { Users: ['userName', 'externalId'], Groups: ['displayName', 'externalId'] },
    ...HIDES_SOME,
  },
  // MicrosoftDocs/entra-docs, the tutorial of Keeper
  keeper: { userMethods: NO_DELETE },
  launchdarkly: { ...BY_USER_NAME, requires: ['emails'] },
  'new-relic': { joins: [], requires: ['userName', 'emails', 'active'], memberRemoval: 'array' },
  notion: HIDES_SOME,
  pagerduty: { requires: ['userName', 'displayName'] },
  parallelworks: { userMethods: ['GET'] },
  // help.quickbase.com, "SCIM API endpoint details": paths in lower case
  quickbase: { paths: { Users: '/users', Groups: '/groups' } },
  // getsentry/sentry, scim/utils.py: one comparison, by few attributes.
  sentry: {
    filters: { Users: ['userName', 'value', 'displayName'] },
    joins: [],
    requires: ['userName'],
    // members.py: any other operation is a 400.
    changes: { paths: ['active'], others: 'refused' },
  },
  staffbase: { requires: ['externalId'] },
  tealium: BY_USER_NAME,
  workos: HIDES_SOME,
  // help.aliyun.com, "DeleteSCIMUser"
  yunxiao: { authHeader: 'x-yunxiao-token' },
}

/** The grants of apps whose tokens are fetched, and where the client says its secret. */
const FETCHED: Partial<Record<AppName, TokenServerOptions>> = {
  salesforce: { grant: 'client_credentials' },
  zoom: { grant: 'account_credentials' },
}

/** Apps without groups over SCIM, and one whose groups cannot be changed. */
const NO_GROUPS: readonly AppName[] = [
  ...(['8x8', 'currents', 'deel', 'freshservice', 'gitlab-group', 'gitlab-self-managed'] as const),
  ...(['parallelworks', 'qase', 'ringcentral'] as const),
]

/** Apps that are switched off in another way than by `active`. */
const OTHERWISE: Partial<Record<AppName, 'gone' | 'not offered'>> = {
  claude: 'gone',
  notion: 'gone',
  contentful: 'not offered',
  parallelworks: 'not offered',
}

/** Apps that delete whoever becomes inactive. */
const DELETES_INACTIVE: readonly AppName[] = [
  'cloudflare',
  'gitlab-group',
  'pagerduty',
  'sentry',
  'smartsheet',
]

/** What is missing of a new account that has a name and an email; nothing where the app makes it. */
const MISSING: Partial<Record<AppName, string[]>> = {
  enboarder: ['userType'],
  'gitlab-group': ['externalId'],
  'gitlab-self-managed': ['externalId'],
  staffbase: ['externalId'],
  tailscale: ['externalId'],
  zscaler: ['externalId', 'department'],
}

const LIN = {
  userName: 'lin.okafor',
  email: 'lin@example.com',
  externalId: 'idp-lin',
  givenName: 'Lin',
  familyName: 'Okafor',
  department: 'Engineering',
  title: 'Engineer',
  active: true,
}
const NEW: AccountFields = {
  userName: 'new@example.com',
  email: 'new@example.com',
  givenName: 'New',
  familyName: 'Person',
}

async function open(name: AppName) {
  const app = await startScimApp({
    people: [...makePeople(22), LIN, { ...LIN, ...ADMIN }],
    traits: DOCUMENTED[name],
    ...(FETCHED[name] && { oauth: FETCHED[name] }),
    faults: [
      ...(DELETES_INACTIVE.includes(name) ? (['deactivation-deletes'] as const) : []),
      // jira.atlassian.com/browse/ACCESS-1293
      ...(name === 'atlassian' ? (['inactive-unlisted'] as const) : []),
    ],
  })
  const { oauth } = app
  const raw = {
    tenants: {
      acme: {
        vendor: 'scim',
        app: name,
        url: app.scimUrl,
        tokens: oauth ? { clientSecret: 'env:TOKEN' } : { scim: 'env:TOKEN' },
        ...(oauth && { clientId: oauth.clientId, tokenUrl: oauth.tokenUrl }),
        ...(FETCHED[name]?.grant === 'account_credentials' && { accountId: oauth?.accountId }),
        allowDelete: true,
        // Smaller than the list, so that filters matter.
        pageSize: 10,
        maxRetries: 0,
        budget: { perSecond: 1_000, perMinute: 1_000, reserve: 0 },
      },
    },
  }
  const token = oauth?.clientSecret ?? app.tokens.scim.value
  const settings = parseSettings(raw, vendors, { TOKEN: token }, 'this test')
  const store = memoryStore()
  const tenant = openTenants(settings, vendors, { ledger: storeLedger(store), store }).get('acme')
  return {
    app,
    tenant,
    operations: tenant.operations as Required<Operations>,
    /** Without the question by an attribute that no app has, which is meant to be refused. */
    refusedReads: () =>
      app.arrivals.filter(
        ({ method, status = 0, query }) =>
          method === 'GET' && status === 400 && !query.includes('noSuchAttribute'),
      ),
    refusedWrites: () => app.writes.filter(({ status = 0 }) => status >= 400),
    [Symbol.asyncDispose]: () => app.close(),
  }
}

const codeAndText = (error: { code?: string; message?: string }) => ({
  code: error.code,
  said: error.message,
})

describe.concurrent.each(APPS)('%s, as it is documented', (name) => {
  test('is searched without a question that it is known to refuse, and nobody is overlooked', async () => {
    await using world = await open(name)
    const find = async (user: string) => (await world.operations.findAccounts({ user }, context())).accounts
    for (const user of [LIN.userName, LIN.email, LIN.externalId])
      expect((await find(user)).map(({ userName }) => userName)).toEqual([LIN.userName])
    expect(await find('nobody@example.com')).toEqual([])
    const listed = await world.operations.listAccounts({ match: { email: LIN.email }, limit: 5 }, context())
    expect(listed.items.map(({ userName }) => userName)).toEqual([LIN.userName])
    expect(world.refusedReads()).toEqual([])
  })

  test('makes an account, or says beforehand what is missing', async () => {
    await using world = await open(name)
    const ask = { operation: 'createAccount', accounts: [], fields: NEW } as const
    const missing = MISSING[name]
    if (missing) {
      const error = await world.operations.checkWrite(ask, context()).then(() => ({}), codeAndText)
      expect(error).toMatchObject({ code: expect.stringMatching(/^(invalid_input|unsupported)$/) })
      for (const one of missing) expect(error).toMatchObject({ said: expect.stringContaining(one) })
      expect(world.app.writes).toEqual([])
      return
    }
    await world.operations.checkWrite(ask, context())
    if (name === 'parallelworks') return
    await world.operations.createAccount({ fields: NEW }, context())
    expect(world.app.writes.map(({ status }) => status)).toEqual([201])
  })

  test('is switched off in the way that it takes, or not at all', async () => {
    await using world = await open(name)
    const { id, userName } = world.app.user(LIN.userName)
    const otherwise = OTHERWISE[name]
    if (otherwise === 'not offered') {
      expect(world.tenant.offers('deactivateAccount')).toBe(false)
      expect(() => mustOffer(world.tenant, 'deactivateAccount')).toThrow(
        expect.objectContaining({ code: 'unsupported', hint: expect.stringContaining('in its console') }),
      )
      return
    }
    await world.operations.deactivateAccount({ id, userName }, context())
    const isGone = otherwise === 'gone' || DELETES_INACTIVE.includes(name)
    const left = world.app.users.find((one) => one.id === id)
    expect(left?.active).toBe(isGone ? undefined : false)
    if (isGone) expect(world.tenant.facts.deactivate).toBe('deletes')
    expect(world.refusedWrites()).toEqual([])
  })

  test.skipIf(NO_GROUPS.includes(name))('takes members into a group and out of it', async () => {
    await using world = await open(name)
    const { app, operations } = world
    const { id, userName } = app.user(LIN.userName)
    const { id: group, displayName, members = [] } = app.group('Sales')
    const ask = { group: { id: group, name: displayName }, add: [], remove: [] }
    const other = { id: members[0]?.value ?? '', userName: 'other' }
    await operations.updateMembers({ ...ask, add: [{ id, userName }] }, context())
    expect(app.group('Sales').members).toHaveLength(members.length + 1)
    await operations.updateMembers({ ...ask, remove: [{ id, userName }, other] }, context())
    expect(app.group('Sales').members?.map(({ value }) => value)).toEqual(
      members.slice(1).map(({ value }) => value),
    )
    expect(world.refusedWrites()).toEqual([])
    const shown = await operations.readGroup({ group: displayName }, context())
    expect(shown?.members?.length).toBe(
      DOCUMENTED[name]?.showsMembers === false ? undefined : members.length - 1,
    )
  })
})

const having = (trait: keyof Traits): AppName[] =>
  APPS.filter((name) => DOCUMENTED[name]?.[trait] !== undefined)

test.each(having('hides'))(
  '%s says that it does not show everybody, and makes nobody twice',
  async (name) => {
    await using world = await open(name)
    const { app, operations, tenant } = world
    expect((await operations.findAccounts({ user: HIDDEN }, context())).accounts).toEqual([])
    expect(hiddenIn(tenant.facts)).toMatch(/^Not shown, although they may have access: /)
    const fields = { ...NEW, userName: HIDDEN, email: HIDDEN, externalId: 'idp-hidden' }
    const error = await operations.createAccount({ fields }, context()).then(() => ({}), codeAndText)
    expect(error).toMatchObject({ code: 'conflict' })
    expect(app.users).toHaveLength(24)
  },
)

test('atlassian says that it does not list inactive users, one of whom is not found', async () => {
  await using world = await open('atlassian')
  const { id, userName } = world.app.user(LIN.userName)
  await world.operations.deactivateAccount({ id, userName }, context())
  expect((await world.operations.findAccounts({ user: userName }, context())).accounts).toEqual([])
  expect(hiddenIn(world.tenant.facts)).toContain('inactive users')
})

test.each(having('changes'))('%s is asked for no change of a field that it does not make', async (name) => {
  await using world = await open(name)
  const { accounts } = await world.operations.findAccounts({ user: LIN.userName }, context())
  const ask = { operation: 'updateAccount', accounts, fields: { title: 'Chief' } } as const
  const error = await world.operations.checkWrite(ask, context()).then(() => ({}), codeAndText)
  expect(error).toMatchObject({ code: 'unsupported' })
  expect(world.app.writes).toEqual([])
})

test.each(['canva', 'keeper'] as const)('%s deletes nobody, and says so', async (name) => {
  await using world = await open(name)
  const { id, userName } = world.app.user(LIN.userName)
  const error = await world.operations
    .deleteAccount({ id, userName }, context())
    .then(() => ({}), codeAndText)
  expect(error).toMatchObject({ code: 'unsupported' })
  expect(world.app.user(LIN.userName).active).toBe(true)
})

test('zoom leaves an administrator active, which the account then shows', async () => {
  await using world = await open('zoom')
  const { id, userName } = world.app.user(ADMIN.userName)
  await world.operations.deactivateAccount({ id, userName }, context()).catch(codeAndText)
  expect(await world.operations.readAccount({ id }, context())).toMatchObject({ status: 'active' })
  expect(world.app.user(ADMIN.userName).active).toBe(true)
})

test.each(['salesforce', 'zoom'] as const)('%s is asked with a token that was fetched', async (name) => {
  await using world = await open(name)
  await world.operations.findAccounts({ user: LIN.userName }, context())
  expect(world.app.oauth?.granted).toEqual([expect.objectContaining({ grant_type: FETCHED[name]?.grant })])
})

test('only known apps are documented here', () => {
  for (const table of [DOCUMENTED, FETCHED, OTHERWISE, MISSING])
    expect(Object.keys(table).filter((name) => !APPS.some((app) => app === name))).toEqual([])
})
