import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openWorld, type WorldOptions } from '../support/world.ts'

const ADA = 'ada@example.com'
const PEOPLE = [ADA, 'alan@example.com', 'grace@example.com']
const REASON = { reason: 'the team was closed' }
const EVERYBODY = { people: PEOPLE, ...REASON }

interface Row {
  person: string
  tenant?: string
  outcome: string
  code?: string
  note?: string
}
interface RunAnswer {
  status: string
  state: string
  runId: string
  plan: { people: number; accounts: number; skippedCount: number; skipped: { person: string; why: string }[] }
  counts: Record<string, number>
  rows: Row[]
  approval?: { id: string; plan: string[] }
  note?: string
  nextCursor?: string
  error?: { code: string; message: string; hint: string }
}

/** Two apps, in which the people of the tests have accounts, and an approver. */
async function open(settings: Record<string, unknown> = {}, more: Partial<WorldOptions> = {}) {
  const limits = { removesPerHour: 1, perCaller: { peoplePerDay: 1 }, ...(settings.limits as object) }
  const world = await openWorld({
    ...more,
    tenants: (own) => own,
    sandbox: { apps: ['netskope', 'scim'], perMinute: 100_000 },
    settings: { ...settings, limits },
  })
  await addApprovers(world, 'linus')
  let server: Pick<typeof world, 'call' | 'client'> = world
  const scim = world.sandbox.tenants['acme-scim']
  for (const app of [scim, world.netskope]) {
    for (const userName of PEOPLE) {
      const known = app.users.find((user) => user.userName === userName)
      if (known) known.active = true
      else app.addUser({ userName })
    }
  }
  const call = async (tool: string, args: object) => (await server.call(tool, args)) as unknown as RunAnswer
  const look = (runId: string, args: object = {}) => call('get_run', { runId, ...args })
  return {
    ...world,
    scim,
    call,
    look,
    async approve({ approval, plan }: RunAnswer): Promise<void> {
      const words = ['approvals', 'approve', approval?.id ?? '', '--approver', 'linus', '--passphrase-stdin']
      const confirm = ['--confirm', String(plan.accounts)]
      expect(await world.run([...words, ...confirm], { stdin: `${PASSPHRASE}\n` })).toMatchObject({ code: 0 })
    },
    /** A run that was asked for, approved and begun. */
    async begun(args: object, tool = 'offboard'): Promise<RunAnswer> {
      const first = await call(tool, args)
      expect(first).toMatchObject({ status: 'approval_required' })
      await this.approve(first)
      return call(tool, { ...args, approvalId: first.approval?.id })
    },
    /** The run once it waits for a person or has ended. */
    async ended(runId: string): Promise<RunAnswer> {
      await expect
        .poll(async () => (await look(runId)).state, { timeout: 60_000 })
        .not.toMatch(/running|planning|scheduled/)
      return look(runId, { limit: 200 })
    },
    runs: (...words: string[]) => world.run(['runs', ...words], { stdin: `${PASSPHRASE}\n` }),
    async another() {
      server = await world.open()
    },
  }
}

const inactive = (app: { users: readonly { userName: string; active?: boolean }[] }) =>
  app.users.filter(({ userName, active }) => PEOPLE.includes(userName) && active === false).length

