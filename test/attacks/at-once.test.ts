// @module-tag long

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openWorld, type ToolAnswer, type World } from '../support/world.ts'

// What only one call may change at a time is changed once, whoever else wants the same.

const TENANT = 'acme-netskope'
const NONE = { removes: 'none', adds: 'none', changes: 'none', gives: 'none', logins: 'none', admins: 'none' }
const APPROVE = { rules: [{ when: {}, level: 'approve' }] }
const ASK = { removes: 'ask', adds: 'ask', changes: 'ask', gives: 'ask', logins: 'ask', admins: 'ask' }
const reason = 'asked for many times at once'

interface Kind {
  tool: string
  /** The arguments of every call; `user` is somebody new. */
  args: (user: string) => Record<string, unknown>
  /** What the app has to look like first. */
  before?: (world: World, user: string) => void
}

const KINDS: Record<string, Kind> = {
  deactivate: { tool: 'deactivate_user', args: (user) => ({ user, tenants: [TENANT], reason }) },
  reactivate: {
    tool: 'reactivate_user',
    args: (user) => ({ user, tenants: [TENANT], reason }),
    before: (world, user) => {
      world.netskope.user(user).active = false
    },
  },
  update: { tool: 'update_user', args: (user) => ({ tenant: TENANT, user, set: { familyName: 'Again' } }) },
  'update the login': {
    tool: 'update_user',
    args: (user) => ({ tenant: TENANT, user, set: { email: `new-${user}` } }),
  },
  'create a user': {
    tool: 'create_user',
    args: (user) => ({ tenant: TENANT, email: `made-${user}`, givenName: 'Made', familyName: 'Once' }),
  },
  'create a group': {
    tool: 'create_group',
    args: (user) => ({ tenant: TENANT, name: `Group of ${user}`, members: [user] }),
  },
  'add a member': {
    tool: 'update_group_members',
    args: (user) => ({ tenant: TENANT, group: 'Contractors', add: [user] }),
  },
  'remove a member': {
    tool: 'update_group_members',
    args: (user) => ({ tenant: TENANT, group: 'Contractors', remove: [user] }),
    before: (world, user) => {
      const { group, user: userOf } = world.netskope
      const { id } = userOf(user)
      group('Contractors').members = [...(group('Contractors').members ?? []), { value: id }]
    },
  },
}

const ALL: Record<string, Kind> = {
  ...KINDS,
  delete: { tool: 'delete_user', args: (user) => ({ user, tenant: TENANT, reason }) },
}

/** How a call ended, whatever its tool. */
const endOf = ({ error, status }: ToolAnswer): unknown => error?.code ?? status

describe.each([
  ['nobody is asked, by one server and by two', NONE, [1, 2]],
  ['everybody says yes to a form, by two servers', ASK, [2]],
] as const)('twenty calls at once where %s', (_, confirm, servers) => {
  let world: World
  let second: Awaited<ReturnType<World['open']>>
  beforeAll(async () => {
    const limits = { removesPerHour: 1_000, changesPerHour: 1_000 }
    world = await openWorld({
      ownProcess: true,
      settings: { confirm, limits },
      tenant: { budget: { perMinute: 100_000 }, allowDelete: true },
      sandbox: { perMinute: 100_000 },
    })
    second = await world.open()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  test.each(Object.keys(KINDS))(
    '%s: one write',
    async (name) => {
      const { tool, args, before } = KINDS[name] as Kind
      for (const count of servers) {
        const { userName: user } = world.newcomer()
        before?.(world, user)
        const { writes } = world.since()
        const came = await Promise.all(
          Array.from({ length: 20 }, (_, at) => [world, second][at % count]?.call(tool, args(user))),
        )
        expect(writes().map(({ method, status }) => [method, status])).toHaveLength(1)
        const ends = came.map((answer) => answer && endOf(answer))
        expect(ends.filter((end) => end === 'done')).toHaveLength(1)
        expect(ends.filter((end) => end !== 'done' && end !== 'unchanged')).toEqual([])
      }
    },
    60_000,
  )
})

describe('twenty calls at once with one approval', () => {
  let world: World
  let second: Awaited<ReturnType<World['open']>>
  beforeAll(async () => {
    world = await openWorld({
      ownProcess: true,
      settings: { confirm: APPROVE, limits: { removesPerHour: 1_000, changesPerHour: 1_000 } },
      tenant: { budget: { perMinute: 100_000 }, allowDelete: true },
      sandbox: { perMinute: 100_000 },
    })
    second = await world.open()
    await addApprovers(world, 'grace')
  })
  afterAll(() => world[Symbol.asyncDispose]())

  test.each(Object.keys(ALL))(
    '%s, by two servers: one write',
    async (name) => {
      const { tool, args, before } = ALL[name] as Kind
      const { userName: user } = world.newcomer()
      before?.(world, user)
      const { approval } = (await world.call(tool, args(user))) as { approval?: { id: string } }
      const approvalId = approval?.id ?? ''
      const typed = name === 'delete' ? ['--confirm', user] : []
      const words = [
        'approvals',
        'approve',
        approvalId,
        '--approver',
        'grace',
        '--passphrase-stdin',
        ...typed,
      ]
      expect(await world.run(words, { stdin: `${PASSPHRASE}\n` })).toMatchObject({ code: 0 })
      const { writes } = world.since()
      const came = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          [world, second][at % 2]?.call(tool, { ...args(user), approvalId }),
        ),
      )
      expect(writes()).toHaveLength(1)
      const ends = came.map((answer) => answer && endOf(answer))
      expect(ends.filter((end) => end === 'done')).toHaveLength(1)
      const rest = ends.filter((end) => end !== 'done')
      for (const end of rest)
        expect(['unchanged', 'approval_used', 'not_found', 'approval_void']).toContain(end)
    },
    60_000,
  )
})

