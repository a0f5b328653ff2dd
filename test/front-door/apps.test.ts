// @module-tag long

import { describe, expect, test } from 'vitest'
import { type ScimApp, type ScimFault, startScimApp } from '../../src/sandbox/scim-app.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

const ADA = 'ada@example.com'

/** An app as its public sources describe it. */
interface Row {
  app: string
  title: string
  /** How it behaves. */
  faults: readonly ScimFault[]
  /** What the tenant writes besides. */
  also?: object
  /** What a deactivation needs; `none` where nothing may be written. */
  level: 'ask' | 'approve' | 'none'
  /** What the plan says of it. */
  plan: RegExp
  /** What is left of the account after a deactivation. */
  left: 'gone' | 'inactive' | 'active'
  /** What the agent is told then. */
  answer: object
}

const GONE = {
  faults: ['deactivation-deletes'],
  level: 'approve',
  left: 'gone',
  answer: { verified: true },
} as const
const KEPT = { faults: [], level: 'ask', left: 'inactive', answer: { verified: true } } as const
/** Disabled and kept, but no source says that it can be undone. */
const UNSURE = { faults: [], level: 'approve', left: 'inactive', answer: { verified: true } } as const
const WRITES = { allowWrites: true }

const ROWS: readonly Row[] = [
  // Deactivation deletes, or does nothing.
  { app: 'pagerduty', title: 'PagerDuty', ...GONE, plan: /deletes the user.*cannot be reactivated/ },
  { app: 'smartsheet', title: 'Smartsheet', ...GONE, plan: /Smartsheet deletes the user for good/ },
  { app: 'sentry', title: 'Sentry', ...GONE, plan: /deletes the membership of the organization for good/ },
  { app: 'gitlab-group', title: 'GitLab.com', ...GONE, plan: /their GitLab account stays/ },
  { app: 'cloudflare', title: 'Cloudflare', ...GONE, plan: /only Super Administrator is not removed/ },
  { app: 'notion', title: 'Notion', ...GONE, plan: /removes the person from the workspace/ },
  { app: 'cursor', title: 'Cursor', ...GONE, plan: /leaves the team immediately/ },
  {
    app: 'parallelworks',
    title: 'Parallel Works ACTIVATE',
    faults: [],
    level: 'none',
    plan: /./,
    left: 'active',
    answer: {},
  },
  // The ten that matter most.
  { app: 'slack', title: 'Slack', ...KEPT, plan: /same rights as the maker of the token/ },
  {
    app: 'github-enterprise',
    title: 'GitHub Enterprise Managed Users',
    ...KEPT,
    faults: ['deactivation-renames'],
    also: WRITES,
    answer: { verified: false, alsoChanged: [{ field: 'userName' }, { field: 'email' }] },
    plan: /behind a hash.*within 24 hours.*90 days/,
  },
  { app: 'atlassian', title: 'Atlassian Cloud', ...KEPT, plan: /for all Atlassian apps/ },
  { app: 'salesforce', title: 'Salesforce', ...KEPT, plan: /cannot log in, and is still found/ },
  {
    app: 'zoom',
    title: 'Zoom',
    ...KEPT,
    also: { budget: { perSecond: 50 } },
    plan: /Administrators stay active/,
  },
  {
    app: 'aws-identity-center',
    title: 'AWS IAM Identity Center',
    ...UNSURE,
    plan: /may be impossible to undo\. AWS disables the user/,
  },
  { app: 'snowflake', title: 'Snowflake', ...UNSURE, plan: /may be impossible to undo\. Snowflake disables/ },
  { app: '1password', title: '1Password Business', ...KEPT, plan: /1Password suspends the person/ },
  { app: 'bitwarden', title: 'Bitwarden', ...KEPT, plan: /membership of the organization is revoked/ },
  { app: 'figma', title: 'Figma', ...KEPT, plan: /leaves the organization until they are reactivated/ },
]

/** A world with one simulated app behind each of the names. */
async function openApps(confirm: object) {
  const started = await Promise.all(
    ROWS.map(async ({ app, faults }) => [app, await startScimApp({ faults })] as const),
  )
  const apps = new Map<string, ScimApp>(started)
  const tenants = Object.fromEntries(
    ROWS.map(({ app, also }, index) => [
      app,
      {
        vendor: 'scim',
        app,
        url: apps.get(app)?.scimUrl,
        tokens: { scim: `env:TOKEN_${index}` },
        verifyWindowMs: 0,
        ...also,
      },
    ]),
  )
  const env = Object.fromEntries(
    started.map(([, { tokens }], index) => [`TOKEN_${index}`, tokens.scim.value]),
  )
  const world = await openWorld({ answer: 'decline', settings: { tenants, confirm }, env })
  return {
    ...world,
    world,
    appOf(name: string): ScimApp {
      const app = apps.get(name)
      if (!app) throw new Error(`no app ${name}`)
      return app
    },
    deactivate: (app: string) =>
      world.call('deactivate_user', { user: ADA, tenants: [app], reason: 'left' }) as Promise<{
        status?: string
        error?: { code: string }
        approval?: { plan: string[] }
        results?: { outcome: string; verified: boolean; note?: string }[]
      }>,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await Promise.all(started.map(([, app]) => app.close()))
    },
  }
}

