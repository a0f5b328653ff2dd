import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openHttpWorld } from '../support/http-world.ts'
import { openSetup, openWorld } from '../support/world.ts'

const ADA = 'ada@example.com'
const URL_THERE = 'https://broken.goskope.com'
const whole = { vendor: 'netskope', url: URL_THERE, tokens: { scim: 'env:THERE' } }

/** What can be wrong with one tenant, and what is said of it to whoever runs the server. */
const FAULTS: [what: string, broken: Record<string, unknown>, says: string][] = [
  ['an unset variable', { ...whole, tokens: { scim: 'env:NOT_SET' } }, 'NOT_SET'],
  ['a missing file', { ...whole, tokens: { scim: `file:${join('/nowhere', 'token')}` } }, '/nowhere/token'],
  ['an unknown key', { ...whole, colour: 'red' }, 'tenants.broken.colour: unknown key'],
  ['a wrong value', { ...whole, timeoutMs: 'soon' }, 'tenants.broken.timeoutMs'],
  ['an address in clear', { ...whole, url: 'http://broken.goskope.com' }, 'tenants.broken.url'],
  ['no token', { ...whole, tokens: {} }, 'tenants.broken.tokens'],
  ['an authority that is not there', { ...whole, ca: 'nowhere.pem' }, 'tenants.broken.ca'],
  ['a proxy that is none', { ...whole, proxy: 'env:NO_PROXY_SET' }, 'tenants.broken.proxy'],
]

const broken = FAULTS[0]?.[1] ?? {}
const withBroken = (tenant: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  env: { THERE: 'a-token-of-nobody' },
  settings: { confirm: { removes: 'none' }, ...more },
  tenants: (own: Record<string, unknown>) => ({ 'acme-netskope': own['acme-netskope'], broken: tenant }),
})

describe('one tenant whose settings have a fault', () => {
  test.each(FAULTS)('is left out and named, and the others are served: %s', async (_, tenant, says) => {
    await using world = await openWorld(withBroken(tenant))
    expect(world.stderr()).toContain('broken is left out, and the other tenants are served')
    expect(world.stderr()).toContain(says)

    const { tenants } = await world.call('list_tenants')
    expect(tenants).toMatchObject([
      { tenant: 'acme-netskope', can: expect.arrayContaining(['deactivate_user']) },
      { tenant: 'broken', can: [], readOnly: true, note: expect.stringContaining('Left out') },
    ])
    const found = await world.call('find_user', { user: ADA })
    expect(found).toMatchObject({
      complete: false,
      searched: [
        { tenant: 'acme-netskope', outcome: 'found' },
        { tenant: 'broken', outcome: 'not_searched', code: 'unavailable' },
      ],
    })
    expect(JSON.stringify([tenants, found])).not.toContain(says)
    const leaves = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }
    expect(await world.call('deactivate_user', leaves)).toMatchObject({ status: 'done' })

    const check = await world.run(['check'])
    const said = check.stdout.replace(/\s+/g, ' ')
    expect([check.code, said]).toEqual([1, expect.stringContaining('✗ broken')])
    expect(said).toContain(says)
    expect(said).toContain('✓ acme-netskope')
  })

  test('is changed by nobody, and a change of several says so', async () => {
    await using world = await openWorld(withBroken(broken))
    const of = async (...tenants: string[]) =>
      world.call('deactivate_user', { user: ADA, tenants, reason: 'left the company' })
    expect((await of('broken')).error?.code ?? (await of('broken')).status).not.toBe('done')
    expect(await of('acme-netskope', 'broken')).not.toMatchObject({ status: 'done' })
    for (const tool of ['list_users', 'list_groups']) {
      const { error } = await world.call(tool, { tenant: 'broken' })
      expect([tool, error?.code]).toEqual([tool, 'unavailable'])
    }
    expect(await world.call('check_token', {})).toMatchObject({
      checks: expect.arrayContaining([expect.objectContaining({ tenant: 'broken', code: 'unavailable' })]),
    })
  })

  test('keeps its place in rules, and its protected accounts in each tenant of the same app', async () => {
    const more = {
      confirm: { removes: 'none', rules: [{ when: { tenants: ['broken'] }, level: 'approve' }] },
      protected: [{ tenant: 'broken', match: ADA, why: 'kept' }],
    }
    await using world = await openWorld({
      ...withBroken(broken, more),
      tenants: (own) => ({
        'acme-netskope': own['acme-netskope'],
        broken: { ...broken, url: (own['acme-netskope'] as { url: string }).url },
      }),
    })
    const leaves = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }
    expect((await world.call('deactivate_user', leaves)).error?.code).toBe('protected')
  })

  test('does not replace one that is served when the settings are read again', async () => {
    const auth = 'none' as const
    await using world = await openHttpWorld({ auth })
    const own = world.sandbox.settings.tenants['acme-netskope']
    const guest = await world.guest()
    world.rewrite({ auth, tenants: { 'acme-netskope': { ...own, colour: 'red' }, second: own } })
    await world.reload()
    expect(world.stderr()).toContain('tenants.acme-netskope.colour: unknown key')
    expect(world.stderr()).toContain('settings not reloaded')
    expect(await guest.call('list_tenants')).toMatchObject({
      tenants: [{ can: expect.arrayContaining(['find_user']) }],
    })
  })
})

const REFUSED: [what: string, settings: Record<string, unknown>, says: string][] = [
  ['a key that is unknown', { colour: 'red' }, 'colour: unknown key'],
  ['wrong limits', { limits: { removesPerHour: 'many' } }, 'limits.removesPerHour'],
  ['a wrong level of confirmation', { confirm: { removes: 'perhaps' } }, 'confirm.removes'],
  [
    'a protected account in a tenant that there is not',
    { protected: [{ tenant: 'nowhere', match: ADA, why: 'kept' }] },
    'nowhere',
  ],
  ['protected accounts that are none', { protected: [7] }, 'protected'],
  ['every tenant broken', { tenants: { broken, other: { ...whole, colour: 'red' } } }, 'colour'],
  [
    'a tenant of an unknown vendor',
    { tenants: { whole, other: { ...whole, vendor: 'netskop' } } },
    'must be one of',
  ],
  [
    'protected accounts where nobody knows which app it is',
    {
      tenants: { whole, broken: { ...whole, url: 'nowhere' } },
      protected: [{ tenant: 'broken', match: ADA, why: 'kept' }],
    },
    'tenants.broken.url',
  ],
]

test.each(REFUSED)(
  'settings with %s do not start a server, whatever tenants are well',
  async (_, settings, says) => {
    const setup = await openSetup({
      env: { THERE: 'a-token-of-nobody' },
      settings: { tenants: { whole, broken }, ...settings },
    })
    const { code, stderr } = await setup.run(['check'])
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)])
    await setup.close()
  },
)
