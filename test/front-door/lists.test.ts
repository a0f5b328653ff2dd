import { expect, test } from 'vitest'
import { type CannedReply, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { openWorld } from '../support/world.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

const list = (rows: unknown[]) => ({ body: { totalResults: rows.length, Resources: rows } })

/** A world with a second tenant, `acme-app`, at an app that answers like this. */
async function openWith(answer: (arrived: ReceivedRequest) => CannedReply) {
  const app = await serveCanned(answer)
  const world = await openWorld({
    tenants: ({ 'acme-netskope': acme }) => ({
      'acme-netskope': acme,
      'acme-app': { vendor: 'scim', url: app.url, tokens: { scim: 'env:APP_TOKEN' }, maxRetries: 0 },
    }),
    env: { APP_TOKEN: 'app-token' },
  })
  return {
    app,
    call: world.call,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await app[Symbol.asyncDispose]()
    },
  }
}

const membersIn = (answer: Record<string, unknown>) =>
  (answer.groups as { members?: { id: string }[] }[])[0]?.members?.map(({ id }) => id) ?? [] // the schema says so

test('the members of a group are shown a page at a time, by as few requests as the app allows', async () => {
  const everyone = Array.from({ length: 120 }, (_, index) => `u${index}`)
  const members = [...everyone.map((value) => ({ value })), null]
  await using world = await openWith(({ path }) =>
    path === '/Groups'
      ? list([{ id: 'g1', displayName: 'All' }])
      : { body: { id: 'g1', displayName: 'All', members } },
  )
  const shown: string[] = []
  let cursor: unknown
  const completes: unknown[] = []
  do {
    const input = { tenant: 'acme-app', group: 'All', limit: 50, ...(cursor ? { cursor } : {}) }
    const answer = await world.call('list_groups', input)
    shown.push(...membersIn(answer))
    completes.push(answer.complete)
    expect(answer).toMatchObject({
      groups: [{ memberCount: 121, unreadableMembers: 1 }],
      note: expect.any(String),
    })
    cursor = answer.nextCursor
  } while (cursor)
  expect(shown).toEqual(everyone)
  expect(completes).toEqual([false, false, false])
  expect(world.app.asked).toHaveLength(2)
})

test('a cursor for the members of one group is not one for another', async () => {
  const body = { id: 'g1', displayName: 'All', members: [{ value: 'u1' }, { value: 'u2' }] }
  await using world = await openWith(({ path }) => (path === '/Groups' ? list([body]) : { body }))
  const ask = { tenant: 'acme-app', group: 'All', limit: 1 }
  const { nextCursor: cursor } = await world.call('list_groups', ask)
  expect((await world.call('list_groups', { ...ask, group: 'g1', cursor })).error?.code).toBe('invalid_input')
  expect(membersIn(await world.call('list_groups', { tenant: 'acme-app', cursor }))).toEqual(['u2'])
})

test('a row of a list is short, and find_user tells the rest', async () => {
  const groups = Array.from({ length: 8 }, (_, index) => ({ value: `g${index}`, display: `Group ${index}` }))
  const ada = {
    id: 'a1',
    userName: 'ada@example.com',
    active: true,
    groups,
    locale: 'en',
    timezone: 'Europe/London',
    phoneNumbers: [{ value: '1' }],
    [ENTERPRISE]: { manager: { value: 'm1' } },
  }
  await using world = await openWith(() => list([ada]))
  const { accounts } = await world.call('list_users', { tenant: 'acme-app' })
  expect(accounts).toEqual([
    expect.objectContaining({
      manager: 'm1',
      groups: groups.slice(0, 5).map(({ display }) => display),
      moreGroups: 3,
    }),
  ])
  for (const name of ['locale', 'timezone', 'phone', 'custom'])
    expect(accounts).not.toEqual([expect.objectContaining({ [name]: expect.anything() })])
  expect(await world.call('find_user', { user: 'ada@example.com', tenants: ['acme-app'] })).toMatchObject({
    untrusted: expect.stringContaining('manager'),
    people: [{ accounts: [{ manager: 'm1', locale: 'en', timezone: 'Europe/London', phone: '1' }] }],
  })
})

test.each<[string, unknown]>([
  ['nothing', null],
  [
    'texts where there are objects',
    { id: 'x', userName: 'ada@example.com', name: 'Ada', meta: 'x', emails: 'x', [ENTERPRISE]: 'x' },
  ],
  [
    'objects where there are texts',
    { id: {}, userName: {}, emails: [{ value: {} }], groups: {}, addresses: {}, active: {} },
  ],
  ['a row that is a list', [[]]],
])('an app that sends %s leaves the answer about the others as it is', async (_, row) => {
  await using world = await openWith(() => list([row]))
  const answer = await world.call('find_user', { user: 'ada@example.com' })
  expect(answer.error).toBeUndefined()
  expect(answer.searched).toContainEqual({ tenant: 'acme-netskope', outcome: 'found' })
  const listed = await world.call('list_users', { tenant: 'acme-app' })
  expect(listed.error).toBeUndefined()
})
