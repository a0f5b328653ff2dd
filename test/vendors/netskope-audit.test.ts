import { expect, test } from 'vitest'
import type { AuditPosition } from '../../src/domain/operations.ts'
import netskope from '../fixtures/netskope.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { netskopeAt } from './netskope-at.ts'

const { audit, errors } = netskope
const since = new Date(1_760_000_000_000)
const until = new Date(1_760_086_400_000)

const pull = async (
  answer: (arrived: ReceivedRequest, index: number) => CannedReply,
  ask: { user?: string; limit?: number; at?: AuditPosition; since?: Date; until?: Date } = {},
  settings: Record<string, unknown> = {},
) => {
  await using app = await serveCanned(answer)
  const page = await netskopeAt(app.url, settings).pullAudit({ since, until, limit: 2, ...ask }, context())
  return { ...page, ids: page.items.map(({ id }) => id), queries: app.asked.map(({ query }) => query) }
}

const event = (index: number, more: Record<string, unknown> = {}) => ({
  _id: `e${index}`,
  timestamp: 1_760_000_000 + index,
  user: 'admin.kim@example.com',
  audit_log_event: 'Edit Policy',
  ...more,
})
const result = (...events: unknown[]): CannedReply => ({ body: { ok: 1, result: events } })

/** Pages over `events` as the app would, by the parameter of that name. */
const paged =
  (events: unknown[], param = 'offset') =>
  ({ query }: ReceivedRequest): CannedReply => {
    const offset = Number(query[param] ?? 0)
    return result(...events.slice(offset, offset + Number(query.limit)))
  }

test('reads events in our words, newest first, and goes on from there', async () => {
  const first = await pull(() => audit.dataPage1, { user: 'Admin.Kim@example.com' })
  expect(first.items).toEqual([
    {
      id: '936302',
      time: '2025-10-09T20:08:20.000Z',
      actor: 'admin.kim@example.com',
      action: 'Edit Policy',
      target: 'Block uploads',
      source: 'app',
    },
    {
      id: '936301',
      time: '2025-10-09T20:00:03.000Z',
      actor: 'admin.kim@example.com',
      action: 'Login Successful',
      target: 'admin.kim@example.com',
      source: 'app',
    },
  ])
  expect(first).toMatchObject({
    order: 'oldest_first',
    complete: false,
    next: { offset: 2, before: '936301' },
  })
  expect(first.queries).toEqual([
    {
      query: 'user eq "Admin.Kim@example.com"',
      limit: '2',
      offset: '0',
      starttime: '1760000000',
      endtime: '1760086400',
    },
  ])
  const second = await pull(() => audit.dataPage2, { at: first.next })
  expect(second).toMatchObject({ ids: ['936303'], complete: true })
})

test('reads the key `data` and the field `action` too', async () => {
  const page = await pull(() => audit.dataKey, { since: new Date(0) })
  expect(page).toMatchObject({
    items: [{ actor: 'ana.ruiz@example.com', action: 'login', time: '2023-11-14T22:13:20.000Z' }],
    complete: true,
    order: 'unknown',
  })
  expect(page.items[0]?.id).toMatch(/^[\da-f]{24}$/)
})

test.each([
  ['an empty page', audit.dataEmpty],
  ['"no data found"', errors.statusErrorIn200],
])('takes %s for the end', async (_, reply) => {
  expect(await pull(() => reply)).toMatchObject({ items: [], complete: true })
})

test.each<[string, string, CannedReply]>([
  ['a body without events', 'bad_reply', { body: { ok: 1 } }],
  ['events that are no list', 'bad_reply', { body: { ok: 1, result: 'none' } }],
  ['ok:0', 'unauthorized', errors.okZeroIn200],
  ['a web page', 'bad_reply', errors.htmlIn200],
  ['a gateway without the route', 'unavailable', netskope.scim.gatewayNoRoute],
])('never takes %s for an empty log, but says %s', async (_, code, reply) => {
  await expect(pull(() => reply)).rejects.toMatchObject({ code })
})

test('says whose log it is', async () => {
  expect((await pull(() => audit.dataPage1)).note).toContain('administrators')
})

test('stops on a short page', async () => {
  const page = await pull(() => result(event(1)), { limit: 5 })
  expect(page).toMatchObject({ ids: ['e1'], complete: true })
  expect(page.queries).toHaveLength(1)
})

test('reads on after a short page when the app speaks of more', async () => {
  const page = await pull(
    ({ query }) =>
      query.offset === '0'
        ? { body: { ok: 1, result: [event(1)], status: { total: 2 } } }
        : { body: { ok: 1, result: [event(2)], status: { total: 2 } } },
    { limit: 5 },
  )
  expect(page).toMatchObject({ ids: ['e2', 'e1'], complete: true })
})

test('asks for no more than the app gives', async () => {
  const page = await pull(() => result(), { limit: 20_000 })
  expect(page.queries[0]?.limit).toBe('5000')
})

