import { describe, expect, test } from 'vitest'
import type { ListPosition, Match, Operations } from '../../src/domain/operations.ts'
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { gainsightAt } from './gainsight-at.ts'
import { listOf, scimAt } from './scim/scim-at.ts'

/** How an app treats a filter. */
type Habit =
  | 'honours it'
  | 'ignores it'
  | 'finds nobody'
  | 'finds active ones alone'
  | 'sends a sample'
  | 'refuses it'
  | 'fails once'

interface Someone {
  id: string
  active?: boolean
}

const active = (...ids: string[]): Someone[] => ids.map((id) => ({ id, active: true }))
const inactive = (id: string): Someone => ({ id, active: false })

/** Those whom an app with this habit finds, or a refusal. */
function answer(
  people: readonly Someone[],
  wanted: string | undefined,
  habit: Habit,
  index: number,
): readonly Someone[] | number {
  if (wanted === undefined || habit === 'ignores it') return people
  if (habit === 'refuses it') return 501
  if (habit === 'fails once' && index === 0) return 500
  if (habit === 'sends a sample') return people.slice(0, 1)
  const finds = habit !== 'finds nobody' && !(habit === 'finds active ones alone' && wanted === 'false')
  return finds ? people.filter(({ active }) => String(active) === wanted) : []
}

/** One way of reaching an app that keeps these people, with pages of two. */
interface Surface {
  /** What is behind a first page that claims to be the whole list is asked for, once. */
  asksBehind?: true
  open(url: string, memory: Map<string, unknown>): Pick<Required<Operations>, 'listAccounts'>
  reply(people: readonly Someone[], habit: Habit): (arrived: ReceivedRequest, index: number) => CannedReply
}

const page = (people: readonly Someone[], start: number) => people.slice(start - 1, start + 1)

const scim: Surface = {
  asksBehind: true,
  open: (url, memory) => scimAt(url, { memory }),
  reply:
    (people, habit) =>
    ({ query }, index) => {
      const found = answer(people, /^active eq (\w+)$/.exec(query.filter ?? '')?.[1], habit, index)
      if (typeof found === 'number') return { status: found, body: { detail: 'no' } }
      const rows = page(found, Number(query.startIndex)).map((one) => ({ ...one, userName: one.id }))
      return { body: listOf(rows.slice(0, Number(query.count)), found.length) }
    },
}

const users: Surface = {
  open: (url, memory) =>
    gainsightAt(url, { tokens: { accessKey: 'key' }, restDialect: 'users', pageSize: 2 }, memory),
  reply:
    (people, habit) =>
    ({ query }, index) => {
      const found = answer(people, query.isActive, habit, index)
      if (typeof found === 'number') return { status: found, body: { result: false } }
      const size = Number(query.pageSize)
      const rows = found.slice((Number(query.page) - 1) * size, Number(query.page) * size)
      const data = rows.map(({ id, active }) => ({
        userId: id,
        email: `${id}@example.com`,
        isActive: active,
      }))
      return { body: { result: true, data, totalCount: found.length } }
    },
}

const services: Surface = {
  open: (url, memory) =>
    gainsightAt(url, { tokens: { accessKey: 'key' }, restDialect: 'services', pageSize: 2 }, memory),
  reply:
    (people, habit) =>
    ({ body }, index) => {
      const asked = body as { page: number; limit: number; where?: { conditions: { value: unknown[] }[] } } // what we send
      const wanted = asked.where?.conditions[0]?.value[0]
      const found = answer(people, wanted === undefined ? undefined : String(wanted), habit, index)
      if (typeof found === 'number') return { status: found, body: { result: false, errorDesc: 'no' } }
      const rows = found.slice(asked.page * asked.limit, (asked.page + 1) * asked.limit)
      const records = rows.map(({ id, active }) => ({
        Gsid: id,
        Email: `${id}@example.com`,
        IsActiveUser: active,
      }))
      return { body: { result: true, data: { records, totalRecords: found.length } } }
    },
}

/** Reads a listing to its end. */
async function readAll(app: Pick<Required<Operations>, 'listAccounts'>, match: Match, limit = 100) {
  const ids: string[] = []
  let at: ListPosition | undefined
  for (let calls = 0; calls < 50; calls++) {
    const { items, next, complete, note } = await app.listAccounts(
      { match, limit, ...(at && { at }) },
      context(),
    )
    ids.push(...items.map(({ id }) => id))
    if (!next) return { ids, complete, note }
    at = next
  }
  throw new Error('the listing does not end')
}

/** The habit, who is there, who is found, whether it is all, and the requests that it takes the first and second time. */
const CASES: [Habit, Someone[], string[], boolean, [number, number]][] = [
  ['honours it', [...active('a', 'b', 'c'), inactive('d')], ['d'], true, [1, 1]],
  ['honours it', active('a', 'b', 'c', 'd'), [], true, [3, 1]],
  ['honours it', [], [], true, [2, 2]],
  ['honours it', [...active('a', 'b', 'c'), { id: 'd' }], [], false, [4, 2]],
  ['ignores it', [...active('a', 'b', 'c'), inactive('d')], ['d'], true, [3, 2]],
  ['ignores it', [inactive('a'), inactive('b'), inactive('c')], ['a', 'b', 'c'], true, [2, 2]],
  ['finds nobody', [inactive('a'), ...active('b', 'c', 'd')], ['a'], true, [3, 2]],
  ['finds nobody', [...active('a', 'b', 'c'), inactive('d')], ['d'], true, [4, 2]],
  ['finds nobody', [...active('a', 'b', 'c')], [], true, [4, 2]],
  ['finds active ones alone', [...active('a', 'b', 'c', 'd'), inactive('e')], ['e'], true, [5, 3]],
  ['sends a sample', [...active('a', 'b', 'c'), inactive('d')], ['d'], true, [3, 2]],
  ['refuses it', [...active('a', 'b', 'c'), inactive('d')], ['d'], true, [3, 2]],
  ['fails once', [...active('a', 'b', 'c'), inactive('d')], ['d'], true, [3, 1]],
]

