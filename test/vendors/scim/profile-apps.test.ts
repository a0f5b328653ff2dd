// @module-tag long

import { describe, expect, test } from 'vitest'
import { parseSettings } from '../../../src/config/settings.ts'
import type { AccountFields, Operations } from '../../../src/domain/operations.ts'
import { mustOffer } from '../../../src/engine/ask.ts'
import { openTenants } from '../../../src/engine/tenants.ts'
import { storeLedger } from '../../../src/limits/ledger.ts'
import { makePeople } from '../../../src/sandbox/people.ts'
import type { Traits } from '../../../src/sandbox/scim/traits.ts'
import { startScimApp } from '../../../src/sandbox/scim-app.ts'
import { memoryStore } from '../../../src/store/table-store.ts'
import { vendors } from '../../../src/vendors/index.ts'
import { APPS, type AppName } from '../../../src/vendors/scim/profiles/apps.ts'
import { context } from '../../support/canned.ts'

const BY_USER_NAME: Traits = { filters: { Users: ['userName'], Groups: ['displayName'] } }

/** How the apps behave, as their public pages and code have it: written down here apart from the profiles. */
const DOCUMENTED: Partial<Record<AppName, Traits>> = {
  // MicrosoftDocs/entra-docs, the columns "Supported for filtering" and "Required" of the provisioning tutorials.
  airtable: { ...BY_USER_NAME, requires: ['userName', 'name.givenName', 'name.familyName'] },
  canva: { ...BY_USER_NAME, requires: ['userName', 'emails'] },
  freshservice: BY_USER_NAME,
  gong: { ...BY_USER_NAME, requires: ['userName', 'emails', 'name.givenName', 'name.familyName'] },
  knowbe4: { ...BY_USER_NAME, requires: ['userName'] },
  lucid: { ...BY_USER_NAME, requires: ['userName', 'emails'] },
  monday: { ...BY_USER_NAME, requires: ['userName', 'displayName'] },
  postman: { ...BY_USER_NAME, requires: ['userName', 'name.givenName', 'name.familyName'] },
  slack: { filters: { Users: ['userName', 'emails.value'] }, requires: ['userName', 'emails'] },
  smartsheet: BY_USER_NAME,
  tableau: BY_USER_NAME,
  tailscale: { requires: ['userName', 'externalId'] },
  twingate: { filters: { Users: ['externalId'] } },
  webex: BY_USER_NAME,
  zoom: BY_USER_NAME,
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
  asana: { ...BY_USER_NAME, paging: 'none' },
  atlassian: { filters: { Users: ['userName', 'externalId'] } },
  // docs.aws.amazon.com/singlesignon, "Limitations", "CreateUser"
  'aws-identity-center': {
    joins: ['and'],
    requires: ['userName', 'displayName', 'name.givenName', 'name.familyName'],
    membersPerPatch: 100,
  },
  // bitwarden/server, GetUsersListQuery.cs: any other filter brings nobody.
  bitwarden: {
    filters: { Users: ['userName', 'externalId'] },
    otherFilters: 'empty',
    joins: [],
    requires: ['emails'],
  },
  contentful: {
    ...BY_USER_NAME,
    requires: ['userName', 'name.givenName', 'name.familyName'],
    deactivation: 'refused',
  },
  databricks: { filters: { Users: ['userName', 'displayName', 'active'] } },
  enboarder: {
    filters: { Users: [], Groups: [] },
    requires: ['userType', 'userName', 'name.givenName', 'name.familyName', 'emails'],
  },
  'gitlab-group': { requires: ['externalId', 'userName', 'emails', 'name'] },
  'gitlab-self-managed': { requires: ['externalId', 'userName', 'emails', 'name'] },
  'hcp-terraform': { filters: { Users: ['userName', 'externalId'], Groups: ['displayName', 'externalId'] } },
  launchdarkly: { ...BY_USER_NAME, requires: ['emails'] },
  'new-relic': { joins: [], requires: ['userName', 'emails', 'active'] },
  pagerduty: { requires: ['userName', 'displayName'] },
  parallelworks: { userMethods: ['GET'] },
  // getsentry/sentry, scim/utils.py: one comparison, by few attributes.
  sentry: { filters: { Users: ['userName', 'value', 'displayName'] }, joins: [], requires: ['userName'] },
  staffbase: { requires: ['externalId'] },
  tealium: BY_USER_NAME,
}

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
    people: [...makePeople(22), LIN],
    traits: DOCUMENTED[name],
    ...(DELETES_INACTIVE.includes(name) && { faults: ['deactivation-deletes'] }),
  })
  const raw = {
    tenants: {
      acme: {
        vendor: 'scim',
        app: name,
        url: app.scimUrl,
        tokens: { scim: 'env:TOKEN' },
        // What the simulated app takes, whatever the real one does.
        authHeader: 'Authorization: Bearer',
        paths: { users: '/Users', groups: '/Groups' },
        // Smaller than the list, so that filters matter.
        pageSize: 10,
        maxRetries: 0,
        budget: { perSecond: 1_000, perMinute: 1_000, reserve: 0 },
      },
    },
  }
  const settings = parseSettings(raw, vendors, { TOKEN: app.tokens.scim.value }, 'this test')
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
  })
})

test('only known apps are documented here', () => {
  for (const table of [DOCUMENTED, OTHERWISE, MISSING])
    expect(Object.keys(table).filter((name) => !APPS.some((app) => app === name))).toEqual([])
})
