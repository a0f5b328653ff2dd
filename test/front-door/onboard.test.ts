// @module-tag long

import { describe, expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { overdue } from '../support/overdue.ts'
import { openWorld, type WorldOptions } from '../support/world.ts'

const TENANTS = ['acme-netskope', 'acme-scim']
const REASON = { reason: 'they begin on Monday' }
const NEW = ['hedy', 'radia', 'edsger'].map((name) => ({
  email: `${name}@example.com`,
  givenName: name,
  familyName: 'New',
}))

interface Answer {
  status: string
  state: string
  runId: string
  plan: { people: number; accounts: number; skippedCount: number }
  counts: Record<string, number>
  rows: { person: string; tenant: string; outcome: string; code?: string; note?: string }[]
  approval?: { id: string; plan: string[] }
  note?: string
  error?: { code: string }
}

/** Two apps with a colleague who is in groups of one of them, and an approver. */
async function open(more: Partial<WorldOptions> = {}) {
  const world = await openWorld({
    ...more,
    tenants: (own) => own,
    sandbox: { apps: ['netskope', 'scim'], perMinute: 100_000 },
  })
  await addApprovers(world, 'linus')
  let server: Pick<typeof world, 'call' | 'client'> = world
  const { netskope } = world
  const colleague = netskope.addUser({ userName: 'grace.colleague@example.com' })
  const groups = netskope.groups.slice(0, 2)
  for (const group of groups) group.members = [...(group.members ?? []), { value: colleague.id }]
  const call = async (tool: string, args: object) => (await server.call(tool, args)) as unknown as Answer
  return {
    ...world,
    scim: world.sandbox.tenants['acme-scim'],
    like: colleague.userName,
    groups,
    call,
    async approve({ approval, plan }: Answer): Promise<void> {
      const words = ['approvals', 'approve', approval?.id ?? '', '--approver', 'linus', '--passphrase-stdin']
      const confirm = ['--confirm', String(plan.accounts)]
      expect(await world.run([...words, ...confirm], { stdin: `${PASSPHRASE}\n` })).toMatchObject({ code: 0 })
    },
    async begun(args: object, tool = 'onboard'): Promise<Answer> {
      const first = await call(tool, args)
      expect(first).toMatchObject({ status: 'approval_required' })
      await this.approve(first)
      return call(tool, { ...args, approvalId: first.approval?.id })
    },
    async ended(runId: string): Promise<Answer> {
      const look = (args = {}) => call('get_run', { runId, ...args })
      await expect
        .poll(async () => (await look()).state, { timeout: 60_000 })
        .not.toMatch(/running|planning|scheduled/)
      return look({ limit: 200 })
    },
    /** How often each of the new people has an account, and in how many of the groups they are. */
    has: () =>
      NEW.map(({ email }) => {
        const there = netskope.users.filter(({ userName }) => userName === email)
        const isIn = groups.filter(({ id }) =>
          netskope.group(id).members?.some(({ value }) => value === there[0]?.id),
        )
        const inScim = world.sandbox.tenants['acme-scim'].users.filter(({ userName }) => userName === email)
        return [there.length, inScim.length, isIn.length]
      }),
    kill: () => process.kill(server.client.pid as number, 'SIGKILL'),
    async another() {
      server = await world.open()
    },
  }
}

describe('onboard', () => {
  test('makes accounts in every app, with the groups of a colleague, under one yes, and its undo takes them away', async () => {
    await using world = await open()
    const args = { people: NEW, tenants: TENANTS, like: world.like, ...REASON }
    const first = await world.call('onboard', args)
    const plan = first.approval?.plan.join('\n') ?? ''
    expect(plan).toContain('Create 6 accounts of 3 people')
    for (const { displayName } of world.groups) expect(plan).toContain(displayName)
    expect(plan).toContain('acme-scim: Not found there.')
    expect(world.has()).toEqual(NEW.map(() => [0, 0, 0]))
    await world.approve(first)
    await world.call('onboard', { ...args, approvalId: first.approval?.id })
    expect(await world.ended(first.runId)).toMatchObject({
      state: 'finished',
      counts: { done: 6, failed: 0 },
    })
    expect(world.has()).toEqual(NEW.map(() => [1, 1, 2]))
    const undone = await world.begun({ change: first.runId, reason: 'they do not come' }, 'undo_change')
    expect(await world.ended(undone.runId)).toMatchObject({ state: 'finished', counts: { done: 6 } })
    for (const { email } of NEW) {
      expect([world.netskope.user(email).active, world.scim.user(email).active]).toEqual([false, false])
    }
  })

  test('that is killed goes on: no account twice, nobody forgotten, no group missed', async () => {
    await using world = await open({ ownProcess: true })
    world.netskope.faults.set([{ fault: 'slow', method: 'POST', ms: 300 }])
    const { runId } = await world.begun({ people: NEW, tenants: TENANTS, like: world.like, ...REASON })
    await expect.poll(() => world.netskope.arrivals.some(({ method }) => method === 'POST')).toBe(true)
    world.kill()
    world.netskope.faults.clear()
    await world.another()
    expect(await world.ended(runId)).toMatchObject({
      state: 'finished',
      counts: { done: 6, failed: 0, unknown: 0 },
    })
    expect(world.has()).toEqual(NEW.map(() => [1, 1, 2]))
  })

  test('leaves alone whoever has an account, or a name that another has, and says so', async () => {
    await using world = await open()
    const [first, second, third] = NEW
    world.netskope.addUser({ userName: first?.email ?? '' })
    world.netskope.addUser({ userName: second?.email ?? '', active: false })
    world.netskope.addUser({
      userName: 'somebody.else@example.com',
      emails: [{ value: third?.email ?? '', primary: true }],
    })
    const args = { people: NEW, tenants: ['acme-netskope'], ...REASON }
    const answer = await world.call('onboard', args)
    expect(answer).toMatchObject({ status: 'unchanged' })
    const { rows } = await world.ended(answer.runId)
    expect(rows.map(({ outcome, code = '' }) => `${outcome} ${code}`.trim())).toEqual([
      'already',
      'skipped conflict',
      'already',
    ])
  })

  test('joins no group that has changed since the yes, and says which', async () => {
    await using world = await open()
    const args = { people: NEW.slice(0, 1), tenants: ['acme-netskope'], like: world.like, ...REASON }
    const first = await world.call('onboard', args)
    await world.approve(first)
    const [group] = world.groups
    if (group) Object.assign(world.netskope.group(group.id), { displayName: 'Domain Admins' })
    await world.call('onboard', { ...args, approvalId: first.approval?.id })
    const { rows } = await world.ended(first.runId)
    expect(rows).toMatchObject([{ outcome: 'failed', note: expect.stringContaining('has another name now') }])
    expect(world.has()[0]).toEqual([1, 0, 1])
  })

  test('makes nobody the account of the caller, and nobody protected', async () => {
    await using world = await open({ settings: { protected: ['hedy@example.com'] } })
    const { plan } = await world.call('onboard', { people: NEW, tenants: ['acme-scim'], ...REASON })
    expect(plan).toMatchObject({ accounts: 2, skippedCount: 1 })
  })
})

describe('onboard at a time', () => {
  const HOUR_MS = 3_600_000
  const soon = (ms: number) => new Date(Date.now() + ms).toISOString()
  const FIRST = { tenants: TENANTS, people: NEW.slice(0, 1), ...REASON }

  test('says so in the plan and in the answer, makes nothing before, and everything then, after a restart', async () => {
    await using world = await open({ ownProcess: true })
    const args = { people: NEW, tenants: TENANTS, like: world.like, at: soon(HOUR_MS), ...REASON }
    const first = await world.call('onboard', args)
    const begins = `It begins at ${args.at}`
    expect(first.approval?.plan.join('\n')).toContain(`${begins}; whoever has an account by then`)
    await world.approve(first)
    const begun = await world.call('onboard', { ...args, approvalId: first.approval?.id })
    expect(begun).toMatchObject({ status: 'scheduled', note: expect.stringContaining(begins) })
    expect((await world.run(['runs', 'show', begun.runId])).stdout).toContain(begins)
    world.kill()
    await overdue(world, begun.runId, 2 * HOUR_MS)
    expect(world.has()).toEqual(NEW.map(() => [0, 0, 0]))
    await world.another()
    expect(await world.ended(begun.runId)).toMatchObject({ state: 'finished', counts: { done: 6 } })
    expect(world.has()).toEqual(NEW.map(() => [1, 1, 2]))
    // The same call means the same run, also when its time is over.
    expect(await world.call('onboard', { ...args, at: args.at })).toMatchObject({
      status: 'done',
      runId: begun.runId,
    })
  })

  test('looks again then: whoever has an account keeps it, and a renamed group is not joined', async () => {
    await using world = await open()
    const people = NEW.slice(0, 2)
    const args = { people, tenants: ['acme-netskope'], like: world.like, at: soon(HOUR_MS), ...REASON }
    const { runId } = await world.begun(args)
    world.netskope.addUser({ userName: people[0]?.email ?? '' })
    const [group] = world.groups
    if (group) Object.assign(world.netskope.group(group.id), { displayName: 'Domain Admins' })
    await overdue(world, runId, 0)
    expect((await world.ended(runId)).rows).toMatchObject([
      { person: people[0]?.email, outcome: 'already' },
      { person: people[1]?.email, outcome: 'failed', note: expect.stringContaining('has another name now') },
    ])
    expect(world.has().slice(0, 2)).toEqual([
      [1, 0, 0],
      [1, 0, 1],
    ])
  })

  test('more than a day late waits for an approver, who resumes it', async () => {
    await using world = await open()
    const { runId } = await world.begun({ ...FIRST, at: soon(HOUR_MS) })
    await overdue(world, runId, 25 * HOUR_MS)
    expect(await world.ended(runId)).toMatchObject({
      state: 'paused',
      note: expect.stringContaining('more than a day ago'),
    })
    expect(world.has()[0]).toEqual([0, 0, 0])
    const words = ['runs', 'resume', runId, '--approver', 'linus', '--reason', 'she is late']
    expect(await world.run([...words, '--passphrase-stdin'], { stdin: `${PASSPHRASE}\n` })).toMatchObject({
      code: 0,
    })
    expect(world.has()[0]).toEqual([1, 1, 0])
  })

  test('is cancelled before, and makes nobody', async () => {
    await using world = await open()
    const { runId } = await world.begun({ ...FIRST, at: soon(HOUR_MS) })
    expect(await world.call('cancel_run', { runId, reason: 'she does not come' })).toMatchObject({
      state: 'cancelled',
      counts: { skipped: 2 },
    })
    await overdue(world, runId, 0)
    expect(await world.ended(runId)).toMatchObject({ state: 'cancelled', note: 'she does not come' })
    expect(world.scim.writes).toEqual([])
  })

  test.each(['2020-01-01T00:00Z', '2099-01-01T00:00', '2099-03-29T02:30[Europe/Berlin]'])(
    'that is %s is refused',
    async (at) => {
      await using world = await open()
      expect((await world.call('onboard', { ...FIRST, at })).error).toMatchObject({ code: 'invalid_input' })
    },
  )
})

test('has the names in other systems that are given, and what an app needs besides', async () => {
  await using run = await open()
  const more = { userName: 'hedy.new', externalId: 'hr-1', role: 'Analyst', manager: 'grace@example.com' }
  const first = await run.call('onboard', {
    people: [{ ...NEW[0], ...more }],
    tenants: ['acme-scim'],
    ...REASON,
  })
  // Whoever agrees sees what gives power.
  expect(first.approval?.plan.join('\n')).toContain('role: Analyst')
  await run.approve(first)
  await run.call('onboard', {
    people: [{ ...NEW[0], ...more }],
    tenants: ['acme-scim'],
    ...REASON,
    approvalId: first.approval?.id,
  })
  expect(await run.ended(first.runId)).toMatchObject({ state: 'finished', counts: { done: 1 } })
  expect(run.scim.user('hedy.new')).toMatchObject({ externalId: 'hr-1' })
})

test('of a person twice is refused by name, and nobody is asked', async () => {
  await using run = await open()
  const people = [NEW[0], { ...NEW[0], email: 'Hedy@Example.com', familyName: 'Other' }]
  expect((await run.call('onboard', { people, tenants: TENANTS, ...REASON })).error).toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining('Hedy@Example.com'),
  })
})

test('has what each app takes, and what an app does not take is left out and said', async () => {
  await using run = await open()
  const [person] = NEW
  const people = [{ ...person, title: 'Admiral', department: 'Navy' }]
  const { runId } = await run.begun({ people, tenants: TENANTS, ...REASON })
  const { state, counts, rows } = await run.ended(runId)
  expect({ state, counts }).toMatchObject({ state: 'finished', counts: { done: 2, failed: 0 } })
  expect(run.scim.user('hedy@example.com').title).toBe('Admiral')
  expect(rows.map(({ tenant, note }) => [tenant, note])).toEqual([
    ['acme-netskope', 'The app takes no title: left out.'],
    ['acme-scim', undefined],
  ])
})
