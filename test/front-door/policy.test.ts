// @module-tag long

import { userInfo } from 'node:os'
import { expect, test, vi } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openWorld, type SetupOptions, type World } from '../support/world.ts'

const ADA = 'ada@example.com'
const TENANT = 'acme-netskope'
const LEAVES = { user: ADA, tenants: [TENANT], reason: 'left the company' }
const QUIET = { removes: 'none', bulk: 'none', deletes: 'none', admins: 'none' }
const ME = userInfo().username
const CALLER = `local:${ME}`

interface Waiting {
  status: string
  approval: { id: string; approveAt: string }
}

const active = (world: World) =>
  world.netskope.users.filter((user) => user.active).map(({ userName }) => userName)
const events = (world: World) =>
  world.journal().map(({ event, code }) => (code ? `${event}: ${code}` : event))
const waiting = async (world: World, args: Record<string, unknown> = LEAVES) =>
  ((await world.call('deactivate_user', args)) as unknown as Waiting).approval

const decide = (world: World, decision: 'approve' | 'deny', id: string, approver: string) =>
  world.run(['approvals', decision, id, '--approver', approver, '--passphrase-stdin'], {
    stdin: `${PASSPHRASE}\n`,
  })

/** The same app under an address that does not tell: two apps, as far as anybody can know. */
const elsewhere = <Tenant extends { url: string }>(tenant: Tenant): Tenant => ({
  ...tenant,
  url: tenant.url.replace('127.0.0.1', 'localhost'),
})
const twice: SetupOptions['tenants'] = ({ 'acme-netskope': acme }) => ({
  [TENANT]: acme,
  beta: elsewhere(acme),
})

const rules = (...list: unknown[]) => ({ settings: { confirm: { rules: list } } })

/** A world with a tenant of Gainsight in which super admins may be changed, and nobody is asked. */
async function openGainsight(more: Record<string, unknown> = {}) {
  const world = await openWorld({
    settings: { confirm: QUIET },
    tenants: (own) => ({
      'acme-gainsight': { ...own['acme-gainsight'], superAdminWrites: true, ...more },
    }),
  })
  const take = (user: string) =>
    world.call('deactivate_user', { user, tenants: ['acme-gainsight'], reason: 'left the company' })
  return { ...world, take, app: world.sandbox.tenants['acme-gainsight'] }
}

test('a rule for production holds where nothing is said of a tenant, and not for another environment', async () => {
  const rules = [{ when: { environments: ['production'], effects: ['removes'] }, level: 'approve' }]
  await using world = await openWorld({
    settings: { confirm: { ...QUIET, rules } },
    tenants: (own) => ({
      unlabelled: own[TENANT],
      trial: { ...elsewhere(own[TENANT]), environment: 'staging' },
    }),
  })
  const take = (tenants: string[]) => world.call('deactivate_user', { ...LEAVES, tenants })
  expect((await take(['unlabelled'])).status).toBe('approval_required')
  // One such tenant among several is enough.
  expect((await take(['trial', 'unlabelled'])).status).toBe('approval_required')
  expect(world.netskope.writes).toEqual([])
  expect((await take(['trial'])).status).toBe('done')
  const { stdout } = await world.run(['policy', 'explain', 'deactivate_user', '--tenant', 'unlabelled'])
  expect(stdout).toContain('confirm.rules.0: approve')
})

test('two people must approve, each once, and the journal names both', async () => {
  await using world = await openWorld(rules({ when: {}, level: 'approve', approvers: 2 }))
  const { id, approveAt } = await waiting(world)
  expect(approveAt).toContain('approvers add NAME')
  await addApprovers(world, 'grace', 'hugo')
  const call = { ...LEAVES, approvalId: id }

  const first = await decide(world, 'approve', id, 'grace')
  expect([first.code, first.stdout]).toEqual([0, expect.stringContaining('1 of 2')])
  expect((await world.run(['approvals'])).stdout).toContain('pending, 1 of 2')
  expect((await world.call('deactivate_user', call)).status).toBe('approval_required')
  expect((await decide(world, 'approve', id, 'Grace')).code).toBe(1)
  expect((await world.call('deactivate_user', call)).status).toBe('approval_required')
  expect(world.netskope.writes).toEqual([])

  expect((await decide(world, 'approve', id, 'hugo')).stdout).toContain('approvalId')
  expect((await world.call('deactivate_user', call)).status).toBe('done')
  expect(world.netskope.writes).toHaveLength(1)
  const told = world.journal().map(({ event, approval }) => [event, approval?.by])
  expect(told.slice(-5)).toEqual([
    ['approved', 'grace'],
    ['refused', undefined],
    ['approved', 'hugo'],
    ['started', 'grace, hugo'],
    ['done', 'grace, hugo'],
  ])
})

