import { describe, expect, test } from 'vitest'
import { parseExact, stringifyExact } from '../../src/vendors/http/exact-json.ts'
import { context, serveCanned } from '../support/canned.ts'
import { gainsightAt } from './gainsight-at.ts'
import { listOf, scimAt } from './scim/scim-at.ts'

const good = (id: string) => ({ id, userName: `${id}@example.com`, displayName: id })

/** A row as the app sends it, the ids that are read, and what the note says of it. */
const ROWS: [string, string, string[], string | undefined][] = [
  ['nothing', 'null', [], 'row 2 (no usable id)'],
  ['a text', '"u2"', [], 'row 2 (no usable id)'],
  ['a list', '[]', [], 'row 2 (no usable id)'],
  ['no id', '{"userName":"x","displayName":"x"}', [], 'row 2 (no usable id)'],
  ['an object for an id', '{"id":{"value":1},"userName":"x"}', [], 'row 2 (no usable id)'],
  ['an id that walks', '{"id":"../Groups/1","userName":"x"}', [], 'row 2 (no usable id)'],
  ['a fraction for an id', '{"id":1.5,"userName":"x"}', [], 'row 2 (no usable id)'],
  ['a large id', '{"id":9007199254740993,"userName":"x"}', ['9007199254740993'], undefined],
  [
    'a larger id',
    '{"id":-123456789012345678901234567890,"userName":"x"}',
    ['-123456789012345678901234567890'],
    undefined,
  ],
  ['a number for a name', '{"id":"7","userName":4711}', ['7'], undefined],
  ['odd times', '{"id":"7","userName":"x","meta":{"created":{},"lastModified":[1]}}', ['7'], undefined],
]
/** Rows that are no user, though they may be a group. */
const NAMELESS: typeof ROWS = [
  ['no name', '{"id":"u2"}', [], '"u2" (no usable name)'],
  ['an object for a name', '{"id":"u2","userName":{}}', [], '"u2" (no usable name)'],
  ['null for a name', '{"id":"u2","userName":null}', [], '"u2" (no usable name)'],
]

const bodyWith = (row: string) =>
  `{"totalResults":3,"Resources":[${JSON.stringify(good('u1'))},${row},${JSON.stringify(good('u3'))}]}`

const check = (
  page: { items: { id: string }[]; complete: boolean; note?: string },
  ids: string[],
  note: string | undefined,
) => {
  expect(page.items.map(({ id }) => id)).toEqual(['u1', ...ids, 'u3'])
  expect(page.complete).toBe(note === undefined)
  if (note === undefined) expect(page.note).toBeUndefined()
  else expect(page.note).toContain(note)
}

describe.each(['application/scim+json', 'text/plain'])('sent as %s', (type) => {
  const headers = { 'content-type': type }

  test.each([...ROWS, ...NAMELESS])('a user with %s', async (_, row, ids, note) => {
    await using app = await serveCanned(() => ({ raw: bodyWith(row), headers }))
    check(await scimAt(app.url, { pageSize: 50 }).listAccounts({ limit: 9 }, context()), ids, note)
  })

  test.each(ROWS)('a group with %s', async (_, row, ids, note) => {
    await using app = await serveCanned(() => ({ raw: bodyWith(row), headers }))
    check(await scimAt(app.url, { pageSize: 50 }).listGroups({ limit: 9 }, context()), ids, note)
  })

  test.each([...ROWS, ...NAMELESS])('a user of Gainsight with %s', async (_, row, ids, note) => {
    const renamed = row.replace('"id"', '"userId"').replace('"userName"', '"email"')
    const raw = `{"result":true,"totalCount":3,"data":[{"userId":"u1","email":"a@x"},${renamed},{"userId":"u3","email":"c@x"}]}`
    await using app = await serveCanned(() => ({ raw, headers }))
    const operations = gainsightAt(app.url, { tokens: { accessKey: 'key' }, restDialect: 'users' })
    check(await operations.listAccounts({ limit: 9 }, context()), ids, note)
  })
})

test('names five of the rows, and counts the others', async () => {
  const rows = [good('u1'), ...Array.from({ length: 8 }, () => null)]
  await using app = await serveCanned(() => ({ body: listOf(rows) }))
  const page = await scimAt(app.url, { pageSize: 50 }).listAccounts({ limit: 9 }, context())
  expect(page.note).toContain('8 rows could not be read: row 2 (no usable id), row 3')
  expect(page.note).toContain('row 6 (no usable id), 3 more.')
})

