import { expect, test } from 'vitest'
import { openWorld, type ToolAnswer, type World } from '../support/world.ts'

interface Changes extends ToolAnswer {
  events: { tenant: string; id: string; source: string; action: string; target?: string; time: string }[]
  until: string
  complete: boolean
  nextCursor?: string
  unread?: { tenant: string; code: string }[]
}

const open = () => openWorld({ tenants: (own) => own, sandbox: { apps: ['netskope', 'scim'], events: 300 } })
const ask = (world: World, args: object) => world.call('list_changes', args) as Promise<Changes>
const monthAgo = () => new Date(Date.now() - 31 * 86_400_000).toISOString()

/** Every event since then, page by page, and where the next poll begins. */
async function all(world: World, since: string) {
  const events: Changes['events'] = []
  let page = await ask(world, { since })
  for (;;) {
    expect(page.error).toBeUndefined()
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(8_000)
    events.push(...page.events)
    if (!page.nextCursor) return { events, last: page }
    expect(page.complete).toBe(false)
    page = await ask(world, { cursor: page.nextCursor })
  }
}

test('a poll shows what happened in every app, each event once, and the next one only what is new', async () => {
  await using world = await open()
  const { events, last } = await all(world, monthAgo())
  const ids = events.map(({ tenant, id }) => `${tenant}/${id}`)
  expect(new Set(ids).size).toBe(ids.length)
  expect(new Set(ids)).toEqual(new Set(world.netskope.events.map(({ _id }) => `acme-netskope/${_id}`)))
  await world.run(['audit', 'snapshot', 'acme-scim'])
  world.sandbox.tenants['acme-scim'].addUser({ userName: 'new@example.com' })
  await world.run(['audit', 'snapshot', 'acme-scim'])
  const titled = { tenant: 'acme-scim', user: 'ada@example.com', set: { title: 'Countess' } }
  expect(await world.call('update_user', titled)).toMatchObject({ verified: true })
  const next = await all(world, last.until)
  expect(next.events.map(({ tenant, source, target }) => `${tenant} ${source} ${target}`).sort()).toEqual([
    'acme-scim journal ada@example.com',
    'acme-scim snapshot new@example.com',
  ])
})

test('an app whose log cannot be read is named, and the others are told', async () => {
  await using world = await open()
  world.netskope.faults.set(['unavailable'])
  const { last, events } = await all(world, monthAgo())
  expect(events).toEqual([])
  expect(last.complete).toBe(false)
  expect(last.unread).toEqual([{ tenant: 'acme-netskope', code: 'unavailable' }])
})

test.each([
  ['no time', {}],
  ['a time to come', { since: '2999-01-01T00:00:00Z' }],
  ['another time than that of its cursor', { since: '2026-01-01T00:00:00Z', cursor: 'x' }],
])('refuses %s', async (_, args) => {
  await using world = await open()
  expect((await ask(world, args)).error?.code).toBe('invalid_input')
})