test('one no of two is a no', async () => {
  await using world = await openWorld(rules({ when: {}, level: 'approve', approvers: 2 }))
  await addApprovers(world, 'grace', 'hugo')
  const { id } = await waiting(world)
  await decide(world, 'approve', id, 'grace')
  await decide(world, 'deny', id, 'hugo')
  expect((await world.call('deactivate_user', { ...LEAVES, approvalId: id })).error?.code).toBe(
    'approval_denied',
  )
  expect(world.netskope.writes).toEqual([])
})

test('an approval that one gave does not do once two are demanded, nor before', async () => {
  await using world = await openWorld(rules({ when: {}, level: 'approve' }))
  await addApprovers(world, 'grace', 'hugo')
  const { id } = await waiting(world)
  await decide(world, 'approve', id, 'grace')
  await world.close()
  world.rewrite(rules({ when: {}, level: 'approve', approvers: 2 }).settings)
  const stricter = await world.open()
  expect((await stricter.call('deactivate_user', { ...LEAVES, approvalId: id })).error?.code).toBe(
    'approval_void',
  )
  const anew = ((await stricter.call('deactivate_user', LEAVES)) as unknown as Waiting).approval
  expect(anew.id).not.toBe(id)
  await stricter.close()

  // The other way round, what was asked of two still takes two.
  world.rewrite(rules({ when: {}, level: 'approve' }).settings)
  const laxer = await world.open()
  await decide(world, 'approve', anew.id, 'grace')
  const used = await laxer.call('deactivate_user', { ...LEAVES, approvalId: anew.id })
  expect(used.status).toBe('approval_required')
  expect(world.netskope.writes).toEqual([])
})

test('with four eyes nobody approves under the name of the caller', async () => {
  await using world = await openWorld(rules({ when: {}, level: 'approve', fourEyes: true }))
  const own = /^[\w.-]+$/.test(ME) ? ME : 'unknown'
  await addApprovers(world, 'someone-else', own, `${own.toUpperCase()}@example.com`)
  const { id } = await waiting(world)
  for (const name of [own, `${own}@example.com`]) {
    expect(await decide(world, 'approve', id, name)).toMatchObject({ code: 1 })
  }
  const call = { ...LEAVES, approvalId: id }
  expect((await world.call('deactivate_user', call)).status).toBe('approval_required')
  expect(world.netskope.writes).toEqual([])
  expect((await decide(world, 'approve', id, 'someone-else')).code).toBe(0)
  expect((await world.call('deactivate_user', call)).status).toBe('done')
})

test('the last active administrator of a tenant stays', async () => {
  await using world = await openGainsight()
  const { take, app, call } = world
  expect((await take('grace@example.com')).status).toBe('done')
  const kept = { code: 'protected', tenant: 'acme-gainsight' }
  expect((await take('breakglass@example.com')).error).toMatchObject(kept)
  const unmade = await call('update_user', {
    tenant: 'acme-gainsight',
    user: 'breakglass@example.com',
    set: { admin: false },
  })
  expect(unmade.error).toMatchObject(kept)
  expect(app.user('breakglass@example.com').active).toBe(true)
  expect(app.writes).toHaveLength(1)
  expect(events(world).slice(-2)).toEqual(['refused: protected', 'refused: protected'])
})

test('of two administrators taken at once, one stays', async () => {
  await using world = await openGainsight()
  const { take, app } = world
  const answers = await Promise.all(['grace@example.com', 'breakglass@example.com'].map(take))
  expect(answers.filter(({ status }) => status === 'done').length).toBeLessThanOrEqual(1)
  expect(['grace@example.com', 'breakglass@example.com'].some((name) => app.user(name).active)).toBe(true)
})