test('counts members that cannot be read, and tells groups among them', async () => {
  const members = [
    { value: 'u1', display: 'ana@example.com', type: 'User' },
    null,
    {},
    { value: {} },
    { value: 9 },
    { value: 'g2', display: 'Sales', type: 'Group' },
    { value: 'g3', display: 'All of them', $ref: 'https://x.example/scim/Groups/g3' },
    'u4',
  ]
  const body = { id: 'g1', displayName: 'G', members }
  await using app = await serveCanned(({ path }) => ({ body: path === '/Groups' ? listOf([]) : body }))
  expect(await scimAt(app.url).readGroup({ group: 'g1' }, context())).toEqual({
    id: 'g1',
    name: 'G',
    memberCount: 8,
    unreadableMembers: 3,
    members: [
      { id: 'u1', userName: 'ana@example.com' },
      { id: '9' },
      { id: 'g2', type: 'group', name: 'Sales' },
      { id: 'g3', type: 'group', name: 'All of them' },
      { id: 'u4' },
    ],
  })
})

const EXACT =
  '{"id":12345678901234567890,"a":[-9007199254740993,1e400,0.1234567890123456789,"98765432109876543210","\\"1234567890123456789"]}'

test('sends a large number back with the same digits', async () => {
  expect(stringifyExact(parseExact(EXACT))).toBe(
    EXACT.replace('1e400', 'null').replace('0.1234567890123456789', '0.12345678901234568'),
  )
  const raw = '{"id":"u1","userName":"u1","externalId":12345678901234567890,"badge":98765432109876543210}'
  await using app = await serveCanned(({ method }) => (method === 'GET' ? { raw } : {}))
  const scim = scimAt(app.url, { patchStrategy: 'put' })
  expect(await scim.readAccount({ id: 'u1' }, context())).toMatchObject({
    externalId: '12345678901234567890',
  })
  await scim.updateAccount({ id: 'u1', userName: 'u1', set: { title: 'x' } }, context())
  const sent = app.asked.at(-1)
  expect(sent?.method).toBe('PUT')
  expect(sent?.text).toContain('"externalId":12345678901234567890,"badge":98765432109876543210')
})

test.each(['{"a":12345678901234567', '12345678901234567 1', '{12345678901234567:1}', '"12345678901234567'])(
  'takes %s for no JSON',
  (text) => expect(() => parseExact(text)).toThrow(SyntaxError),
)

test('reads a large text with many quotes quickly', () => {
  const text = JSON.stringify({ a: '\\"'.repeat(2_000_000), b: '1234567890123456789' })
  expect(parseExact(text)).toEqual(JSON.parse(text))
})

const JOSE = 'jos\u00e9@example.com'
const people = (userName: string) => JSON.stringify(listOf([good('u1'), { id: 'u2', userName }]))
const find = async (raw: Buffer, type: string, who: string) => {
  await using app = await serveCanned(({ path }) =>
    path === '/Users' ? { raw, headers: { 'content-type': type } } : { status: 404, body: { status: '404' } },
  )
  return await scimAt(app.url, { pageSize: 10 }).findAccounts({ user: who }, context())
}

test.each<[string, BufferEncoding, string]>([
  ['UTF-8', 'utf8', 'application/scim+json'],
  ['the charset that it names', 'latin1', 'application/json; charset=ISO-8859-1'],
  ['UTF-16', 'utf16le', 'application/json; charset="utf-16le"'],
  ['a charset that there is not', 'utf8', 'application/json; charset=none-such'],
])('an app that writes %s is read', async (_, encoding, type) => {
  const { accounts, gap } = await find(Buffer.from(people(JOSE), encoding), type, JOSE)
  expect({ accounts, gap }).toMatchObject({ accounts: [{ id: 'u2', userName: JOSE }] })
})

test('somebody whose letters were lost on the way is never absent', async () => {
  const found = find(Buffer.from(people(JOSE), 'latin1'), 'application/json', JOSE)
  await expect(found).rejects.toMatchObject({ code: 'bad_reply' })
})
