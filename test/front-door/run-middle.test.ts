// @module-tag long

import { expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openWorld, type World } from '../support/world.ts'

const PEOPLE = Array.from({ length: 8 }, (_, at) => `leaver-${at}@example.com`)
const ASKED = { people: PEOPLE, tenants: ['acme-scim'], reason: 'the team was closed' }

interface Answer {
  runId: string
  state: string
  counts: Record<string, number>
  rows: { person: string; outcome: string; code?: string }[]
  note?: string
  approval: { id: string }
}

type Faults = Parameters<World['sandbox']['tenants']['acme-scim']['faults']['set']>[0]

/** A run over eight people at one app, approved and begun once the app has these faults. */
async function begin(faults: Faults) {
  const world = await openWorld({
    tenants: (own) => own,
    sandbox: { apps: ['netskope', 'scim'], perMinute: 100_000 },
    settings: { limits: { runs: { failures: 3 } } },
  })
  await addApprovers(world, 'linus')
  const scim = world.sandbox.tenants['acme-scim']
  for (const userName of PEOPLE) scim.addUser({ userName })
  const call = async (tool: string, args: object) => (await world.call(tool, args)) as unknown as Answer
  const { runId, approval } = await call('offboard', ASKED)
  const approver = ['--approver', 'linus', '--passphrase-stdin']
  const agree = (...words: string[]) => world.run([...words, ...approver], { stdin: `${PASSPHRASE}\n` })
  expect(await agree('approvals', 'approve', approval.id, '--confirm', '8')).toMatchObject({ code: 0 })
  scim.faults.set(faults)
  await call('offboard', { ...ASKED, approvalId: approval.id })
  const look = () => call('get_run', { runId })
  return {
    ...world,
    scim,
    runId,
    call,
    agree,
    look,
    inactive: () => PEOPLE.filter((name) => scim.user(name).active === false),
    async ended() {
      await expect.poll(async () => (await look()).state, { timeout: 60_000 }).not.toBe('running')
      return look()
    },
  }
}

test('a run that is resumed counts its failures anew, and tries again what failed only when it is told to', async () => {
  await using run = await begin([{ fault: 'server-error', method: 'PATCH', status: 501 }, 'put-unsupported'])
  expect(await run.ended()).toMatchObject({ state: 'paused', counts: { failed: 4, waiting: 4 } })
  const resume = (...more: string[]) => run.agree('runs', 'resume', run.runId, '--reason', 'looked', ...more)
  // The app is as it was: what is left fails, too, and a person is asked again.
  expect((await resume()).stdout).toContain('paused')
  expect(await run.look()).toMatchObject({ state: 'paused', counts: { failed: 8, waiting: 0 } })
  run.scim.faults.clear()
  expect((await resume()).stdout).toContain('finished')
  expect(await run.look()).toMatchObject({ state: 'finished', counts: { failed: 8, done: 0 } })
  expect(run.inactive()).toEqual([])
  expect((await resume('--failed')).stdout).toContain('finished')
  expect(await run.look()).toMatchObject({ state: 'finished', counts: { failed: 0, done: 8 } })
  expect(run.inactive()).toEqual(PEOPLE)
})

test('a run that is cancelled in the middle ends what it has begun, leaves the rest alone, and says of each which', async () => {
  await using run = await begin([{ fault: 'slow', method: 'PATCH', ms: 2_000 }])
  await expect.poll(() => run.scim.arrivals.some(({ method }) => method === 'PATCH')).toBe(true)
  const cancelled = await run.call('cancel_run', { runId: run.runId, reason: 'they stay' })
  expect(cancelled).toMatchObject({ state: 'cancelled', note: expect.stringContaining('they stay') })
  // Begun is at first not known, and then settled.
  await expect
    .poll(async () => (await run.look()).counts, { timeout: 30_000 })
    .toMatchObject({ done: 4, skipped: 4 })
  const { rows } = await run.look()
  const named = (outcome: string) => rows.flatMap((row) => (row.outcome === outcome ? row.person : []))
  expect(named('done')).toEqual(run.inactive())
  expect(rows.filter(({ outcome }) => outcome === 'skipped').every(({ code }) => code === 'cancelled')).toBe(
    true,
  )
  expect(run.scim.writes).toHaveLength(4)
})

test('a run spends no more than the budget, and leaves what a person asks meanwhile its share', async () => {
  const perMinute = 60
  await using world = await openWorld({ tenant: { budget: { perMinute } }, sandbox: { perMinute } })
  const people = Array.from({ length: 80 }, () => world.newcomer().userName)
  const before = world.netskope.arrivals.length
  const spent = () => world.netskope.arrivals.length - before
  void world.call('offboard', { people, reason: 'the team was closed' }).catch(() => undefined)
  // As much as the run may have of this minute.
  let last = -1
  while (last !== spent()) {
    last = spent()
    await new Promise((resolve) => setTimeout(resolve, 3_000))
  }
  expect(last).toBeGreaterThan(perMinute / 2)
  const found = await world.call('find_user', { user: people[0] })
  expect(found).toMatchObject({ people: [{ accounts: [{ userName: people[0] }] }] })
  expect(JSON.stringify(found)).not.toContain('rate_limited')
  expect(spent()).toBeLessThanOrEqual(perMinute)
})