describe.each(Object.entries({ scim, users, services }))('%s', (_, { open, reply, asksBehind }) => {
  const cases: typeof CASES = [...CASES, ['honours it', active('a'), [], true, asksBehind ? [3, 2] : [2, 2]]]
  test.each(cases)('an app that %s, with %j', async (habit, people, ids, complete, requests) => {
    await using app = await serveCanned(reply(people, habit))
    const operations = open(app.url, new Map())
    const asked: number[] = []
    for (const _ of requests) {
      const before = app.asked.length
      expect(await readAll(operations, { status: 'inactive' })).toMatchObject({ ids, complete })
      asked.push(app.asked.length - before)
    }
    expect(asked).toEqual(requests)
  })

  test('a listing goes on as it began, whatever is learned meanwhile', async () => {
    const people = [inactive('a'), ...active('b', 'c'), inactive('d'), ...active('e'), inactive('f')]
    let habit: Habit = 'honours it'
    await using app = await serveCanned((arrived, index) => reply(people, habit)(arrived, index))
    const memory = new Map<string, unknown>()
    const first = await open(app.url, memory).listAccounts(
      { match: { status: 'inactive' }, limit: 1 },
      context(),
    )
    habit = 'finds nobody'
    await readAll(open(app.url, memory), { status: 'inactive' })
    habit = 'honours it'
    const more = { match: { status: 'inactive' as const }, limit: 9, ...(first.next && { at: first.next }) }
    const rest = await open(app.url, memory).listAccounts(more, context())
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(['a', 'd', 'f'])
  })
})

test('an app that finds nobody by one of two fields is not believed', async () => {
  const people = ['a', 'b', 'c'].map((id) => ({ id, userName: id, active: true, externalId: `x-${id}` }))
  await using app = await serveCanned(({ query }) => {
    const found = query.filter ? [] : people
    return { body: listOf(page(found, Number(query.startIndex)), found.length) }
  })
  const match: Match = { externalId: 'x-c', status: 'active' }
  expect(await readAll(scimAt(app.url), match)).toMatchObject({ ids: ['c'], complete: true })
})

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

/** What the records tell, what is matched, who is found, and what the note says. */
const TELLING: [string, Record<string, unknown>[], Match, string[], string | undefined][] = [
  ['all', [{ title: 'a' }, { title: 'b' }], { title: 'a' }, ['0'], undefined],
  ['none', [{}, {}, {}], { department: 'Ops' }, [], 'does not tell department of any user read: 3 of 3'],
  [
    'some',
    [{ title: 'a' }, {}, {}],
    { title: 'a' },
    ['0'],
    '2 of 3 users could not be judged and may match: their records lack title (2)',
  ],
  [
    'one that has nothing',
    [{ title: 'a' }, { title: null }, { title: '' }],
    { title: 'a' },
    ['0'],
    undefined,
  ],
  ['one without groups', [{ groups: ['a'] }, { groups: [] }], { group: 'a' }, ['0'], undefined],
  ['one without known groups', [{ groups: ['a'] }, {}], { group: 'a' }, ['0'], 'group (1)'],
  [
    'one whom another field rules out',
    [{ title: 'b' }, { title: 'a', [ENTERPRISE]: { department: 'Ops' } }],
    { title: 'a', department: 'Ops' },
    ['1'],
    undefined,
  ],
  [
    'one field of two',
    [{ title: 'a' }, { title: 'a' }],
    { title: 'a', department: 'Ops' },
    [],
    'does not tell department of any user read: 2 of 2',
  ],
  ['no status', [{}], { status: 'active' }, [], 'does not tell status'],
  ['no manager', [{ [ENTERPRISE]: { manager: null } }], { manager: 'm' }, [], undefined],
  ['no administrator', [{}, {}], { admin: true }, [], 'does not tell admin of any user'],
  ['no licence', [{}, {}], { licence: 'Full' }, [], 'does not tell licence of any user'],
]

test.each(TELLING)('says whom it could not judge: %s', async (_, records, match, ids, note) => {
  const people = records.map((record, index) => ({ id: String(index), userName: `u${index}`, ...record }))
  await using app = await serveCanned(() => ({ body: listOf(people) }))
  const answer = await readAll(scimAt(app.url, { pageSize: 50 }), match)
  expect(answer).toMatchObject({ ids, complete: note === undefined })
  if (note === undefined) expect(answer.note).toBeUndefined()
  else expect(answer.note).toContain(note)
  if (match.admin) expect(app.asked).toEqual([])
})

test.each(['users', 'services'])('says whom it could not judge: Gainsight, %s', async (restDialect) => {
  await using app = await serveCanned(() => ({
    body: { result: true, data: [{ userId: '1', Gsid: '1', email: 'a@x.example', Email: 'a@x.example' }] },
  }))
  const operations = gainsightAt(app.url, { tokens: { accessKey: 'key' }, restDialect })
  expect(await readAll(operations, { licence: 'Full' })).toMatchObject({
    ids: [],
    complete: false,
    note: expect.stringContaining('does not tell licence'),
  })
})
