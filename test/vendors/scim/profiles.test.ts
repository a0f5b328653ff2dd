// @module-tag long

import { describe, expect, test } from 'vitest'
import { SettingsError } from '../../../src/config/problems.ts'
import { parseSettings } from '../../../src/config/settings.ts'
import { vendors } from '../../../src/vendors/index.ts'
import { APPS, type AppName } from '../../../src/vendors/scim/profiles/apps.ts'
import { business } from '../../../src/vendors/scim/profiles/business.ts'
import type { AppProfile } from '../../../src/vendors/scim/profiles/define.ts'
import { engineering } from '../../../src/vendors/scim/profiles/engineering.ts'
import { addressIn, blanksIn } from '../../../src/vendors/scim/profiles/fill-in.ts'
import { profileOf, settingsOf } from '../../../src/vendors/scim/profiles/index.ts'
import { nearApps } from '../../../src/vendors/scim/profiles/near.ts'
import { security } from '../../../src/vendors/scim/profiles/security.ts'
import { workplace } from '../../../src/vendors/scim/profiles/workplace.ts'

const TOKENS = { scim: 'env:TOKEN' }

function parsed(tenant: object): Record<string, unknown> {
  const raw = { tenants: { acme: { vendor: 'scim', tokens: TOKENS, ...tenant } } }
  return parseSettings(raw, vendors, { TOKEN: 'a-token-of-ours' }, 'here').tenants.acme as unknown as Record<
    string,
    unknown
  >
}

function problemIn(tenant: object): string {
  try {
    parsed(tenant)
  } catch (error) {
    if (error instanceof SettingsError) return error.message
    throw error
  }
  return ''
}

/** What a tenant of this app must write besides its name. */
function besides({ parts }: AppProfile): object {
  const url = parts.map(({ settings }) => settings.url).find((one) => one !== undefined)
  if (url === undefined) return { url: 'https://app.example.com/scim' }
  const [, host = ''] = /^https:\/\/([^/]*)/.exec(url) ?? []
  const blanks = blanksIn(url).map((blank) => [
    blank.slice(1, -1),
    host.endsWith(blank) ? 'acme.example.com' : 'acme',
  ])
  return { at: Object.fromEntries(blanks) }
}

test('every file of profiles has only names of the list, and none twice', () => {
  const names = [workplace(), engineering(), security(), business()].flatMap((file) => Object.keys(file))
  expect(names.toSorted()).toEqual([...APPS].toSorted())
  expect([...APPS]).toEqual([...APPS].toSorted())
  expect(APPS.length).toBeGreaterThanOrEqual(40)
})

test('every app that is known not to show somebody says so', () => {
  const said = Object.fromEntries(
    APPS.flatMap((app) => {
      const { hides } = settingsOf(profileOf(app))
      return hides ? [[app, hides]] : []
    }),
  )
  expect(said).toEqual(HIDES)
})

/** Whom the apps do not show, by their public pages: written down here apart from the profiles. */
const HIDES: Partial<Record<AppName, readonly string[]>> = {
  asana: ['guests'],
  atlassian: ['inactive'],
  chatgpt: ['notProvisioned'],
  claude: ['notProvisioned'],
  cursor: ['notProvisioned'],
  docker: ['notProvisioned'],
  'github-enterprise': ['notProvisioned'],
  'github-organization': ['notProvisioned'],
  'gitlab-group': ['notProvisioned'],
  'gitlab-self-managed': ['notProvisioned'],
  'hcp-terraform': ['notProvisioned'],
  notion: ['guests'],
  workos: ['notProvisioned'],
}

