import { appendFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }
const QUIET = { settings: { confirm: { removes: 'none' } } }

const shared = shareWorld(() => openWorld(QUIET))
/** Somebody new who leaves in the world that tests share, and what has happened there since. */
function leaving() {
  const world = shared()
  const { userName: user } = world.newcomer()
  return { world, user, leaves: { ...LEAVES, user }, ...world.since() }
}

interface Result {
  status: string
  results: { outcome: string; verified: boolean; code?: string; note?: string }[]
}

test('a deactivation is one look-up, the record, one write and the record again', async () => {
  const { world, leaves, arrivals } = leaving()
  // The first look-up tests the filters of the app.
  await world.call('find_user', { user: ADA })
  const before = arrivals().length
  expect(await world.call('deactivate_user', leaves)).toMatchObject({ status: 'done' })
  const methods = arrivals().map(({ method }) => method)
  expect(methods.slice(before)).toEqual(['GET', 'GET', 'PATCH', 'GET'])
})

test('a deactivation asked about reads the account again before it writes', async () => {
  await using world = await openWorld()
  await world.call('find_user', { user: ADA })
  const before = world.netskope.arrivals.length
  await world.call('deactivate_user', LEAVES)
  const methods = world.netskope.arrivals.map(({ method }) => method)
  expect(methods.slice(before)).toEqual(['GET', 'GET', 'GET', 'GET', 'PATCH', 'GET'])
})

test('what the result says of enforcement is configurable', async () => {
  await using world = await openWorld({ ...QUIET, tenant: { propagationMinutes: 5 } })
  const { results } = (await world.call('deactivate_user', LEAVES)) as unknown as Result
  expect(results[0]?.note).toContain('up to 5 minutes')
  expect(results[0]?.note).toContain('identity provider')
})

test('a lost reply ends as what is read back, with one write', async () => {
  const { world, leaves, writes } = leaving()
  world.netskope.faults.set([{ fault: 'lost-reply', method: 'PATCH', times: 1 }])
  expect(await world.call('deactivate_user', leaves)).toMatchObject({
    status: 'done',
    results: [{ outcome: 'deactivated', verified: true }],
  })
  expect(writes()).toHaveLength(1)
})

test('a write that was cut off and does not show ends as unknown, with one write', async () => {
  await using world = await openWorld({
    ...QUIET,
    tenant: { verifyWindowMs: 200 },
    sandbox: { faults: [{ fault: 'reset', method: 'PATCH' }] },
  })
  expect(await world.call('deactivate_user', LEAVES)).toMatchObject({
    status: 'failed',
    results: [{ outcome: 'unknown', verified: false, code: 'unknown_outcome' }],
  })
  expect(world.netskope.writes.length).toBeLessThanOrEqual(1)
  expect(world.journal().at(-1)?.event).toBe('unknown')
})

test('a change that shows late is waited for', async () => {
  await using world = await openWorld({ ...QUIET, sandbox: { faults: [{ fault: 'eventual', ms: 400 }] } })
  expect(await world.call('deactivate_user', LEAVES)).toMatchObject({
    status: 'done',
    results: [{ verified: true }],
  })
})

test('an account that lacks everywhere is not_found; one that lacks in one place is a row', async () => {
  const { world } = leaving()
  expect((await world.call('deactivate_user', { ...LEAVES, user: 'nobody@example.com' })).error?.code).toBe(
    'not_found',
  )
})

test('reactivation undoes it', async () => {
  const { world, user, leaves } = leaving()
  await world.call('deactivate_user', leaves)
  expect(await world.call('reactivate_user', { ...leaves, reason: 'is back' })).toMatchObject({
    status: 'done',
    results: [{ outcome: 'reactivated', verified: true }],
  })
  expect(world.netskope.user(user).active).toBe(true)
})

test('a dry run plans and sends nothing', async () => {
  await using world = await openWorld({ ...QUIET, tenant: { dryRun: true } })
  expect(await world.call('deactivate_user', LEAVES)).toMatchObject({
    status: 'failed',
    results: [{ code: 'refused' }],
  })
  expect(world.netskope.writes).toEqual([])
})

test.each([
  ['asked about', {}, { error: { code: 'unavailable' } }],
  ['not asked about', QUIET, { status: 'failed', results: [{ outcome: 'failed', code: 'unavailable' }] }],
])(
  'nothing that is %s is written to the app when the journal cannot be written',
  async (_, options, answer) => {
    await using world = await openWorld(options)
    await world.call('deactivate_user', { ...LEAVES, user: 'nobody@example.com' })
    appendFileSync(`${world.dataDir}/journal.jsonl`, '{"forged":true}\n')
    expect(await world.call('deactivate_user', LEAVES)).toMatchObject(answer)
    expect(world.netskope.writes).toEqual([])
  },
)
