// @module-tag long

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ScimUser } from '../../src/sandbox/directory.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { overdue } from '../support/overdue.ts'
import { openWorld, type WorldOptions } from '../support/world.ts'

const BADGES = { vendor: 'manual', title: 'Door badges', owner: 'linus' }
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
    tenants: (own) => own,
    ...more,
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
    /** Ends the server that the calls go to, like a power loss. */
    kill: () => process.kill(server.client.pid as number, 'SIGKILL'),
    /** Lets the clocks show a time as if the run had been due this long ago. */
    overdue: (runId: string, ms: number) => overdue(world, runId, ms),
  }
}

const inactive = (app: { users: readonly { userName: string; active?: boolean }[] }) =>
  app.users.filter(({ userName, active }) => PEOPLE.includes(userName) && active === false).length

describe('offboard', () => {
  test('names the app that does not show everybody, for whoever was not found there', async () => {
    await using world = await open(
      {},
      {
        tenants: (own) => ({ ...own, 'acme-scim': { ...own['acme-scim'], hides: ['guests'] } }),
      },
    )
    world.scim.removeUser(ADA)
    const { runId, plan } = await world.call('offboard', { people: [ADA, 'nobody@example.com'], ...REASON })
    expect(plan).toMatchObject({ accounts: 1, skippedCount: 3 })
    const { rows } = await world.look(runId)
    const note = 'Not found there. Not shown, although they may have access: guests.'
    expect(rows.filter(({ outcome }) => outcome === 'skipped')).toMatchObject([
      { person: ADA, tenant: 'acme-scim', code: 'not_found', note },
      { person: 'nobody@example.com', code: 'not_found', note: 'Found in none of the apps.' },
      { person: 'nobody@example.com', tenant: 'acme-scim', code: 'not_found', note },
    ])
  })

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
    // The app has done the work, and its answer never comes.
    world.scim.faults.set([{ fault: 'slow', method: 'PATCH', ms: 600_000 }])
    const first = await world.call('offboard', EVERYBODY)
    await world.approve(first)
    const { runId = '' } = first
    void world.call('offboard', { ...EVERYBODY, approvalId: first.approval?.id }).catch(() => undefined)
    await expect.poll(() => inactive(world.scim), { timeout: 20_000 }).toBeGreaterThan(0)
    world.kill()
    world.scim.faults.clear()
    await world.another()
    const run = await world.ended(runId)
    expect(run).toMatchObject({ state: 'finished', counts: { done: 6, failed: 0, unknown: 0 } })
    expect([inactive(world.scim), inactive(world.netskope)]).toEqual([3, 3])
    // What the killed process could not say of its writes is said by the one that read them back.
    const lines = world.journal().filter(({ call, account }) => call === runId && account)
    const count = (id: string | undefined, ...events: string[]) =>
      lines.filter(({ event, account }) => account?.id === id && events.includes(event)).length
    // What was not sent has an end alone.
    const unended = lines.filter(
      ({ account }) => count(account?.id, 'started') > count(account?.id, 'done', 'failed', 'unknown'),
    )
    expect(unended).toEqual([])
    expect(lines.some(({ event, note = '' }) => event === 'done' && note.includes('ended before'))).toBe(true)
  })
})