/** The request by which each ends them. */
const ENDING = {
  'acme-okta': /\/sessions$/,
  'acme-entra': /revokeSignInSessions$/,
  'acme-google': /signOut$/,
} as const

describe.each([
  ['nobody is asked', NONE, ['acme-okta', 'acme-entra', 'acme-google']],
  ['everybody says yes to a form', ASK, ['acme-okta']],
  ['one approval is used by all', APPROVE, ['acme-entra']],
] as const)('twenty calls at once to end sessions, where %s', (_, confirm, tenants) => {
  let world: World
  let second: Awaited<ReturnType<World['open']>>
  beforeAll(async () => {
    world = await openWorld({
      settings: { confirm },
      ownProcess: true,
      sandbox: { apps: ['okta', 'entra', 'google'], events: 1 },
      tenants: (own) => own,
    })
    second = await world.open()
    await addApprovers(world, 'grace')
  })
  afterAll(() => world[Symbol.asyncDispose]())

  test.each(tenants)(
    'at %s, by one process and by two: they end once, and later once more',
    async (tenant) => {
      const app = world.sandbox.tenants[tenant]
      const ending = ENDING[tenant]
      const user = 'ada@example.com'
      for (const servers of [[world], [world, second]]) {
        const from = app.writes.length
        const first = { tenants: [tenant], user, reason }
        const { approval } =
          confirm === APPROVE
            ? ((await world.call('end_sessions', first)) as { approval?: { id: string } })
            : {}
        if (approval) {
          const words = ['approvals', 'approve', approval.id, '--approver', 'grace', '--passphrase-stdin']
          expect(await world.run(words, { stdin: `${PASSPHRASE}\n` })).toMatchObject({ code: 0 })
        }
        const input = { ...first, ...(approval && { approvalId: approval.id }) }
        const came = await Promise.all(
          Array.from({ length: 20 }, (_, at) => servers[at % servers.length]?.call('end_sessions', input)),
        )
        const sent = app.writes.slice(from).filter(({ path }) => ending.test(path))
        expect(sent).toHaveLength(1)
        const ends = came.map((answer) => answer && endOf(answer))
        expect(ends.filter((end) => end === 'done')).toHaveLength(1)
        for (const end of ends.filter((one) => one !== 'done'))
          expect(approval ? ['unchanged', 'approval_used', 'approval_void'] : ['unchanged']).toContain(end)
      }
    },
    60_000,
  )
})

test('an update on its way never undoes a deactivation, where the app takes whole records alone', async () => {
  await using world = await openWorld({
    settings: { confirm: NONE },
    tenant: { patchStrategy: 'put' },
  })
  const { userName: user } = world.newcomer()
  const other = await world.open()
  world.netskope.faults.set([{ fault: 'slow', method: 'PUT', ms: 400 }])
  const [update, leaving] = await Promise.all([
    world.call('update_user', { tenant: TENANT, user, set: { familyName: 'Late' } }),
    other.call('deactivate_user', { user, tenants: [TENANT], reason }),
  ])
  expect([endOf(update), endOf(leaving)]).toEqual(['done', 'done'])
  expect(world.netskope.user(user)).toMatchObject({ active: false, name: { familyName: 'Late' } })
})

test('nor at Gainsight’s REST API, where every change is the whole record', async () => {
  const tenant = 'acme-gainsight'
  await using world = await openWorld({
    settings: { confirm: NONE },
    sandbox: { gainsight: { restDialects: ['users'] } },
    tenants: ({ 'acme-gainsight': { tokens, ...own } }) => ({
      [tenant]: { ...own, tokens: { accessKey: tokens.accessKey } },
    }),
  })
  const other = await world.open()
  const app = world.sandbox.tenants[tenant]
  app.faults.set([{ fault: 'slow', method: 'PUT', ms: 400 }])
  const user = 'ada@example.com'
  const ends = await Promise.all([
    world.call('update_user', { tenant, user, set: { title: 'Late' } }),
    other.call('deactivate_user', { user, tenants: [tenant], reason }),
  ])
  expect(ends.map(endOf)).toEqual(['done', 'done'])
  expect(app.user(user)).toMatchObject({ active: false, title: 'Late' })
})

test('two fields changed at once are both changed', async () => {
  await using world = await openWorld({ settings: { confirm: NONE }, tenant: { patchStrategy: 'put' } })
  const { userName: user } = world.newcomer()
  const ends = await Promise.all(
    [{ givenName: 'Both' }, { familyName: 'Fields' }].map(async (set) =>
      endOf(await world.call('update_user', { tenant: TENANT, user, set })),
    ),
  )
  expect(ends).toEqual(['done', 'done'])
  expect(world.netskope.user(user).name).toMatchObject({ givenName: 'Both', familyName: 'Fields' })
})