describe.each(APPS)('the profile of %s', (app: AppName) => {
  const profile = profileOf(app)

  test('is settings that a tenant could write, with no other key', () => {
    const { url, tokenUrl, ...written } = settingsOf(profile)
    const named = parsed({ app, ...besides(profile) })
    expect(named).toMatchObject({ app, ...written })
    // The same, written by hand.
    const { app: _, at: __, ...byHand } = named
    const addresses = { url: named.url, ...(tokenUrl && { tokenUrl: named.tokenUrl }) }
    expect(parsed({ ...written, ...addresses })).toEqual(byHand)
  })

  test('has a public source for every value, and says nothing twice', () => {
    const keys = profile.parts.flatMap(({ settings: { caveats = {}, ...settings } }) => [
      ...Object.keys(settings),
      ...Object.keys(caveats).map((topic) => `caveats.${topic}`),
    ])
    expect(keys.length).toBeGreaterThan(0)
    expect(keys).toEqual([...new Set(keys)])
    for (const { source } of profile.parts) {
      expect(new URL(source).protocol).toBe('https:')
      expect(source).not.toMatch(/[{}\s]/)
    }
  })

  test('explains every blank of its address', () => {
    const { url = '', tokenUrl = '' } = settingsOf(profile)
    expect(blanksIn(url)).toEqual(expect.arrayContaining(blanksIn(tokenUrl)))
    expect(Object.keys(profile.at ?? {}).toSorted()).toEqual(
      blanksIn(url)
        .map((blank) => blank.slice(1, -1))
        .toSorted(),
    )
  })

  test('holds nothing that a person must settle', () => {
    // Whether deletion is allowed, what is protected and where the token is are never an app's to say.
    for (const key of ['allowDelete', 'dryRun', 'verifyAfterWrite', 'tokens', 'environment']) {
      expect(settingsOf(profile)).not.toHaveProperty(key)
    }
    expect(settingsOf(profile)).not.toMatchObject({ allowWrites: true })
  })
})

describe('what a tenant writes wins over the profile, and the profile over the schema', () => {
  test('value by value', () => {
    expect(parsed({ app: 'slack' })).toMatchObject({
      url: 'https://api.slack.com/scim/v2',
      memberRemoveShape: 'array',
      pageSize: 100,
    })
    const mine = { url: 'https://slack.example.com/scim/v2', memberRemoveShape: 'filter', title: 'Our Slack' }
    expect(parsed({ app: 'slack', ...mine })).toMatchObject({ ...mine, contentType: 'application/json' })
    expect(parsed({ app: 'slack', deactivateMeans: 'unknown' })).toMatchObject({ deactivateMeans: 'unknown' })
    expect(parsed({ app: 'github-enterprise', at: { enterprise: 'acme' } })).toMatchObject({
      allowWrites: false,
    })
    expect(parsed({ app: 'github-enterprise', at: { enterprise: 'acme' }, allowWrites: true })).toMatchObject(
      { allowWrites: true },
    )
  })

  test('and objects key by key', () => {
    expect(parsed({ app: 'slack', budget: { perMinute: 20 }, caveats: { more: 'Ours.' } })).toMatchObject({
      budget: { perMinute: 20, reserve: 0.5 },
      caveats: { more: 'Ours.', token: expect.stringContaining('Owner') },
    })
  })

  test('a tenant that names no app has what the schema says', () => {
    const plain = parsed({ url: 'https://app.example.com/scim' })
    expect(plain).toMatchObject({ memberRemoveShape: 'filter', deactivateMeans: 'unknown' })
    for (const key of ['app', 'title', 'caveats', 'budget', 'tokenMade'])
      expect(plain).not.toHaveProperty(key)
  })
})

describe('an unknown app is refused by name', () => {
  test.each([
    ['slak', 'did you mean slack?'],
    ['Slack', 'did you mean slack?'],
    ['git hub enterprise', 'did you mean github-enterprise'],
    ['1passwrd', 'did you mean 1password?'],
    ['pager-duty', 'did you mean pagerduty?'],
    ['constructor', 'docs/apps.md'],
    ['__proto__', 'docs/apps.md'],
    ['', 'docs/apps.md'],
    ['x'.repeat(5_000), 'docs/apps.md'],
  ])('%s: %s', (app, said) => {
    const problem = problemIn({ app, url: 'https://app.example.com/scim' })
    expect(problem).toContain('tenants.acme.app: no app "')
    expect(problem).toContain(said)
    expect(problem.length).toBeLessThan(400)
  })

  test('with no more than three near names', () => {
    expect(nearApps('git')).toHaveLength(3)
    expect(nearApps('qqqqqqqq')).toEqual([])
  })

  test('and no other vendor takes one', () => {
    const raw = { vendor: 'netskope', url: 'https://acme.goskope.com', app: 'slack' }
    expect(problemIn(raw)).toContain('tenants.acme.app: unknown key')
  })
})

