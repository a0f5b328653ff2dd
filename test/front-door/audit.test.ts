// @module-tag long

import { describe, expect, test } from 'vitest'
import { ALL_SCOPES, openHttpWorld } from '../support/http-world.ts'
import { allRows, rowsOf } from '../support/rows.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

interface Event {
  id: string
  time: string
  actor?: string
  action: string
  target?: string
  source: string
  approvedBy?: string
  change?: string
}
interface Pulled {
  events: Event[]
  nextCursor?: string
  complete: boolean
  note: string
}

const ADA = 'ada@example.com'
const monthAgo = () => new Date(Date.now() - 30 * 86_400_000).toISOString()

const shared = shareWorld(() => openWorld({ tenants: (own) => own }))
const pull = async (args: Record<string, unknown>) =>
  (await shared().call('pull_audit', args)) as unknown as Pulled
const leave = (tenant: string, user = ADA) =>
  shared().call('deactivate_user', { user, tenants: [tenant], reason: 'left' })

describe('who deactivated somebody', () => {
  test('is told by the app, which knows a token, and by the journal, which knows who asked and approved', async () => {
    const { change } = await leave('acme-netskope')
    const asked = { tenant: 'acme-netskope', user: ADA, role: 'target' }
    const { events, complete } = await pull(asked)
    expect(complete).toBe(true)
    // The app's times are whole seconds, so either can be the newer.
    expect(events.toSorted((one, other) => (one.source < other.source ? -1 : 1))).toMatchObject([
      { source: 'app', actor: 'api-token-scim', action: 'SCIM User updated', target: ADA },
      {
        source: 'journal',
        actor: expect.stringMatching(/^local:/),
        action: 'deactivate account: done (it was active)',
        target: ADA,
        approvedBy: expect.stringMatching(/^local:/),
        change,
      },
    ])
    expect((await pull({ ...asked, role: 'actor' })).events).toEqual([])
    expect((await pull({ ...asked, role: undefined, action: 'deactivated' })).events).toMatchObject([
      { source: 'journal' },
    ])
  })

  test('is told by the journal where the log of the app cannot be read, which is said', async () => {
    const { netskope } = shared()
    const user = netskope.addUser({ userName: 'leaver@example.com' }).userName
    await leave('acme-netskope', user)
    netskope.faults.set([{ fault: 'unavailable', path: '/events/' }])
    const pulled = await pull({ tenant: 'acme-netskope', user, role: 'target' })
    netskope.faults.clear()
    expect(pulled).toMatchObject({ events: [{ source: 'journal' }], complete: false })
    expect(pulled.note).toContain('could not be read (unavailable)')
  })

  test.each(['acme-gainsight', 'acme-mindtickle'] as const)(
    'is told of %s, which has no log, and only as what this server did',
    async (tenant) => {
      const before = await pull({ tenant, user: ADA })
      expect(before).toMatchObject({
        events: [],
        complete: false,
        note: expect.stringContaining('proves nothing'),
      })
      await leave(tenant)
      const { arrivals } = shared().sandbox.tenants[tenant]
      const requests = arrivals.length
      const after = await pull({ tenant, user: ADA })
      expect(after.events).toMatchObject([
        { source: 'journal', target: ADA, action: /^deactivate account: done/ },
      ])
      expect(after).toMatchObject({ complete: false, note: expect.stringContaining('no log') })
      expect(arrivals.length).toBe(requests)
    },
  )
})

test('who was made an administrator takes few bytes', async () => {
  const asked = { tenant: 'acme-netskope', since: monthAgo(), action: 'admin' }
  const pulled = await pull({ ...asked, limit: 20 })
  expect(pulled.events.length).toBe(20)
  expect(rowsOf<Event>(pulled, 'events').every(({ action }) => /admin/i.test(action))).toBe(true)
  expect(Buffer.byteLength(JSON.stringify(pulled))).toBeLessThan(5_000)
})

