import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makePeople } from '../../src/sandbox/people.ts'
import { rowsOf } from '../support/rows.ts'
import { openWorld, type World } from '../support/world.ts'

const TENANT = 'acme-scim'
const people = makePeople(45)

const open = (settings: object = {}) =>
  openWorld({
    answer: 'none',
    tenants: (own) => ({ ...own, [TENANT]: { ...own[TENANT], ...settings } }),
    sandbox: {
      apps: ['netskope', 'scim'],
      scim: {
        people: people.map((person) => ({ ...person, active: true })),
        defaultCount: 20,
        largestCount: 20,
      },
    },
  })

interface Event {
  action: string
  target?: string
  group?: string
  detail?: string
  source: string
  time: string
  notBefore?: string
}
const snapshot = (world: World) => world.run(['audit', 'snapshot', TENANT])
const pull = async (world: World, args: object = {}) => {
  const answer = await world.call('pull_audit', { tenant: TENANT, limit: 100, ...args })
  const { shared = {}, events = [], ...rest } = answer as { shared?: object; events?: Event[] }
  return { ...rest, events: events.map((event) => ({ ...shared, ...event })) as Event[] }
}
const told = ({ action, target, group }: Event) => [action, target, group].filter((one) => one).join(' ')

test('two lists of the accounts tell what changed between them, in the audit log of an app without one', async () => {
  await using world = await open()
  const app = world.sandbox.tenants[TENANT]
  const [ada, grace, alan, katherine] = people.map(({ userName }) => userName)
  expect(await snapshot(world)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^45 accounts, the first/),
  })
  expect((await pull(world)).events).toEqual([])
  app.user(ada ?? '').active = false
  app.user(grace ?? '').title = 'Rear Admiral'
  app.removeUser(alan ?? '')
  app.addUser({ userName: 'new@example.com' })
  const group = app.group('Sales')
  group.members = [...(group.members ?? []), { value: app.user(katherine ?? '').id }]
  expect(await snapshot(world)).toMatchObject({ code: 0 })
  const { events, complete, note } = (await pull(world)) as unknown as {
    events: Event[]
    complete: boolean
    note: string
  }
  expect(events.map(told).sort()).toEqual(
    [
      `deactivated ${ada}`,
      `changed ${grace}`,
      `deleted ${alan}`,
      'created new@example.com',
      `joined ${katherine} Sales`,
      // A user who is gone is in no group, and was in some.
    ].sort(),
  )
  expect(events.find(({ action }) => action === 'changed')?.detail).toMatch(/^title: .* → Rear Admiral$/)
  for (const { source, time, notBefore = '' } of events) {
    expect(source).toBe('snapshot')
    expect(notBefore < time).toBe(true)
  }
  expect(complete).toBe(false)
  expect(note).toContain('difference of two lists')
  // Back again, which a third list tells.
  app.user(ada ?? '').active = true
  await snapshot(world)
  const back = await pull(world, { user: ada, action: 'reactivated' })
  expect(back.events.map(told)).toEqual([`reactivated ${ada}`])
})

test('of an app that does not show everybody, whoever comes or goes in its lists is not said to be new or deleted without that', async () => {
  await using world = await open({ hides: ['inactive'] })
  await snapshot(world)
  world.sandbox.tenants[TENANT].removeUser(people[2]?.userName ?? '')
  world.sandbox.tenants[TENANT].addUser({ userName: 'new@example.com' })
  await snapshot(world)
  const hidden = 'Not shown, although they may have access: inactive users, in its lists.'
  const { events } = await pull(world)
  expect(events.map(({ action, detail }) => [action, detail]).sort()).toEqual([
    ['created', `New in the list. ${hidden}`],
    ['deleted', `Gone from the list. ${hidden}`],
  ])
})

test('a list that breaks is no snapshot, and no event is made of it', async () => {
  await using world = await open()
  const app = world.sandbox.tenants[TENANT]
  await snapshot(world)
  app.faults.set(['paging-ignored'])
  const broken = await snapshot(world)
  expect(broken).toMatchObject({ code: 1, stdout: '' })
  expect(broken.stderr).toContain('not read whole')
  app.faults.set([])
  expect(await snapshot(world)).toMatchObject({ code: 0, stdout: '45 accounts, 0 changes\n' })
  expect((await pull(world)).events).toEqual([])
})

test('a tenant that there is not is wrong usage', async () => {
  await using world = await open()
  expect(await world.run(['audit', 'snapshot', 'nobody'])).toMatchObject({ code: 2, stdout: '' })
})

test.each(['acme-gainsight', 'acme-mindtickle', 'hr'] as const)(
  'two lists of %s tell who came, who changed status, and nothing else',
  async (tenant) => {
    await using world = await openWorld({
      answer: 'none',
      tenants: (own) => ({
        ...own,
        hr: { vendor: 'directory', file: 'people.csv', columns: { id: 'Employee ID' } },
      }),
      sandbox: { apps: ['netskope', 'gainsight', 'mindtickle'] },
    })
    const file = (...rows: string[]) =>
      writeFileSync(
        join(world.folder, 'people.csv'),
        ['Employee ID,email,Given Name,family_name,Status', ...rows, ''].join('\n'),
      )
    file('e-1,ada@example.com,Ada,Lovelace,active', 'e-2,alan@example.com,Alan,Turing,active')
    const take = () => world.run(['audit', 'snapshot', tenant])
    expect(await take()).toMatchObject({ code: 0, stdout: expect.stringContaining('the first list') })
    if (tenant === 'hr') {
      file(
        'e-1,ada@example.com,Ada,Lovelace,terminated',
        'e-2,alan@example.com,Alan,Turing,active',
        'e-3,new@example.com,New,Person,active',
      )
    } else {
      const app = world.sandbox.tenants[tenant]
      app.user('ada@example.com').active = false
      app.addUser({ userName: 'new@example.com' })
    }
    expect(await take()).toMatchObject({ code: 0, stdout: expect.stringContaining('2 changes') })
    const answer = await world.call('pull_audit', { tenant, limit: 100 })
    const events = rowsOf<Event>(answer, 'events')
    expect(events.map(told).sort()).toEqual(['created new@example.com', 'deactivated ada@example.com'])
    expect(new Set(events.map(({ source }) => source))).toEqual(new Set(['snapshot']))
  },
)