describe('an undo of a run', () => {
  test('is a run: gives back exactly what it took, under one yes, and nothing else', async () => {
    await using world = await open()
    world.scim.user('grace@example.com').active = false
    const { runId } = await world.begun(EVERYBODY)
    expect((await world.ended(runId)).counts).toMatchObject({ done: 5, already: 1 })
    // Somebody else has given one of them back meanwhile, and another has become somebody else.
    world.scim.user(ADA).active = true
    world.netskope.renameUser('alan@example.com', 'mallory@example.com')
    const undo = { change: runId, reason: 'the team stays' }
    const first = await world.call('undo_change', undo)
    expect(first).toMatchObject({ status: 'approval_required', plan: { people: 3, accounts: 3 } })
    expect(first.runId).not.toBe(runId)
    expect(first.approval?.plan.join('\n')).toContain('Reactivate 3 accounts of 3 people')
    expect(world.scim.user('alan@example.com').active).toBe(false)
    await world.approve(first)
    const again = { ...undo, approvalId: first.approval?.id }
    expect(await world.call('undo_change', again)).toMatchObject({ runId: first.runId })
    const back = await world.ended(first.runId)
    expect(back).toMatchObject({ state: 'finished', counts: { done: 3, already: 1, skipped: 1 } })
    expect(back.rows.find(({ outcome }) => outcome === 'skipped')).toMatchObject({ code: 'changed' })
    expect(world.scim.user('alan@example.com').active).toBe(true)
    expect(world.scim.user('grace@example.com').active).toBe(false)
    expect(world.netskope.user('mallory@example.com').active).toBe(false)
    const events = world.journal().filter(({ call, event }) => call === first.runId && event === 'done')
    expect(events.map(({ tool, approval }) => [tool, approval?.by])).toEqual(
      Array.from({ length: 3 }, () => ['undo_change', 'linus']),
    )
  })

  test.each<[string, (user: ScimUser) => void]>([
    [
      'has another email',
      (user) => Object.assign(user, { emails: [{ value: 'eve@example.com', primary: true }] }),
    ],
    ['has another external id', (user) => Object.assign(user, { externalId: 'of-eve' })],
    [
      'has become an administrator',
      (user) => Object.assign(user, { roles: [{ value: 'Administrator', primary: true }] }),
    ],
  ])(
    'leaves alone whose account %s by now, at planning and between the yes and the change',
    async (_, edit) => {
      await using world = await open()
      const args = { people: PEOPLE.slice(0, 2), tenants: ['acme-scim'], ...REASON }
      const { runId } = await world.begun(args)
      await world.ended(runId)
      edit(world.scim.user(ADA) as ScimUser)
      const undo = { change: runId, reason: 'a mistake' }
      const first = await world.call('undo_change', undo)
      expect(first.plan).toMatchObject({ accounts: 1, skippedCount: 1 })
      await world.approve(first)
      edit(world.scim.user('alan@example.com') as ScimUser)
      await world.call('undo_change', { ...undo, approvalId: first.approval?.id })
      const { rows } = await world.ended(first.runId)
      expect(rows.map(({ outcome, code }) => [outcome, code])).toEqual([
        ['skipped', 'changed'],
        ['skipped', 'changed'],
      ])
      expect(inactive(world.scim)).toBe(2)
    },
  )

  test('that is killed goes on: nobody twice, nobody forgotten', async () => {
    await using world = await open({}, { ownProcess: true })
    const { runId } = await world.begun(EVERYBODY)
    await world.ended(runId)
    world.scim.faults.set([{ fault: 'slow', method: 'PATCH', ms: 400 }])
    const before = world.scim.arrivals.length
    const undone = await world.begun({ change: runId, reason: 'a mistake' }, 'undo_change')
    const isUnderWay = () => world.scim.arrivals.slice(before).some(({ method }) => method === 'PATCH')
    await expect.poll(isUnderWay).toBe(true)
    world.kill()
    world.scim.faults.clear()
    await world.another()
    const run = await world.ended(undone.runId)
    expect(run).toMatchObject({ state: 'finished', counts: { done: 6, failed: 0, unknown: 0 } })
    expect([inactive(world.scim), inactive(world.netskope)]).toEqual([0, 0])
  })

  test('waits for the end of the run, and knows nobody else’s', async () => {
    await using world = await open()
    const at = new Date(Date.now() + 60_000).toISOString()
    const { runId } = await world.begun({ ...EVERYBODY, at })
    const undo = (change: string) => world.call('undo_change', { change, reason: 'a mistake' })
    expect((await undo(runId)).error).toMatchObject({ code: 'conflict' })
    expect((await undo('run-000000000000')).error).toMatchObject({ code: 'not_found' })
  })

  test('is asked for at the terminal too, where a preview changes nothing and leaves no run', async () => {
    await using world = await open()
    const { runId } = await world.begun(EVERYBODY)
    await world.ended(runId)
    const shown = await world.run(['undo', runId, '--dry-run'])
    expect(shown).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Reactivate 6 accounts of 3 people'),
    })
    expect(shown.stdout).toContain('Nothing has been changed.')
    const listed = JSON.parse((await world.runs('list', '--json')).stdout) as { runs: RunAnswer[] }
    expect(listed.runs).toHaveLength(1)
    expect(inactive(world.scim)).toBe(3)
    const agree = ['--approver', 'linus', '--confirm', '6', '--passphrase-stdin']
    const done = await world.run(['undo', runId, ...agree], { stdin: `${PASSPHRASE}\n` })
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('6 done') })
    expect([inactive(world.scim), inactive(world.netskope)]).toEqual([0, 0])
  })
})