test('both logs are merged by time, and paged with no event twice and none missed', async () => {
  const world = shared()
  const people = [world.newcomer(), world.newcomer(), world.newcomer()]
  for (const { userName } of people) await leave('acme-netskope', userName)
  const since = new Date(Date.now() - 3 * 86_400_000).toISOString()
  const paged = (limit: number, until?: string) => {
    const first = { since, ...(until && { until }) }
    return allRows<Event, Pulled>(pull, 'events', { tenant: 'acme-netskope', limit, first })
  }
  // As many as fit.
  const { rows: whole, pages: large } = await paged(5_000)
  expect(whole.filter(({ source }) => source === 'journal').length).toBeGreaterThanOrEqual(3)
  const { rows: events, pages: small } = await paged(7, whole[0]?.time)
  for (const page of small) expect(page.events.length).toBeLessThanOrEqual(7)
  for (const page of [...large, ...small]) expect(page.complete).toBe(!page.nextCursor)
  expect(events.map(({ id }) => id).sort()).toEqual(whole.map(({ id }) => id).sort())
  const times = events.map(({ time }) => time)
  expect(times).toEqual(times.toSorted().reverse())
})

test('a cursor is of no use with another question', async () => {
  const asked = {
    tenant: 'acme-netskope',
    since: monthAgo(),
    limit: 2,
    role: 'actor',
    user: 'grace@example.com',
  }
  const { nextCursor: cursor } = await pull(asked)
  for (const other of [
    { role: 'target' },
    { action: 'login' },
    { user: ADA },
    { tenant: 'acme-gainsight' },
  ]) {
    const answer = await shared().call('pull_audit', { tenant: 'acme-netskope', cursor, ...other })
    expect(answer.error?.code, JSON.stringify(other)).toBe('invalid_input')
  }
  // Ten requests are the most for one call, each as long as the first.
  expect((await pull({ tenant: 'acme-netskope', cursor, limit: 50 })).events).toHaveLength(20)
})

test('an app that ignores the offset is noticed; its log is not called complete', async () => {
  const { netskope } = shared()
  netskope.faults.set(['offset-ignored'])
  const asked = { tenant: 'acme-netskope', limit: 50 }
  const first = await pull({ ...asked, since: monthAgo() })
  let { nextCursor: cursor } = first
  const ids = first.events.map(({ id }) => id)
  let last = first
  while (cursor) {
    last = await pull({ ...asked, cursor })
    ids.push(...last.events.map(({ id }) => id))
    cursor = last.nextCursor
  }
  netskope.faults.set([])
  expect(last).toMatchObject({ complete: false, note: expect.stringContaining('auditOffsetParam') })
  expect(new Set(ids).size).toBe(ids.length)
})

test('a caller sees what others did, at its own tenants alone', async () => {
  await using world = await openHttpWorld({
    tenants: (own) => own,
    settings: { confirm: { removes: 'none' } },
  })
  const one = await world.guest({ token: await world.token('one', ALL_SCOPES) })
  const { change } = await one.call('deactivate_user', {
    user: ADA,
    tenants: ['acme-netskope', 'acme-gainsight'],
    reason: 'left',
  })
  const auditor = await world.guest({
    token: await world.token('auditor', ['identity:audit'], ['acme-gainsight']),
  })
  const told = await auditor.call('pull_audit', { tenant: 'acme-gainsight' })
  expect(told).toMatchObject({
    events: [{ actor: expect.stringMatching(/^token:one#\w+$/), source: 'journal', target: ADA, change }],
  })
  const hidden = await auditor.call('pull_audit', { tenant: 'acme-netskope' })
  expect(hidden.error?.code).toBe('unknown_tenant')
  const reader = await world.guest({ token: await world.token('reader', ['identity:read']) })
  expect((await reader.call('pull_audit', { tenant: 'acme-gainsight' })).error?.code).toBe('forbidden')
})