describe('an app known by name', () => {
  const shared = shareWorld(() => openApps({}))

  test.each(ROWS)('$app: a deactivation needs $level, and the plan says what it does', async (row) => {
    const { app, title, level, plan } = row
    const { deactivate, world, appOf } = shared()
    const { asked } = world.since()
    const answer = await deactivate(app)
    const said = { ask: asked().join(' '), approve: answer.approval?.plan.join(' ') ?? '', none: '' }
    if (level === 'none') expect(answer.error?.code).toBe('read_only')
    else {
      expect(said[level]).toMatch(plan)
      expect(said[level]).toContain(`in ${title}, tenant ${app}`)
      expect(said[level]).not.toContain('SCIM 2.0')
    }
    expect({ asked: asked().length, status: answer.status ?? answer.error?.code }).toEqual(
      {
        ask: { asked: 1, status: 'declined' },
        approve: { asked: 0, status: 'approval_required' },
        none: { asked: 0, status: 'read_only' },
      }[level],
    )
    expect(appOf(app).writes).toEqual([])
  })

  test('list_tenants tells its title and what to know of it', async () => {
    const { tenants, note } = (await shared().world.call('list_tenants')) as unknown as {
      note: string
      tenants: { tenant: string; vendor: string; title?: string; like?: string; caveats?: string[] }[]
    }
    const titleAt = (name: string): string | undefined => {
      const one = tenants.find(({ tenant }) => tenant === name)
      return one?.title ?? (one?.like === undefined ? undefined : titleAt(one.like))
    }
    expect(tenants.map(({ tenant }) => [tenant, titleAt(tenant)])).toEqual(
      ROWS.map(({ app, title }) => [app, title]),
    )
    const notion = tenants.find(({ tenant }) => tenant === 'notion')
    // Of so many apps the caveats would be too long.
    expect(notion?.caveats).toBeUndefined()
    expect(note).toContain('The caveats of each app stand in the plan of a change')
  })

  test('list_tenants tells what to know of a few', async () => {
    const tenant = { vendor: 'scim', app: 'notion', tokens: { scim: 'env:APP_TOKEN' } }
    await using world = await openWorld({
      settings: { tenants: { notion: tenant } },
      env: { APP_TOKEN: 'a-token-of-the-app' },
    })
    const { tenants } = (await world.call('list_tenants')) as unknown as { tenants: { caveats: string[] }[] }
    expect(tenants[0]?.caveats).toEqual([
      expect.stringContaining('Deactivation: '),
      expect.stringContaining('Deletion: '),
      expect.stringContaining('Not shown, although they may have access: guests.'),
      expect.stringContaining('Token: It ends when the workspace owner'),
      expect.any(String),
    ])
  })

  test('one that does not switch anybody off is not asked to, and the answer says what does', async () => {
    const app = await startScimApp()
    const tenant = { vendor: 'scim', app: 'contentful', url: app.scimUrl, tokens: { scim: 'env:APP_TOKEN' } }
    await using world = await openWorld({
      tenants: (own) => ({ ...own, contentful: tenant }),
      env: { APP_TOKEN: app.tokens.scim.value },
    })
    const leaves = { user: ADA, tenants: ['contentful'], reason: 'left' }
    const { error } = await world.call('deactivate_user', leaves)
    expect(error?.code).toBe('unsupported')
    expect(`${error?.message} ${error?.hint}`).toMatch(/in its console/)
    await app.close()
  })

  test('is named in the setup guide, with where its token is made', async () => {
    const { code, stdout } = await shared().world.run(['setup', 'slack', '--idp', 'okta'])
    expect(code).toBe(0)
    expect(stdout).toContain('Okta provisions Slack (tenant slack)')
    expect(stdout).toContain('user scope admin')
  })
})

describe('an app known by name, once its deactivation is confirmed', () => {
  const shared = shareWorld(() => openApps({ removes: 'none', deletes: 'none', admins: 'none' }))

  test.each(ROWS.filter(({ level }) => level !== 'none'))('$app: the account is $left', async (row) => {
    const { app, left } = row
    const { deactivate, appOf } = shared()
    const { id } = appOf(app).user(ADA)
    const { results: [result] = [] } = await deactivate(app)
    const now = appOf(app).users.find((one) => one.id === id)
    expect(now === undefined ? 'gone' : now.active ? 'active' : 'inactive').toBe(left)
    expect(result).toMatchObject({ outcome: 'deactivated', ...row.answer })
  })
})

test.each([
  ['contentful', /cannot be undone.*their Contentful account stays/],
  ['gitlab-group', /unlinked from the directory.*their GitLab account stays/],
  ['slack', /does not delete: the account is deactivated/],
  ['notion', /signed out everywhere and frees a seat/],
  ['deel', /not known what this app does on deletion.*The person is removed/],
])('a deletion in %s says what it does there, and needs approval', async (app, plan) => {
  const simulated = await startScimApp()
  const tenant = {
    vendor: 'scim',
    app,
    url: simulated.scimUrl,
    tokens: { scim: 'env:TOKEN' },
    allowDelete: true,
  }
  await using world = await openWorld({
    settings: { tenants: { [app]: tenant } },
    env: { TOKEN: simulated.tokens.scim.value },
  })
  const answer = await world.call('delete_user', { user: ADA, tenant: app, reason: 'left' })
  expect(answer).toMatchObject({ status: 'approval_required' })
  expect(JSON.stringify(answer.approval)).toMatch(plan)
  expect(simulated.writes).toEqual([])
  await simulated.close()
})

test('a token that is not taken is told with where that app makes one', async () => {
  const app = await startScimApp()
  const tenant = { vendor: 'scim', app: 'slack', url: app.scimUrl, tokens: { scim: 'env:TOKEN' } }
  await using world = await openWorld({
    settings: { tenants: { slack: tenant } },
    env: { TOKEN: 'not-this-one' },
  })
  const answer = JSON.stringify(await world.call('check_token', { tenant: 'slack' }))
  expect(answer).toContain('user scope admin')
  expect(answer).toContain('It ends when the Owner or Admin')
  await app.close()
})