describe('blanks of an address', () => {
  test.each([
    ['snowflake', { account: 'acme-eu1' }, 'https://acme-eu1.snowflakecomputing.com/scim/v2'],
    ['gitlab-self-managed', { host: 'git.acme.example' }, 'https://git.acme.example/api/scim/v2/application'],
    ['datadog', { site: 'ap1.datadoghq.com' }, 'https://api.ap1.datadoghq.com/api/v2/scim'],
    ['gitlab-group', { group: 'acme.eu' }, 'https://gitlab.com/api/scim/v2/groups/acme.eu'],
  ])('of %s are filled in', (app, at, url) => {
    expect(parsed({ app, at })).toMatchObject({ url })
  })

  test.each([
    ['no value', 'snowflake', {}],
    ['another name', 'snowflake', { acount: 'acme' }],
    ['a name that every object has', 'snowflake', { constructor: 'acme' }],
    ['a host in place of a label', 'snowflake', { account: 'thief.example' }],
    ['the end of the host', 'snowflake', { account: 'thief.example/' }],
    ['a port', 'snowflake', { account: 'thief.example:443' }],
    ['a user name', 'snowflake', { account: 'me@thief' }],
    ['a fragment', 'snowflake', { account: 'thief.example#' }],
    ['an encoded slash', 'snowflake', { account: 'thief%2f' }],
    ['a line break', 'snowflake', { account: 'thief\n' }],
    ['another blank', 'snowflake', { account: '{account}' }],
    ['an address in place of a host', 'gitlab-self-managed', { host: 'https://thief.example' }],
    ['a number in place of a host', 'gitlab-self-managed', { host: '127.0.0.1' }],
    ['a step up in the path', 'gitlab-group', { group: '..' }],
    ['two steps of the path', 'gitlab-group', { group: 'a/../../x' }],
    ['a query', 'gitlab-group', { group: 'a?b=c' }],
  ])('are not filled in by %s', (_, app, at) => {
    expect(problemIn({ app, at })).toMatch(/tenants\.acme\.url: has blanks: fill in \{\w+\} by `at`/)
  })

  test('lead to no other host than the address says, whatever is written', () => {
    const address = 'https://{account}.app.example/v2/{part}'
    for (const letter of Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code))) {
      for (const value of [
        letter,
        `a${letter}`,
        `${letter}b`,
        `thief.test${letter}`,
        `a${letter}thief.test`,
      ]) {
        const made = addressIn(address, { account: value, part: value })
        if (blanksIn(made).length > 0) continue
        const { hostname, pathname, search, hash, username } = new URL(made)
        expect(hostname).toMatch(/^[a-z\d-]+\.app\.example$/)
        expect(pathname.split('/')).toHaveLength(3)
        expect([search, hash, username]).toEqual(['', '', ''])
      }
    }
  })

  test('are no matter where the tenant writes the whole address', () => {
    const url = 'https://eu.acme.example/scim'
    expect(parsed({ app: 'snowflake', url })).toMatchObject({ url, title: 'Snowflake' })
  })

  test.each([
    ['snowflake', 'tenants.acme.at.acount: the blanks are: account'],
    ['slack', 'tenants.acme.at.acount: there are no blanks'],
    [undefined, 'tenants.acme.at.acount: there are no blanks'],
  ])('of %s that there are not are refused', (app, said) => {
    expect(problemIn({ app, url: 'https://acme.example/scim', at: { acount: 'acme' } })).toContain(said)
  })

  test('an app whose address is not known says that it is missing', () => {
    expect(problemIn({ app: 'pagerduty' })).toContain('tenants.acme.url: is missing')
  })
})
