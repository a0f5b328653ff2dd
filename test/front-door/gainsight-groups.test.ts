// @module-tag long

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { openWorld, type World } from '../support/world.ts'

// Gainsight's REST API at /v1/users keeps groups as names on the records of users.

const TENANT = 'acme-gainsight'
const ADA = 'ada@example.com'
const reason = 'moves to another team'

type App = World['sandbox']['tenants'][typeof TENANT]
const names = ({ users }: App): string[] => users.map(({ userName }) => userName)

/** Puts somebody into a group of the app itself. */
function join(app: App, name: string, userName: string) {
  const group = app.group(name)
  group.members = [...(group.members ?? []), { value: app.user(userName).id }]
}

/** An app with these users, which are only read. */
async function startRecords(data: readonly object[]) {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ result: true, data, totalCount: data.length }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const open = async ({
  tenant = {},
  gainsight = {},
}: Record<'tenant' | 'gainsight', object> | Record<string, object> = {}) => {
  const world = await openWorld({
    sandbox: { apps: ['gainsight'], gainsight: { restDialects: ['users'], ...gainsight } },
    tenants: ({ [TENANT]: { tokens, ...own } }) => ({
      [TENANT]: { ...own, tokens: { accessKey: tokens.accessKey }, restDialect: 'users', ...tenant },
    }),
  })
  const app = world.sandbox.tenants[TENANT]
  const groupsOf = (userName: string) => {
    const { id } = app.user(userName)
    return app.groups.flatMap(({ displayName, members = [] }) =>
      members.some(({ value }) => value === id) ? [displayName] : [],
    )
  }
  return Object.assign(world, { app, groupsOf })
}

