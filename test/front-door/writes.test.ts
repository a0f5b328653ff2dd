import { appendFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openWorld } from '../support/world.ts'

const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }
const QUIET = { settings: { confirm: { removes: 'none' } } }

interface Result {
  status: string
  results: { outcome: string; verified: boolean; code?: string; note?: string }[]
}

test('a deactivation is one look-up, one write and one reading back', async () => {
  await using world = await openWorld(QUIET)
  expect(await world.call('deactivate_user', LEAVES)).toMatchObject({ status: 'done' })
  expect(world.netskope.arrivals.map(({ method }) => method)).toEqual(['GET', 'PATCH', 'GET'])
})

test('a deactivation asked about reads the account again before it writes', async () => {
  await using world = await openWorld()
  await world.call('deactivate_user', LEAVES)
  expect(world.netskope.arrivals.map(({ method }) => method)).toEqual(['GET', 'GET', 'PATCH', 'GET'])
})

test('what the result says of enforcement is configurable', async () => {
  await using world = await openWorld({ ...QUIET, tenant: { propagationMinutes: 5 } })
  const { results } = (await world.call('deactivate_user', LEAVES)) as unknown as Result
  expect(results[0]?.note).toContain('up to 5 minutes')
  expect(results[0]?.note).toContain('identity provider')
})

test('a lost reply ends as what is read back, with one write', async () => {
  await using world = await openWorld({
    ...QUIET,
    sandbox: { faults: [{ fault: 'lost-reply', method: 'PATCH' }] },
  })
  expect(await world.call('deactivate_user', LEAVES)).toMatchObject({
    status: 'done',
    results: [{ outcome: 'deactivated', verified: true }],
  })
  expect(world.netskope.writes).toHaveLength(1)
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
  await using world = await openWorld(QUIET)
  expect((await world.call('deactivate_user', { ...LEAVES, user: 'nobody@example.com' })).error?.code).toBe(
    'not_found',
  )
})

test('reactivation undoes it', async () => {
  await using world = await openWorld(QUIET)
  await world.call('deactivate_user', LEAVES)
  expect(await world.call('reactivate_user', { ...LEAVES, reason: 'is back' })).toMatchObject({
    status: 'done',
    results: [{ outcome: 'reactivated', verified: true }],
  })
  expect(world.netskope.user(ADA)?.active).toBe(true)
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