test('where the app does not tell who else is an administrator, a person is told so and approves', async () => {
  await using world = await openGainsight({ pageSize: 10 })
  const { take, app } = world
  for (const { id } of app.users.filter(({ userName }) => userName.startsWith('grace@')))
    app.user(id).active = false
  app.faults.set(['paging-ignored'])
  const answer = (await take('breakglass@example.com')) as unknown as {
    status: string
    approval: { plan: string[] }
  }
  expect(answer.status).toBe('approval_required')
  expect(answer.approval.plan.join(' ')).toContain(
    'It is not known whether acme-gainsight has another active administrator',
  )
  expect(app.writes).toEqual([])
})

test("nobody changes an account that bears the caller's own name, or makes one", async () => {
  await using world = await openWorld({ settings: { confirm: QUIET } })
  world.netskope.addUser({ userName: ME.toUpperCase(), active: true })
  for (const [tool, args] of [
    ['deactivate_user', { ...LEAVES, user: ME }],
    ['update_user', { tenant: TENANT, user: ME, set: { department: 'Board' } }],
    [
      'create_user',
      {
        tenant: TENANT,
        email: 'x@example.com',
        givenName: 'X',
        familyName: 'X',
        attributes: { userName: CALLER },
      },
    ],
  ] as const) {
    expect((await world.call(tool, args)).error?.code).toBe('protected')
  }
  expect(world.netskope.writes).toEqual([])
})

test('a tagged account is refused for the reason that the operator gave, there alone', async () => {
  const tagged = (tenant: string) => ({ match: 'ada@*', tenant, why: 'she is the on-call contact' })
  await using world = await openWorld({
    settings: { confirm: QUIET, protected: [tagged('beta')] },
    tenants: twice,
  })
  const { error } = await world.call('deactivate_user', { ...LEAVES, tenants: ['beta'] })
  expect(error).toMatchObject({ code: 'protected', message: expect.stringContaining('on-call contact') })
  expect((await world.call('deactivate_user', LEAVES)).status).toBe('done')
})

test('a caller that would pass a day of people is paused over restarts, until a person lifts it', async () => {
  await using world = await openWorld({
    settings: { confirm: QUIET, limits: { perCaller: { peoplePerDay: 2 } } },
  })
  const people = active(world)
  const take = (server: Pick<World, 'call'>, user: string | undefined) =>
    server.call('deactivate_user', { ...LEAVES, user })
  for (const user of people.slice(0, 2)) expect((await take(world, user)).status).toBe('done')
  await world.close()

  const later = await world.open()
  expect((await take(later, people[2])).error).toMatchObject({ code: 'limit_reached', retryable: false })
  // Paused for everything that changes something, in every copy, while looking goes on.
  const other = await world.open({ clientName: 'another-client' })
  expect((await other.call('reactivate_user', { ...LEAVES, user: people[0] })).error?.code).toBe(
    'limit_reached',
  )
  expect((await other.call('find_user', { user: ADA })).complete).toBe(true)
  expect(world.netskope.writes).toHaveLength(2)
  expect((await world.run(['limits'])).stdout).toContain(CALLER)
  expect((await world.run(['check'])).stdout).toContain(`${CALLER} is paused`)
  const refusals = world.journal().filter(({ code }) => code === 'limit_reached')
  expect(refusals.map(({ note }) => note)).toEqual(Array(2).fill(expect.stringContaining('different people')))

  expect((await world.run(['limits', 'lift', CALLER])).code).toBe(0)
  expect((await take(later, people[2])).status).toBe('done')
  expect(world.journal().map(({ tool }) => tool)).toContain('limits lift')
})

test('of 20 calls at once in two processes, no more get through than may', async () => {
  await using world = await openWorld({
    settings: { confirm: QUIET, limits: { removesPerHour: 1_000, overall: { peoplePerDay: 5 } } },
  })
  const other = await world.open()
  const people = active(world).slice(0, 20)
  const answers = await Promise.all(
    people.map((user, index) => (index % 2 ? world : other).call('deactivate_user', { ...LEAVES, user })),
  )
  const done = answers.filter(({ status }) => status === 'done')
  expect(done.length).toBeLessThanOrEqual(5)
  expect(world.netskope.writes).toHaveLength(done.length)
  const codes = answers.map(({ status, error }) => status ?? error?.code)
  expect(codes.filter((code) => code === 'limit_reached').length).toBeGreaterThanOrEqual(15)
})