describe('groups of a tenant with an access key alone', () => {
  test('are listed with their members, and say what they leave out', async () => {
    await using world = await open()
    const { app } = world
    const { groups, note } = (await world.call('list_groups', { tenant: TENANT })) as {
      groups: { name: string }[]
      note: string
    }
    const inUse = app.groups.filter(({ members = [] }) => members.length > 0)
    expect(groups.map(({ name }) => name).sort()).toEqual(inUse.map(({ displayName }) => displayName).sort())
    expect(note).toMatch(/nobody is in/)
    const [first] = inUse
    const shown = (await world.call('list_groups', { tenant: TENANT, group: first?.displayName })) as {
      groups: { members: { id: string }[] }[]
    }
    expect(shown.groups[0]?.members.map(({ id }) => id).sort()).toEqual(
      first?.members?.map(({ value }) => value).sort(),
    )
  })

  test.each(['partial', 'full'] as const)(
    'take members in and out where a PUT is %s, and nothing else of the record changes',
    async (putUpdates) => {
      await using world = await open({ gainsight: { putUpdates } })
      const { app, groupsOf } = world
      const group =
        app.groups.find(({ displayName }) => !groupsOf(ADA).includes(displayName))?.displayName ?? ''
      const other = names(app).find((name) => name !== ADA && !groupsOf(name).includes(group)) ?? ''
      join(app, group, other)
      const [record, before] = [structuredClone(app.user(ADA)), groupsOf(ADA)]
      const from = app.writes.length
      expect(
        await world.call('update_group_members', { tenant: TENANT, group, add: [ADA], reason }),
      ).toMatchObject({
        status: 'done',
        verified: true,
        members: [{ outcome: 'added' }],
      })
      expect(groupsOf(ADA).sort()).toEqual([...before, group].sort())
      expect(groupsOf(other)).toContain(group)
      expect(app.user(ADA)).toMatchObject(JSON.parse(JSON.stringify({ ...record, meta: undefined })))
      expect(
        await world.call('update_group_members', { tenant: TENANT, group, add: [ADA], reason }),
      ).toMatchObject({
        status: 'unchanged',
      })
      expect(
        await world.call('update_group_members', { tenant: TENANT, group, remove: [ADA], reason }),
      ).toMatchObject({
        status: 'done',
        verified: true,
      })
      expect(groupsOf(ADA).sort()).toEqual(before.sort())
      expect(app.writes.slice(from).map(({ method }) => method)).toEqual(['PUT', 'PUT'])
    },
  )

  test('one that nobody is in is not found, and nothing is written', async () => {
    await using world = await open()
    const { error } = await world.call('update_group_members', {
      tenant: TENANT,
      group: 'Nowhere',
      add: [ADA],
      reason,
    })
    expect(error?.code).toBe('not_found')
    expect(world.app.writes).toEqual([])
  })

  test('the last member can be taken out and given back', async () => {
    await using world = await open()
    const { app, groupsOf } = world
    const [group] = app.groups.filter(({ displayName }) => !groupsOf(ADA).includes(displayName))
    const name = group?.displayName ?? ''
    app.group(name).members = []
    join(app, name, ADA)
    const taken = await world.call('update_group_members', {
      tenant: TENANT,
      group: name,
      remove: [ADA],
      reason,
    })
    expect(taken).toMatchObject({ status: 'done', verified: true })
    expect(groupsOf(ADA)).not.toContain(name)
    expect(await world.call('undo_change', { change: taken.change, reason })).toMatchObject({
      status: 'done',
    })
    expect(groupsOf(ADA)).toContain(name)
  })

  test('where a record tells no groups, no group is absent, whole or without members', async () => {
    await using server = await startRecords([
      { userId: 'u1', email: 'one@example.com', isActive: true, groups: ['Sales', 'Everyone'] },
      { userId: 'u2', email: 'two@example.com', isActive: true, groups: ['SALES'] },
      { userId: 'u3', email: 'three@example.com', isActive: true },
    ])
    await using world = await open({ tenant: { url: server.url } })
    expect(await world.call('list_groups', { tenant: TENANT })).toMatchObject({
      groups: [{ name: 'Everyone' }, { name: 'Sales' }],
      complete: false,
      note: expect.stringContaining('do not tell their groups'),
    })
    const { groups } = (await world.call('list_groups', { tenant: TENANT, group: 'Sales' })) as {
      groups: object[]
    }
    expect(groups[0]).not.toHaveProperty('members')
    expect(groups[0]).not.toHaveProperty('memberCount')
    const { error } = await world.call('list_groups', { tenant: TENANT, group: 'Nowhere' })
    expect(error?.code).toBe('bad_reply')
  })

  test('a change of two of which one fails is reported member by member', async () => {
    await using world = await open()
    const { app, groupsOf } = world
    const someone = app.addUser({ userName: 'someone@example.com' }).userName
    const rest = names(app).filter((name) => name !== ADA && name !== someone)
    const group = app.groups.find(
      ({ displayName }) => ![ADA, someone].some((one) => groupsOf(one).includes(displayName)),
    )
    const name = group?.displayName ?? ''
    join(app, name, rest.find((one) => !groupsOf(one).includes(name)) ?? '')
    app.faults.set([{ fault: 'server-error', method: 'PUT', path: app.user(someone).id }])
    const answer = await world.call('update_group_members', {
      tenant: TENANT,
      group: name,
      add: [ADA, someone],
      reason,
    })
    expect(answer).toMatchObject({ status: 'partial', verified: false })
    expect([groupsOf(ADA).includes(name), groupsOf(someone).includes(name)]).toEqual([true, false])
  })
})

test('a tenant of the other dialect has no groups, and says so', async () => {
  await using world = await open({
    gainsight: { restDialects: ['services'] },
    tenant: { restDialect: 'services' },
  })
  const { error } = await world.call('list_groups', { tenant: TENANT })
  expect(error?.code).toBe('unsupported')
})

describe('a probe of a tenant with an access key alone', () => {
  test.each([
    ['users', 'auto', { restDialect: 'users' }],
    ['services', 'auto', {}],
    ['services', 'users', { restDialect: 'services' }],
    ['users', 'users', {}],
  ] as const)('at /v1/%s with %s tells what is there, by reads', async (there, restDialect, proposes) => {
    await using world = await open({ gainsight: { restDialects: [there] }, tenant: { restDialect } })
    const { code, stdout } = await world.run(['probe', TENANT, '--json'])
    const { findings, ...probe } = JSON.parse(stdout) as { findings: { about: string; found: string }[] }
    expect(code).toBe(0)
    expect(probe).toMatchObject({ ok: true, proposes })
    const found = Object.fromEntries(findings.map((one) => [one.about, one.found]))
    expect(Object.values(found).filter((text) => /users; a page of/.test(text))).toHaveLength(1)
    expect(found.configuration).toMatch(/ServiceProviderConfig.*tokens\.scim/)
    expect(world.app.writes).toEqual([])
  })
})
