import { describe, expect, test } from 'vitest'
import type { AuditFilter } from '../../src/domain/audit-filter.ts'
import type { AuditPosition } from '../../src/domain/operations.ts'
import netskope from '../fixtures/netskope.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { netskopeAt } from './netskope-at.ts'

const { audit, errors } = netskope
const since = new Date(1_760_000_000_000)
const until = new Date(1_760_086_400_000)

const pull = async (
  answer: (arrived: ReceivedRequest, index: number) => CannedReply,
  ask: AuditFilter & { limit?: number; at?: AuditPosition | undefined; since?: Date; until?: Date } = {},
  settings: Record<string, unknown> = {},
) => {
  await using app = await serveCanned(answer)
  const { at, ...rest } = ask
  const page = await netskopeAt(app.url, settings).pullAudit(
    { since, until, limit: 2, ...rest, ...(at && { at }) },
    context(),
  )
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

test('reads events in our words, in the order of the log, and goes on from there', async () => {
  const first = await pull(() => audit.dataPage1, { user: 'Admin.Kim@example.com', role: 'actor' })
  expect(first.items).toEqual([
    {
      id: '936301',
      time: '2025-10-09T20:00:03.000Z',
      actor: 'admin.kim@example.com',
      action: 'Login Successful',
      target: 'admin.kim@example.com',
      source: 'app',
    },
    {
      id: '936302',
      time: '2025-10-09T20:08:20.000Z',
      actor: 'admin.kim@example.com',
      action: 'Edit Policy',
      target: 'Block uploads',
      source: 'app',
    },
  ])
  expect(first).toMatchObject({
    order: 'oldest_first',
    complete: false,
    next: { offset: 2, size: 2 },
    reached: '2025-10-09T20:08:20.000Z',
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
  expect(page).toMatchObject({ ids: ['e1', 'e2'], complete: true })
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
  const page = await pull(() => result(event(1, other), event(2, other)), {
    user: 'admin.kim@example.com',
    role: 'actor',
  })
  expect(page).toMatchObject({ ids: [], complete: false, note: expect.stringContaining('`offset`') })
})

test('compares the one who acted again, by either name', async () => {
  const page = await pull(
    () =>
      result(
        event(1, { user: 'bo@example.com' }),
        event(2, { user: null, ur_normalized: 'ADMIN.KIM@example.com' }),
        event(3, { user: 'bo@example.com', supporting_data: { data_values: ['admin.kim@example.com'] } }),
      ),
    { user: 'admin.kim@example.com', role: 'actor', limit: 5 },
  )
  expect(page).toMatchObject({ ids: ['e2'], items: [{ actor: 'ADMIN.KIM@example.com' }] })
})

test('does not call an empty answer proof that nothing was done', async () => {
  const page = await pull(() => audit.obfuscatedUser, { user: 'admin.kim@example.com' })
  expect(page).toMatchObject({ items: [], complete: true, note: expect.stringContaining('does not prove') })
})

test.each(['admin"kim@x', "o'brien@x", 'a\\b@x', 'admin', 'a b@x', 'a@x) or (b', 'a\n@x'])(
  'refuses to ask for the actor %j',
  async (user) => {
    await using app = await serveCanned(() => result())
    await expect(
      netskopeAt(app.url).pullAudit({ since, until, user, role: 'actor', limit: 1 }, context()),
    ).rejects.toMatchObject({ code: 'invalid_input' })
    expect(app.asked).toEqual([])
  },
)

test('leaves out what lies outside the span', async () => {
  const page = await pull(() => result(event(-1), event(0), event(86_400), event(86_401)), { limit: 5 })
  expect(page.ids).toEqual(['e0', 'e86400'])
})

test('says that events without a time were left out', async () => {
  const page = await pull(() => result(event(1), event(2, { timestamp: null })), { limit: 5 })
  expect(page).toMatchObject({ ids: ['e1'], complete: false, leftOut: 1 })
  expect(page.note).toContain('1 events have no time that can be read and are left out: e2.')
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

const KIM = 'admin.kim@example.com'
const BO = 'bo@example.com'
const ADA = 'ada@example.com'
const values = (...data_values: unknown[]) => ({ supporting_data: { data_type: 'user', data_values } })
const LOG = [
  event(1, { ...values(ADA), audit_log_event: 'SCIM User updated' }),
  event(2, { user: BO, ...values('192.0.2.1', KIM), audit_log_event: 'Edit Admin' }),
  event(3, { user: ADA, ...values('192.0.2.7', ADA), audit_log_event: 'Login Successful' }),
  event(4, { user: BO, ...values(`Deactivated ${ADA}.`), audit_log_event: 'Deleted User' }),
  event(5, { user: BO, ...values(BO, 'Ada@Example.com'), audit_log_event: 'Created Users' }),
  event(6, { user: BO, details: `<${ADA}> was removed`, audit_log_event: 'Group changed' }),
  event(7, { user: BO, audit_log_event: `Made ${ADA} an administrator` }),
  event(8, { user: BO, ...values(`not-${ADA}`, `${ADA}.evil.example`, 'x+ada@example.com') }),
  event(9, { user: null, ur_normalized: ADA, supporting_data: { data_values: KIM } }),
]

test.each<[string, AuditFilter, string[]]>([
  ['nothing', {}, ['e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'e8', 'e9']],
  ['who acted, by either name', { user: 'ADA@example.com', role: 'actor' }, ['e3', 'e9']],
  ['whom it concerned, also in a text', { user: ADA, role: 'target' }, ['e1', 'e3', 'e4', 'e5', 'e6', 'e7']],
  ['either, when nothing is said', { user: ADA }, ['e1', 'e3', 'e4', 'e5', 'e6', 'e7', 'e9']],
  ['either, when it is said', { user: KIM, role: 'either' }, ['e1', 'e2', 'e9']],
  ['a part of a name', { user: 'ada' }, []],
  ['what would be a pattern', { user: '.*@example\\.com|(' }, []],
  ['what would break out of a query', { user: 'a" or user like "' }, []],
  ['a word of the action', { action: 'user' }, ['e1', 'e4', 'e5']],
  ['words in any case and order', { action: 'UPDATED scim' }, ['e1']],
  ['a word that begins one', { action: 'delete' }, ['e4']],
  ['a word that one begins', { action: 'administrators' }, ['e2', 'e7']],
  ['the middle of a word', { action: 'pdated' }, []],
  ['both', { user: ADA, role: 'target', action: 'login' }, ['e3']],
])('asked for %s, tells of that alone', async (_, filter, ids) => {
  const page = await pull(paged(LOG), { ...filter, limit: 50 })
  expect(page).toMatchObject({ ids, complete: true })
  // The app can search by the actor alone.
  expect(page.queries.some(({ query }) => query !== undefined)).toBe(filter.role === 'actor')
  expect(page.note?.includes('does not prove')).toBe(ids.length === 0)
})

test('names whom it was asked about as the target, where an event names several', async () => {
  const page = await pull(paged(LOG), { user: ADA, action: 'created' })
  expect(page.items).toMatchObject([{ actor: BO, target: ADA }])
})

test.each<[string, unknown, string | undefined]>([
  ['seconds', 1_760_000_001, '2025-10-09T08:53:21.000Z'],
  ['seconds with a fraction', 1_760_000_001.5, '2025-10-09T08:53:21.500Z'],
  ['milliseconds', 1_760_000_001_250, '2025-10-09T08:53:21.250Z'],
  ['microseconds', 1_760_000_001_250_000, '2025-10-09T08:53:21.250Z'],
  ['seconds as text', '1760000001', '2025-10-09T08:53:21.000Z'],
  ['seconds with a fraction, as text', ' 1760000001.5 ', '2025-10-09T08:53:21.500Z'],
  ['milliseconds as text', '1760000001250', '2025-10-09T08:53:21.250Z'],
  ['ISO', '2025-10-09T08:53:21Z', '2025-10-09T08:53:21.000Z'],
  ['ISO with a fraction', '2025-10-09T08:53:21.123456Z', '2025-10-09T08:53:21.123Z'],
  ['ISO with a zone', '2025-10-09T10:53:21+02:00', '2025-10-09T08:53:21.000Z'],
  ['ISO with a zone, written short', '2025-10-09 03:23:21 -0530', '2025-10-09T08:53:21.000Z'],
  ['ISO without a zone', '2025-10-09T08:53:21', '2025-10-09T08:53:21.000Z'],
  ['ISO with a blank and "UTC"', '2025-10-09 08:53:21 UTC', '2025-10-09T08:53:21.000Z'],
  ['ISO to the minute', '2025-10-09T08:54Z', '2025-10-09T08:54:00.000Z'],
  ['zero', 0, undefined],
  ['a time before all', -5, undefined],
  ['a number beyond all time', 1e20, undefined],
  ['no number', Number.NaN, undefined],
  ['a day that is none', '2025-13-45T08:53:21Z', undefined],
  ['words', 'yesterday', undefined],
  ['an empty text', '', undefined],
  ['an object', { epoch: 1 }, undefined],
  ['nothing', null, undefined],
])('reads a time given as %s', async (_, timestamp, time) => {
  const page = await pull(() => result(event(1, { timestamp })), { limit: 5 })
  expect(page.items[0]?.time).toBe(time)
  expect(page).toMatchObject({ complete: time !== undefined, leftOut: time === undefined ? 1 : 0 })
  if (time === undefined) expect(page.note).toContain('left out: e1.')
})

test('takes the time of insertion where the event has no other', async () => {
  const { items } = await pull(
    () => result(event(1, { timestamp: 'soon', insertion_epoch_timestamp: '1760000009' })),
    { limit: 5 },
  )
  expect(items[0]?.time).toBe('2025-10-09T08:53:29.000Z')
})

describe('events without an id', () => {
  const equal = (count: number, second = 1, action = 'login') =>
    Array.from({ length: count }, () => ({
      timestamp: 1_760_000_000 + second,
      user: 'ana.ruiz@example.com',
      action,
    }))
  const pullAll = async (events: unknown[], ask: AuditFilter & { limit: number }) => {
    const ids: string[] = []
    let at: AuditPosition | undefined
    for (let page = 0; page < 50; page += 1) {
      const answer = await pull(paged(events), { ...ask, at })
      expect(answer.ids.length).toBeLessThanOrEqual(ask.limit)
      ids.push(...answer.ids)
      at = answer.next
      if (!at) return { ids, complete: answer.complete }
    }
    throw new Error('it never ends')
  }

  test.each<[string, unknown[], number]>([
    ['ten equal ones', equal(10), 50],
    ['ten equal ones, over pages', equal(10), 3],
    ['250 equal ones, over pages', equal(250), 100],
    ['equal ones among others, over pages', [...equal(4), ...equal(3, 2), ...equal(5, 3)], 2],
    [
      'equal ones in turn, over pages',
      Array.from({ length: 6 }, () => [...equal(1), ...equal(1, 1, 'x')]).flat(),
      2,
    ],
  ])('are each an event: %s', async (_, events, limit) => {
    const once = await pullAll(events, { limit: 5_000 })
    const inPages = await pullAll(events, { limit })
    expect(inPages.complete).toBe(true)
    expect(new Set(inPages.ids).size).toBe(events.length)
    // The same event has the same id, whatever the pages.
    expect(inPages.ids).toEqual(once.ids)
  })

  test('are each an event where they were searched for', async () => {
    const events = [...equal(7), ...equal(6, 2)]
    const found = await pullAll(events, { limit: 4, user: 'ana.ruiz@example.com', action: 'login' })
    expect(new Set(found.ids).size).toBe(13)
    expect(found.complete).toBe(true)
  })

  test('are not told twice by an app that ignores the offset', async () => {
    const ignoring = () => ({ body: { ok: 1, data: equal(2) } })
    const first = await pull(ignoring)
    const second = await pull(ignoring, { at: first.next })
    expect(second).toMatchObject({ items: [], complete: false, note: expect.stringContaining('`offset`') })
  })
})

describe('a long pull', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => event(index, { user: index % 10 ? BO : ADA }))

  test.each<[string, number, AuditFilter & { limit: number }, number[]]>([
    ['5,000 of 5,001 events', 5_001, { limit: 5_000 }, [5_000]],
    ['a page of 6,001 events, which a long export goes on behind', 6_001, { limit: 50_000 }, [5_000]],
    ['1,000 of 1,234 events', 1_234, { limit: 1_000 }, [1_000]],
    ['a search in 1,234 events', 1_234, { limit: 100, action: 'deleted' }, [5_000]],
    ['a search in 6,001 events', 6_001, { limit: 1_000, user: ADA }, [5_000, 5_000]],
  ])('needs no more requests than the app has pages: %s', async (_, count, ask, limits) => {
    const { queries } = await pull(paged(many(count)), ask)
    expect(queries.map(({ limit }) => Number(limit))).toEqual(limits)
  })

  test('goes on in the middle of a page, with no event twice and none missed', async () => {
    const ids: string[] = []
    let at: AuditPosition | undefined
    do {
      const page = await pull(paged(many(701)), { user: ADA, limit: 30, at })
      ids.push(...page.ids)
      at = page.next
    } while (at)
    expect(ids).toEqual(many(701).flatMap(({ _id }, index) => (index % 10 ? [] : [_id])))
  })

  test('reads on where the app sends fewer than were asked for', async () => {
    const capped = ({ query }: ReceivedRequest) => {
      const offset = Number(query.offset)
      return result(...many(250).slice(offset, offset + 100))
    }
    const page = await pull(capped, { limit: 1_000 })
    expect(page.complete).toBe(true)
    expect(page.ids).toHaveLength(250)
  })

  test('reads no more pages than a call may, and says so', async () => {
    const endless = ({ query }: ReceivedRequest) =>
      result(...Array.from({ length: 5_000 }, (_, at) => event(Number(query.offset) + at, { user: BO })))
    const page = await pull(endless, { user: ADA, limit: 10 })
    expect(page).toMatchObject({ items: [], complete: false, next: { offset: 50_000 } })
    expect(page.queries).toHaveLength(10)
  })

  test('has the next page on its way while one is taken, where the caller reads on, and asks for each once', async () => {
    const events = Array.from({ length: 5_001 }, (_, index) => event(index))
    await using app = await serveCanned(paged(events))
    const { pullAudit } = netskopeAt(app.url)
    const span = { since, until, limit: 50_000, readsOn: true } as const
    const first = await pullAudit(span, context())
    const next = first.next && { at: first.next }
    await expect.poll(() => app.asked.length).toBe(2)
    // Nobody else is given what was fetched for another.
    expect((await pullAudit({ since, until, limit: 50_000, ...next }, context())).items).toHaveLength(1)
    const rest = await pullAudit({ ...span, ...next }, context())
    expect([first.items.length, rest.items.length, rest.next]).toEqual([5_000, 1, undefined])
    expect(app.asked.map(({ query }) => query.offset)).toEqual(['0', '5000', '5000'])
  })

  test('is told of a page that failed on its way, and asks for it again', async () => {
    const events = Array.from({ length: 5_001 }, (_, index) => event(index))
    await using app = await serveCanned((arrived, index) =>
      index === 1 ? { status: 503, body: {} } : paged(events)(arrived),
    )
    const { pullAudit } = netskopeAt(app.url)
    const span = { since, until, limit: 50_000, readsOn: true } as const
    const first = await pullAudit(span, context())
    const rest = () => pullAudit({ ...span, ...(first.next && { at: first.next }) }, context())
    await expect(rest()).rejects.toMatchObject({ code: 'unavailable' })
    expect((await rest()).items).toHaveLength(1)
  })
})
