// @module-tag long

import { userInfo } from 'node:os'
import { expect, test } from 'vitest'
import type { Arrival } from '../../src/sandbox/index.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { allRows } from '../support/rows.ts'
import { openWorld, type WorldOptions } from '../support/world.ts'

const REASON = { reason: 'the team was closed' }

interface Answer {
  status: string
  state: string
  runId: string
  plan: { people: number; accounts: number; skippedCount: number; skipped: { person: string }[] }
  counts: Record<string, number>
  rows: { person: string; tenant?: string; outcome: string; code?: string; note?: string }[]
  approval?: { id: string }
  note?: string
  error?: { code: string; tenant?: string }
}

/** Two apps, or those of `more`, and an approver. */
async function open(more: Partial<WorldOptions> = {}) {
  const world = await openWorld({
    tenants: (own) => own,
    sandbox: { apps: ['netskope', 'scim'], perMinute: 100_000 },
    ...more,
  })
  await addApprovers(world, 'linus')
  const call = async (tool: string, args: object) => (await world.call(tool, args)) as unknown as Answer
  const approve = ({ approval }: Answer, accounts: number) => {
    const words = ['approvals', 'approve', approval?.id ?? '', '--approver', 'linus', '--passphrase-stdin']
    return world.run([...words, '--confirm', String(accounts)], { stdin: `${PASSPHRASE}\n` })
  }
  const looked = (runId: string) => call('get_run', { runId, limit: 200 })
  return {
    ...world,
    call,
    approve,
    looked,
    scim: world.sandbox.tenants['acme-scim'],
    async ended(args: object): Promise<Answer> {
      const first = await call('offboard', args)
      expect(await approve(first, first.plan.accounts)).toMatchObject({ code: 0 })
      await call('offboard', { ...args, approvalId: first.approval?.id })
      await expect
        .poll(async () => (await looked(first.runId)).state, { timeout: 60_000 })
        .not.toMatch(/running|scheduled/)
      return looked(first.runId)
    },
  }
}

test('a plan names the first 20 of those who are left alone, and get_run all of them', async () => {
  await using world = await open()
  const nobody = Array.from({ length: 25 }, (_, at) => `nobody-${at}@example.com`)
  const people = ['ada@example.com', ...nobody]
  const { runId, plan } = await world.call('offboard', { people, tenants: ['acme-netskope'], ...REASON })
  expect(plan).toMatchObject({ people: 26, accounts: 1, skippedCount: 25 })
  expect(plan.skipped.map(({ person }) => person)).toEqual(nobody.slice(0, 20))
  const { rows } = await world.looked(runId)
  const skipped = rows.filter(({ outcome }) => outcome === 'skipped')
  expect(skipped.map(({ person, tenant, code }) => [person, tenant, code])).toEqual(
    nobody.map((person) => [person, undefined, 'not_found']),
  )
})

test('the rows of a run are paged so that each answer fits, and each is there once', async () => {
  await using world = await open()
  const people = Array.from({ length: 150 }, (_, at) => `nobody-with-a-rather-long-name-${at}@example.com`)
  const asked = { people: ['ada@example.com', ...people], tenants: ['acme-netskope'], ...REASON }
  const { runId } = await world.call('offboard', asked)
  const look = (args: object) => world.call('get_run', { runId, limit: 200, ...args }) as never
  const { rows, pages } = await allRows<{ person: string }>(look, 'rows', { outcome: 'skipped' })
  expect(rows.map(({ person }) => person)).toEqual(people)
  expect(pages.length).toBeGreaterThan(1)
  for (const page of pages) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(8_000)
})

test('the number of accounts confirms a run, and no other number does', async () => {
  await using world = await open()
  const first = await world.call('offboard', { people: ['ada@example.com'], ...REASON })
  expect(first.status).toBe('approval_required')
  expect((await world.approve(first, first.plan.accounts + 1)).code).not.toBe(0)
  expect((await world.approve(first, first.plan.accounts)).code).toBe(0)
})

test('a run that names a read-only tenant is refused, and one that names none leaves it out', async () => {
  await using world = await open({
    tenants: (own) => ({ ...own, 'acme-scim': { ...own['acme-scim'], allowWrites: false } }),
  })
  const people = [world.newcomer().userName]
  world.scim.addUser({ userName: people[0] ?? '' })
  const named = await world.call('offboard', { people, tenants: ['acme-netskope', 'acme-scim'], ...REASON })
  expect(named.error).toMatchObject({ code: 'read_only', tenant: 'acme-scim' })
  const { runId } = await world.call('offboard', { people, ...REASON })
  expect((await world.looked(runId)).rows.map(({ tenant }) => tenant)).toEqual(['acme-netskope'])
})

test('the caller’s own account is left alone, and the others are not', async () => {
  await using world = await open()
  const own = userInfo().username
  const other = world.newcomer().userName
  world.netskope.addUser({ userName: own })
  const people = [own, other]
  const { counts, rows } = await world.ended({ people, tenants: ['acme-netskope'], ...REASON })
  expect(counts).toMatchObject({ done: 1, skipped: 1 })
  expect(rows.find(({ person }) => person === own)).toMatchObject({ outcome: 'skipped', code: 'protected' })
})