describe('offboard', () => {
  test('plans once, waits for one yes, and takes everybody out of every app, whatever the limits of calls', async () => {
    await using world = await open()
    const first = await world.call('offboard', EVERYBODY)
    expect(first).toMatchObject({ status: 'approval_required', plan: { people: 3, accounts: 6 } })
    expect(first.approval?.plan[0]).toContain('Deactivate 6 accounts of 3 people')
    const { runId } = first
    expect(await world.look(runId)).toMatchObject({ state: 'waiting_for_approval', counts: { waiting: 6 } })
    expect(world.scim.writes).toEqual([])
    await world.approve(first)
    const again = { ...EVERYBODY, approvalId: first.approval?.id }
    expect(await world.call('offboard', again)).toMatchObject({ runId })
    const run = await world.ended(runId)
    expect(run).toMatchObject({ state: 'finished', counts: { done: 6, failed: 0, unknown: 0, waiting: 0 } })
    expect([inactive(world.scim), inactive(world.netskope)]).toEqual([3, 3])
    // The same call means the same run, with its approval or without.
    expect(await world.call('offboard', EVERYBODY)).toMatchObject({ status: 'done', runId })
    expect(await world.call('offboard', again)).toMatchObject({ status: 'done', runId })
    const events = world.journal().filter(({ call }) => call === runId)
    expect(
      events
        .filter(({ event }) => event === 'done')
        .map(({ account }) => account?.userName)
        .sort(),
    ).toEqual([...PEOPLE, ...PEOPLE].sort())
    expect(events.every(({ approval }) => approval?.by === 'linus')).toBe(true)
  })

  test('leaves alone whom it may not touch, and says of each why', async () => {
    await using world = await open({ protected: ['alan@example.com'] })
    world.scim.user('grace@example.com').active = false
    const first = await world.call('offboard', { ...EVERYBODY, people: [...PEOPLE, 'nobody@example.com'] })
    expect(first.plan.accounts).toBe(3)
    const { rows } = await world.look(first.runId, { limit: 200 })
    const told = rows.map(({ person, tenant = '', outcome, code = '' }) =>
      [person, tenant, outcome, code].join(' '),
    )
    expect(told.sort()).toEqual(
      [
        `${ADA} acme-netskope waiting `,
        `${ADA} acme-scim waiting `,
        'alan@example.com acme-netskope skipped protected',
        'alan@example.com acme-scim skipped protected',
        'grace@example.com acme-netskope waiting ',
        'grace@example.com acme-scim already ',
        'nobody@example.com  skipped not_found',
      ].sort(),
    )
    expect(first.approval?.plan.join('\n')).toContain('nobody@example.com: Found in none of the apps.')
  })

  test('leaves alone who has changed since the yes, and goes on with the others', async () => {
    await using world = await open()
    const first = await world.call('offboard', EVERYBODY)
    await world.approve(first)
    Object.assign(world.scim.user(ADA), {
      emails: [{ value: ADA, primary: true }, { value: 'new@example.com' }],
    })
    await world.call('offboard', { ...EVERYBODY, approvalId: first.approval?.id })
    const run = await world.ended(first.runId)
    expect(run.counts).toMatchObject({ done: 5, skipped: 1 })
    expect(run.rows.filter(({ outcome }) => outcome === 'skipped')).toMatchObject([
      { person: ADA, tenant: 'acme-scim', code: 'changed' },
    ])
    expect(world.scim.user(ADA).active).not.toBe(false)
  })

  test('with more people than a run may have is refused, and nobody is asked', async () => {
    await using world = await open({ limits: { runs: { people: 2 } } })
    expect((await world.call('offboard', EVERYBODY)).error).toMatchObject({ code: 'limit_reached' })
  })

  test('of people who are all inactive asks nobody', async () => {
    await using world = await open()
    world.scim.user(ADA).active = false
    const args = { people: [ADA], tenants: ['acme-scim'], ...REASON }
    expect(await world.call('offboard', args)).toMatchObject({ status: 'unchanged', counts: { already: 1 } })
  })

  test('begins at its time', async () => {
    await using world = await open()
    const at = new Date(Date.now() + 3_000).toISOString()
    const begun = await world.begun({ people: [ADA], at, ...REASON })
    expect(begun).toMatchObject({ status: 'scheduled' })
    expect(world.scim.writes).toEqual([])
    expect(await world.ended(begun.runId)).toMatchObject({ state: 'finished', counts: { done: 2 } })
    expect(
      (await world.call('offboard', { people: PEOPLE, at: '2020-01-01T00:00Z', ...REASON })).error,
    ).toMatchObject({ code: 'invalid_input' })
  })
})

describe('deactivate_users', () => {
  test('takes who matches when it is planned, and nobody who joins them later', async () => {
    await using world = await open()
    const sales = world.netskope.users.slice(3, 6).map((user) => {
      Object.assign(user, {
        active: true,
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'Closed' },
      })
      return user.userName
    })
    const args = { tenant: 'acme-netskope', match: { department: 'Closed' }, ...REASON }
    const first = await world.call('deactivate_users', args)
    expect(first.plan).toMatchObject({ people: 3, accounts: 3 })
    const late = world.newcomer()
    Object.assign(late, {
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'Closed' },
    })
    await world.approve(first)
    await world.call('deactivate_users', { ...args, approvalId: first.approval?.id })
    expect((await world.ended(first.runId)).counts).toMatchObject({ done: 3 })
    expect(sales.map((name) => world.netskope.user(name).active)).toEqual([false, false, false])
    expect(world.netskope.user(late.userName).active).not.toBe(false)
  })
})

