import { expect, test } from 'vitest'
import { openWorld, type SetupOptions } from '../support/world.ts'

// Two tenants that lead to one app are one app.

const ADA = 'ada@example.com'
const reason = 'left the company'
/** The same app under three names: the address, with a slash, and a path below it. */
const thrice: SetupOptions['tenants'] = ({ 'acme-netskope': acme }) => ({
  one: acme,
  two: { ...acme, url: `${acme.url}/` },
  three: {
    vendor: 'scim',
    url: `${acme.url}/api/v2/scim`,
    tokens: { scim: acme.tokens.scim },
    deactivateMeans: 'reversible',
  },
})
const QUIET = { confirm: { removes: 'none' } }

test('a call that names it twice is refused before anything is written', async () => {
  await using world = await openWorld({ tenants: thrice, settings: QUIET })
  const { error } = await world.call('deactivate_user', {
    user: ADA,
    tenants: ['one', 'two', 'three'],
    reason,
  })
  expect(error).toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining('one and two lead to'),
  })
  expect(world.netskope.writes).toEqual([])
})

test('the brake on one of them holds for all', async () => {
  await using world = await openWorld({ tenants: thrice, settings: QUIET })
  await world.run(['brake', 'on', '--tenant', 'one'])
  for (const tenant of ['one', 'two', 'three']) {
    const { error } = await world.call('deactivate_user', { user: ADA, tenants: [tenant], reason })
    expect(error?.code).toBe('refused')
  }
})

test('whoever is protected in one of them is protected in all', async () => {
  const protect = [{ match: ADA, tenant: 'one', why: 'on call' }]
  await using world = await openWorld({ tenants: thrice, settings: { ...QUIET, protected: protect } })
  for (const tenant of ['two', 'three']) {
    const { error } = await world.call('deactivate_user', { user: ADA, tenants: [tenant], reason })
    expect(error?.code).toBe('protected')
  }
})

test('a limit of one of them is used up by the others', async () => {
  const limits = { removesPerHour: 1 }
  await using world = await openWorld({ tenants: thrice, settings: { ...QUIET, limits } })
  const [one, two] = [world.newcomer().userName, world.newcomer().userName]
  expect((await world.call('deactivate_user', { user: one, tenants: ['one'], reason })).status).toBe('done')
  const { error } = await world.call('deactivate_user', { user: two, tenants: ['three'], reason })
  expect(error?.code).toBe('limit_reached')
})

test('twenty calls at once under all of its names make one write', async () => {
  await using world = await openWorld({ tenants: thrice, settings: QUIET })
  const names = ['one', 'two', 'three']
  const ends = await Promise.all(
    Array.from({ length: 20 }, async (_, at) => {
      const tenants = [names[at % names.length]]
      return (await world.call('deactivate_user', { user: ADA, tenants, reason })).status
    }),
  )
  expect(ends.filter((end) => end === 'done')).toHaveLength(1)
  expect(world.netskope.writes).toHaveLength(1)
})

test('it is said at the start and by check', async () => {
  await using world = await openWorld({ tenants: thrice })
  const { stdout } = await world.run(['check'])
  expect(stdout.replace(/\s+/g, ' ')).toContain('one, two and three lead to the same app')
  await world.call('list_tenants')
  expect(world.stderr()).toContain('one, two and three lead to the same app')
})