test('of the administrators of an app one stays, and the run goes on', async () => {
  await using world = await open({
    settings: { confirm: { admins: 'approve' } },
    sandbox: { apps: ['gainsight'], perMinute: 100_000 },
    tenants: (own) => ({ 'acme-gainsight': { ...own['acme-gainsight'], superAdminWrites: true } }),
  })
  const app = world.sandbox.tenants['acme-gainsight']
  const admins = ['grace@example.com', 'breakglass@example.com']
  const { counts, rows } = await world.ended({ people: [...admins, 'ada@example.com'], ...REASON })
  expect(counts).toMatchObject({ done: 2, skipped: 1 })
  expect(rows.filter(({ outcome }) => outcome === 'skipped')).toMatchObject([{ code: 'protected' }])
  expect(admins.filter((name) => app.user(name).active)).toHaveLength(1)
})

test('whoever is meant by an address of two accounts is left alone, and the others are not', async () => {
  await using world = await open()
  const emails = [{ value: 'mary.twice@example.com', primary: true }]
  for (const userName of ['mary.1@example.com', 'mary.2@example.com'])
    world.netskope.addUser({ userName, emails })
  const other = world.newcomer().userName
  const asked = { people: ['mary.twice@example.com', other], tenants: ['acme-netskope'], ...REASON }
  const { counts, rows } = await world.ended(asked)
  expect(counts).toMatchObject({ done: 1, skipped: 1 })
  expect(rows.find(({ outcome }) => outcome === 'skipped')).toMatchObject({
    person: 'mary.twice@example.com',
    code: 'ambiguous',
  })
  for (const userName of ['mary.1@example.com', 'mary.2@example.com'])
    expect(world.netskope.user(userName).active).toBe(true)
})

test('the export of the journal names every account that a run changed, by address and id', async () => {
  await using world = await open()
  const people = Array.from({ length: 6 }, () => world.newcomer().userName)
  const { runId } = await world.ended({ people, tenants: ['acme-netskope'], ...REASON })
  const { stdout } = await world.run(['journal', 'export'])
  const done = stdout
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as { event: string; call: string; account?: { id: string; userName: string } },
    )
    .filter(({ event, call }) => event === 'done' && call === runId)
  expect(done.map(({ account }) => account?.userName).sort()).toEqual(people.toSorted())
  for (const { account } of done) expect(account?.id).toBe(world.netskope.user(account?.userName ?? '').id)
})

test('an administrator who needs more people’s yes than the others is left alone; alone they are asked about', async () => {
  await using world = await open({
    settings: {
      confirm: { rules: [{ when: { administrator: true }, level: 'approve', approvers: 2 }] },
    },
    sandbox: { apps: ['gainsight'], perMinute: 100_000 },
    tenants: (own) => ({ 'acme-gainsight': { ...own['acme-gainsight'], superAdminWrites: true } }),
  })
  const admin = 'grace@example.com'
  const both = await world.call('offboard', { people: [admin, 'ada@example.com'], ...REASON })
  expect(both).toMatchObject({ status: 'approval_required', plan: { accounts: 1, skippedCount: 1 } })
  const { rows } = await world.looked(both.runId)
  expect(rows.find(({ person }) => person === admin)).toMatchObject({
    outcome: 'skipped',
    code: 'protected',
    note: expect.stringContaining('needs more people to approve it'),
  })
  const alone = await world.call('offboard', { people: [admin], ...REASON })
  expect(alone).toMatchObject({ status: 'approval_required', plan: { accounts: 1, skippedCount: 0 } })
})

test('a run pauses at a share of failures, of five attempts and more', async () => {
  await using world = await open({ settings: { limits: { runs: { failures: 100, failureShare: 0.5 } } } })
  const people = Array.from({ length: 12 }, () => world.newcomer().userName)
  world.netskope.faults.set([{ fault: 'server-error', method: 'PATCH', status: 501 }, 'put-unsupported'])
  const run = await world.ended({ people, tenants: ['acme-netskope'], ...REASON })
  expect(run).toMatchObject({ state: 'paused', note: expect.stringMatching(/of \d+ changes failed.*50 %/) })
  const { failed = 0, unknown = 0, waiting = 0 } = run.counts
  expect(failed + unknown).toBeGreaterThanOrEqual(5)
  expect(waiting).toBeGreaterThan(0)
})

test('in a run, the sessions of everybody end in every app that can before any other write in any app', async () => {
  await using world = await open({
    sandbox: { apps: ['okta', 'entra', 'google', 'scim'], perMinute: 100_000 },
  })
  const names = ['acme-okta', 'acme-entra', 'acme-google', 'acme-scim'] as const
  const people = world.scim.users
    .flatMap(({ userName, active }) => (active && /^[a-z]+\.[a-z]+@/.test(userName) ? userName : []))
    .slice(0, 3)
  const apps = names.map((name) => world.sandbox.tenants[name as never] as { arrivals: readonly Arrival[] })
  const { state, counts } = await world.ended({ people, tenants: names, ...REASON })
  expect(state).toBe('finished')
  expect(counts.failed).toBe(0)
  const writes = apps
    .flatMap(({ arrivals }) => arrivals)
    .filter(({ method, path }) => method !== 'GET' && !path.endsWith('/token'))
    .toSorted((a, b) => a.at - b.at)
    .map(({ path, method }) =>
      method === 'DELETE' || /\/(sessions|revokeSignInSessions|signOut)$/.test(path) ? 'ends' : 'changes',
    )
  const [ending, changing] = ['ends', 'changes'].map((what) => writes.filter((one) => one === what).length)
  expect(ending).toBeGreaterThanOrEqual(6)
  expect(changing).toBeGreaterThanOrEqual(6)
  expect(writes.lastIndexOf('ends')).toBeLessThan(writes.indexOf('changes'))
})