describe('a run', () => {
  test('that fails too often waits for an approver, who resumes it with a reason and tries again what failed', async () => {
    await using world = await open({ limits: { runs: { failures: 2 } } })
    world.scim.faults.set([{ fault: 'server-error', method: 'PATCH', status: 501 }, 'put-unsupported'])
    const { runId } = await world.begun(EVERYBODY)
    const paused = await world.ended(runId)
    expect(paused).toMatchObject({ state: 'paused', note: expect.stringContaining('changes failed') })
    world.scim.faults.clear()
    const unsaid = await world.run(['runs', 'resume', runId, '--approver', 'linus', '--passphrase-stdin'], {
      stdin: `${PASSPHRASE}\n`,
    })
    expect(unsaid.code).toBe(2)
    const words = [
      'resume',
      runId,
      '--approver',
      'linus',
      '--reason',
      'mended',
      '--failed',
      '--passphrase-stdin',
    ]
    expect(await world.runs(...words)).toMatchObject({ code: 0 })
    expect(await world.ended(runId)).toMatchObject({ state: 'finished', counts: { done: 6, failed: 0 } })
  })

  test('is cancelled by its caller; what is done stays done, and the rest is skipped', async () => {
    await using world = await open()
    const at = new Date(Date.now() + 60_000).toISOString()
    const { runId } = await world.begun({ ...EVERYBODY, at })
    const cancelled = await world.call('cancel_run', { runId, reason: 'they stay' })
    expect(cancelled).toMatchObject({ state: 'cancelled', counts: { skipped: 6 } })
    expect(cancelled.rows.every(({ code }) => code === 'cancelled')).toBe(true)
    expect(world.scim.writes).toEqual([])
  })

  test('is nobody else’s', async () => {
    await using world = await open()
    expect((await world.look('run-000000000000')).error).toMatchObject({ code: 'not_found' })
  })

  test('that was killed goes on with the next start: nobody twice, nobody forgotten', async () => {
    await using world = await open({}, { ownProcess: true })
    world.scim.faults.set([{ fault: 'slow', method: 'PATCH', ms: 400 }])
    const { runId } = await world.begun(EVERYBODY)
    await expect.poll(() => world.scim.arrivals.some(({ method }) => method === 'PATCH')).toBe(true)
    process.kill(world.client.pid as number, 'SIGKILL')
    world.scim.faults.clear()
    await world.another()
    const run = await world.ended(runId)
    expect(run).toMatchObject({ state: 'finished', counts: { done: 6, failed: 0, unknown: 0 } })
    expect([inactive(world.scim), inactive(world.netskope)]).toEqual([3, 3])
  })
})

describe('at the terminal', () => {
  test('a file of people is offboarded, with a report; exit 1 where somebody was not found', async () => {
    await using world = await open()
    const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-run-'))
    const file = join(folder, 'leavers.csv')
    writeFileSync(file, `\uFEFFName,Email\nAda,${ADA}\n"Nobody, N.",nobody@example.com\n`)
    const agree = ['--approver', 'linus', '--confirm', '2', '--passphrase-stdin', '--reason', 'left']
    const done = await world.run(['offboard', file, ...agree, '--out', folder], { stdin: `${PASSPHRASE}\n` })
    expect(done.code).toBe(1)
    expect(done.stdout).toContain('2 done')
    expect(readFileSync(join(folder, 'report.csv'), 'utf8')).toContain('nobody@example.com,,,skipped')
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain(ADA)
    const listed = JSON.parse((await world.runs('list', '--json')).stdout) as { runs: RunAnswer[] }
    expect(listed.runs).toMatchObject([{ state: 'finished', counts: { done: 2, skipped: 1 } }])
    const [{ runId = '' } = {}] = listed.runs
    expect((await world.runs('show', runId)).stdout).toContain('not_found')
  })

  test.each([
    ['has no column for emails', 'name\nAda\n'],
    ['is no CSV', '"'],
  ])('a file that %s is refused by name', async (_, text) => {
    await using world = await open()
    const file = join(mkdtempSync(join(tmpdir(), 'identity-mcp-run-')), 'leavers.csv')
    writeFileSync(file, text)
    const said = await world.run(['offboard', file, '--reason', 'left'])
    expect(said).toMatchObject({ code: 2, stderr: expect.stringContaining('leavers.csv') })
  })
})