describe('a temporary run', () => {
  const soon = (ms: number) => new Date(Date.now() + ms).toISOString()

  test('gives back what it took at its time, by the same yes, after a restart too', async () => {
    await using world = await open({}, { ownProcess: true })
    world.scim.user('grace@example.com').active = false
    const args = { ...EVERYBODY, until: soon(3_600_000) }
    const first = await world.call('offboard', args)
    expect(first.approval?.plan.join('\n')).toMatch(/At 20.*Z it gives back exactly what it took/)
    await world.approve(first)
    world.kill()
    await world.another()
    const begun = await world.call('offboard', { ...args, approvalId: first.approval?.id })
    const run = await world.ended(begun.runId)
    expect(run.counts).toMatchObject({ done: 5, already: 1 })
    const back = /by (run-\w+)/.exec((await world.call('offboard', args)).note ?? '')?.[1] ?? ''
    expect(await world.look(back)).toMatchObject({ state: 'scheduled' })
    world.kill()
    await world.overdue(back, 1_000)
    await world.another()
    const given = await world.ended(back)
    expect(given).toMatchObject({ state: 'finished', counts: { done: 5, already: 0, skipped: 0 } })
    expect([inactive(world.scim), inactive(world.netskope)]).toEqual([1, 0])
    const events = world.journal().filter(({ call, event }) => call === back && event === 'done')
    expect(events.every(({ approval: given }) => given?.by === 'linus')).toBe(true)
    expect(events).toHaveLength(5)
  })

  test('takes for good when its giving back is cancelled, and takes nothing where nothing could be given back', async () => {
    await using world = await open({}, { tenants: (own) => ({ ...own, badges: BADGES }) })
    const args = { ...EVERYBODY, until: soon(3_600_000) }
    const begun = await world.begun(args)
    const { rows } = await world.ended(begun.runId)
    expect(
      rows.filter(({ tenant }) => tenant === 'badges').map(({ outcome, code }) => [outcome, code]),
    ).toEqual(PEOPLE.map(() => ['skipped', 'unsupported']))
    const { note = '' } = await world.call('offboard', args)
    const back = /by (run-\w+)/.exec(note)?.[1] ?? ''
    expect(await world.look(back)).toMatchObject({ state: 'scheduled' })
    expect(await world.call('cancel_run', { runId: back, reason: 'they left' })).toMatchObject({
      state: 'cancelled',
    })
  })

  const HOUR_MS = 3_600_000

  test.each([2, 25])('whose clocks jump %s hours over its end', async (hours) => {
    await using world = await open()
    const args = { ...EVERYBODY, until: soon(HOUR_MS) }
    await world.ended((await world.begun(args)).runId)
    const back = /by (run-\w+)/.exec((await world.call('offboard', args)).note ?? '')?.[1] ?? ''
    await world.overdue(back, hours * HOUR_MS)
    const run = await world.ended(back)
    if (hours > 24) {
      // Nobody expects it any more: a person says whether it still holds.
      expect(run).toMatchObject({ state: 'paused', note: expect.stringContaining('more than a day ago') })
      expect(inactive(world.scim)).toBe(3)
      const words = ['resume', back, '--approver', 'linus', '--reason', 'it holds', '--passphrase-stdin']
      expect(await world.runs(...words)).toMatchObject({ code: 0 })
    }
    expect(await world.ended(back)).toMatchObject({ state: 'finished', counts: { done: 6 } })
    expect([inactive(world.scim), inactive(world.netskope)]).toEqual([0, 0])
  })

  test('that is still at it when its time has come stops, and gives back what it took by then', async () => {
    await using world = await open({ limits: { runs: { failures: 1 } } })
    world.scim.faults.set([{ fault: 'server-error', method: 'PATCH', status: 501 }, 'put-unsupported'])
    const args = { ...EVERYBODY, until: soon(HOUR_MS) }
    const { runId } = await world.begun(args)
    expect(await world.ended(runId)).toMatchObject({ state: 'paused' })
    const { rows } = await world.look(runId, { limit: 200 })
    const taken = rows.filter(({ outcome }) => outcome === 'done').length
    world.scim.faults.clear()
    const listed = JSON.parse((await world.runs('list', '--json')).stdout) as { runs: RunAnswer[] }
    const back = listed.runs.find((run) => run.runId !== runId)?.runId ?? ''
    await world.overdue(back, 0)
    expect(await world.ended(back)).toMatchObject({ state: 'finished', counts: { done: taken } })
    expect(await world.look(runId)).toMatchObject({ state: 'cancelled' })
    expect([inactive(world.scim), inactive(world.netskope)]).toEqual([0, 0])
  })

  test('that was late itself, and that an approver resumed, gives back all the same', async () => {
    await using world = await open()
    const args = { ...EVERYBODY, at: soon(HOUR_MS), until: soon(2 * HOUR_MS) }
    const { runId } = await world.begun(args)
    await world.overdue(runId, 25 * HOUR_MS)
    expect(await world.ended(runId)).toMatchObject({ state: 'paused' })
    const words = ['resume', runId, '--approver', 'linus', '--reason', 'it holds', '--passphrase-stdin']
    expect(await world.runs(...words)).toMatchObject({ code: 0 })
    expect(inactive(world.scim)).toBe(3)
    const back = /by (run-\w+)/.exec((await world.look(runId)).note ?? '')?.[1] ?? ''
    await world.overdue(back, 0)
    expect(await world.ended(back)).toMatchObject({ state: 'finished', counts: { done: 6 } })
    expect([inactive(world.scim), inactive(world.netskope)]).toEqual([0, 0])
  })

  test('that is approved when its end is over takes nothing', async () => {
    await using world = await open()
    const args = { ...EVERYBODY, until: soon(6_000) }
    const first = await world.call('offboard', args)
    await world.approve(first)
    await expect.poll(() => Date.now() > Date.parse(args.until), { timeout: 10_000 }).toBe(true)
    await world.call('offboard', { ...args, approvalId: first.approval?.id })
    expect(await world.ended(first.runId)).toMatchObject({
      state: 'cancelled',
      note: expect.stringContaining('which is over'),
    })
    expect([inactive(world.scim), inactive(world.netskope)]).toEqual([0, 0])
  })

  test.each([
    ['is over', () => ({ until: '2020-01-01T00:00Z' })],
    ['is before its begin', () => ({ at: soon(60_000), until: soon(30_000) })],
    ['has no zone', () => ({ until: '2099-01-01T00:00' })],
  ])('whose end %s is refused', async (_, times) => {
    await using world = await open()
    expect((await world.call('offboard', { ...EVERYBODY, ...times() })).error).toMatchObject({
      code: 'invalid_input',
    })
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

  test('what begins later is well until then: exit 0, and the report has who waits', async () => {
    await using world = await open()
    const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-run-'))
    const file = join(folder, 'leavers.csv')
    writeFileSync(file, `email\n${ADA}\n`)
    const agree = ['--approver', 'linus', '--confirm', '2', '--passphrase-stdin', '--reason', 'left']
    const [at, until] = [60_000, 120_000].map((ms) => new Date(Date.now() + ms * 60).toISOString())
    const times = ['--at', String(at), '--until', String(until)]
    const done = await world.run(['offboard', file, ...agree, ...times, '--out', folder], {
      stdin: `${PASSPHRASE}\n`,
    })
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining(`It begins at ${at}`) })
    const report = readFileSync(join(folder, 'report.md'), 'utf8')
    expect(report).toContain('2 waiting')
    expect(report).toContain(ADA)
    expect(world.scim.writes).toEqual([])
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