test.each(['offset', 'skip'] as const)('pages by %s where the settings say so', async (auditOffsetParam) => {
  const events = Array.from({ length: 5 }, (_, index) => event(index))
  const ids: string[] = []
  let at: AuditPosition | undefined
  do {
    const page = await pull(paged(events, auditOffsetParam), { at }, { auditOffsetParam })
    ids.push(...page.ids)
    at = page.next
  } while (at)
  expect(ids.sort()).toEqual(['e0', 'e1', 'e2', 'e3', 'e4'])
})

test('notices across calls that the offset is ignored, and repeats nothing', async () => {
  const ignoring = paged([event(1), event(2), event(3)], 'skip')
  const first = await pull(ignoring)
  const second = await pull(ignoring, { at: first.next })
  expect(second).toMatchObject({
    items: [],
    complete: false,
    note: expect.stringContaining('auditOffsetParam'),
  })
  expect(second).not.toHaveProperty('next')
})

test('notices within a call that the offset is ignored', async () => {
  const other = { user: 'bo@example.com' }
  const page = await pull(() => result(event(1), event(2, other)), { user: 'admin.kim@example.com' })
  expect(page).toMatchObject({ ids: ['e1'], complete: false, note: expect.stringContaining('`offset`') })
})

test('compares the one who acted again, by either name', async () => {
  const page = await pull(
    () =>
      result(
        event(1, { user: 'bo@example.com' }),
        event(2, { user: null, ur_normalized: 'ADMIN.KIM@example.com' }),
        event(3, { user: 'bo@example.com', supporting_data: { data_values: ['admin.kim@example.com'] } }),
      ),
    { user: 'admin.kim@example.com', limit: 5 },
  )
  expect(page).toMatchObject({ ids: ['e2'], items: [{ actor: 'ADMIN.KIM@example.com' }] })
})

test('does not call an empty answer proof that nothing was done', async () => {
  const page = await pull(() => audit.obfuscatedUser, { user: 'admin.kim@example.com' })
  expect(page).toMatchObject({ items: [], complete: true, note: expect.stringContaining('does not prove') })
})

test.each(['admin"kim@x', "o'brien@x", 'a\\b@x', 'admin', 'a b@x', 'a@x) or (b', 'a\n@x'])(
  'refuses to ask for the user %j',
  async (user) => {
    await using app = await serveCanned(() => result())
    await expect(
      netskopeAt(app.url).pullAudit({ since, until, user, limit: 1 }, context()),
    ).rejects.toMatchObject({ code: 'invalid_input' })
    expect(app.asked).toEqual([])
  },
)

test('leaves out what lies outside the span', async () => {
  const page = await pull(() => result(event(-1), event(0), event(86_400), event(86_401)), { limit: 5 })
  expect(page.ids).toEqual(['e86400', 'e0'])
})

test('says that events without a time were left out', async () => {
  const page = await pull(() => result(event(1), event(2, { timestamp: null })), { limit: 5 })
  expect(page).toMatchObject({ ids: ['e1'], complete: false, note: expect.stringContaining('no time') })
})

test.each([
  ['newest_first', [event(9), event(1)]],
  ['oldest_first', [event(1), event(9)]],
  ['unknown', [event(1), event(1, { _id: 'x' })]],
  ['unknown', [event(1)]],
])('says that the pages run %s', async (order, events) => {
  expect((await pull(() => result(...events), { limit: 5 })).order).toBe(order)
})

test.each([
  ['a number', { _id: 7 }, '7'],
  ['hex', { _id: '5f0a1b2c3d4e5f60718293a4' }, '5f0a1b2c3d4e5f60718293a4'],
  ['an object', { _id: { $oid: 'abc' } }, 'abc'],
  ['nothing', { _id: null }, /^[\da-f]{24}$/],
])('knows an event whose id is %s', async (_, more, id) => {
  const { ids } = await pull(() => result(event(1, more)), { limit: 5 })
  expect(ids[0]).toMatch(id)
})

test.each<[string, unknown, string | undefined]>([
  ['one value', { data_type: 'policy', data_values: ['Block uploads'] }, 'Block uploads'],
  ['several values', { data_type: 'policy', data_values: ['a', 'b'] }, undefined],
  [
    'a user and an address',
    { data_type: 'user', data_values: ['192.0.2.1', 'a@example.com'] },
    'a@example.com',
  ],
  ['no values', { data_type: 'policy' }, undefined],
  ['null', null, undefined],
])('names a target only where it is clearly one: %s', async (_, supporting_data, target) => {
  const { items } = await pull(() => result(event(1, { supporting_data })), { limit: 5 })
  expect(items[0]?.target).toBe(target)
})

test('makes what the app says safe to show', async () => {
  const { items } = await pull(
    () => result(event(1, { user: 'a\u202e@x', audit_log_event: `\u0007${'x'.repeat(999)}` })),
    {
      limit: 5,
    },
  )
  expect(items[0]?.actor).toBe('a@x')
  expect(items[0]?.action).toHaveLength(256)
})