test('the brake stops what is under way in every process, between one write and the next', async () => {
  await using world = await openWorld({
    settings: { confirm: QUIET, limits: { removesPerHour: 1_000 } },
    tenant: { budget: { atOnce: 1, reserve: 0 } },
    sandbox: { faults: [{ fault: 'slow', method: 'PATCH', ms: 700 }] },
  })
  const other = await world.open()
  const people = active(world).slice(0, 12)
  const calls = people.map((user, index) =>
    (index % 2 ? world : other).call('deactivate_user', { ...LEAVES, user }),
  )
  await vi.waitFor(() => expect(world.netskope.writes.length).toBeGreaterThan(0), {
    timeout: 20_000,
    interval: 20,
  })
  expect((await world.run(['brake', 'on', '--reason', 'this looks wrong'])).code).toBe(0)
  const left = world.netskope.writes.length
  const answers = await Promise.all(calls)

  expect(world.netskope.writes).toHaveLength(left)
  expect(left).toBeLessThan(people.length)
  expect(active(world).filter((user) => people.includes(user))).toHaveLength(people.length - left)
  // Those that had got as far as their turn to write, and those that had not.
  const codes = answers.map(
    ({ results, error }) => (results as { code?: string }[])?.[0]?.code ?? error?.code,
  )
  expect(codes.filter((code) => code === 'refused')).toHaveLength(people.length - left)
  const refusals = events(world).filter((event) => /^(failed|refused): refused$/.test(event))
  expect(refusals).toHaveLength(people.length - left)
  for (const server of [world, other]) {
    expect((await server.call('deactivate_user', LEAVES)).error).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('this looks wrong'),
    })
    expect((await server.call('find_user', { user: ADA })).complete).toBe(true)
  }
  expect((await world.run(['check'])).stdout).toContain('The brake is on')
  expect((await world.run(['brake', 'off'])).code).toBe(0)
  expect(await world.call('deactivate_user', { ...LEAVES, user: people.at(-1) })).toMatchObject({
    status: 'done',
  })
})

test('the brake on one tenant leaves the others alone, and one that is not there is refused', async () => {
  await using world = await openWorld({ settings: { confirm: QUIET }, tenants: twice })
  expect((await world.run(['brake', 'on', '--tenant', 'acme-netskop'])).code).toBe(2)
  expect((await world.run(['brake', 'on', '--tenant', TENANT])).code).toBe(0)
  const both = await world.call('deactivate_user', { ...LEAVES, tenants: ['beta', TENANT] })
  expect(both.error).toMatchObject({ code: 'refused', tenant: TENANT })
  expect((await world.call('deactivate_user', { ...LEAVES, tenants: ['beta'] })).status).toBe('done')
  expect(events(world)).toEqual(['done', 'refused: refused', 'started', 'done'])
})

test('the brake outlasts an approval that was given', async () => {
  await using world = await openWorld(rules({ when: {}, level: 'approve' }))
  await addApprovers(world, 'grace')
  const { id } = await waiting(world)
  await decide(world, 'approve', id, 'grace')
  await world.run(['brake', 'on'])
  const call = { ...LEAVES, approvalId: id }
  expect((await world.call('deactivate_user', call)).error?.code).toBe('refused')
  expect((await world.run(['brake', 'off'])).code).toBe(2)
  const off = ['brake', 'off', '--approver', 'grace', '--passphrase-stdin']
  expect((await world.run(off, { stdin: 'not her passphrase\n' })).code).toBe(1)
  expect((await world.call('deactivate_user', call)).error?.code).toBe('refused')
  expect((await world.run(off, { stdin: `${PASSPHRASE}\n` })).code).toBe(0)
  // It was refused before it was used.
  expect((await world.call('deactivate_user', call)).status).toBe('done')
})
