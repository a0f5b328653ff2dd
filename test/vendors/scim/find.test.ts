import { describe, expect, test } from 'vitest'
import type { Found } from '../../../src/domain/operations.ts'
import netskope from '../../fixtures/netskope.json' with { type: 'json' }
import quirks from '../../fixtures/scim-quirks.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { listOf, scimAt, user } from './scim-at.ts'

const { scim } = netskope
const ana = user('u1', 'ana@example.com', { externalId: 'E1', emails: [{ value: 'ana.ruiz@example.com' }] })
const bo = user('u2', 'bo@example.com', { externalId: 'E2', emails: [{ value: 'bo.li@example.com' }] })
const cy = user('u3', 'cy@example.com', { externalId: 'E3', emails: [{ value: 'cy.ng@example.com' }] })
const others = ['di', 'eve', 'fay'].map((name) => user(`${name}-id`, `${name}@example.com`))
const none = { body: listOf([]) }

/** What is asked, without the values: the attributes of a filter, or the path. */
const shape = ({ path, query: { filter } }: ReceivedRequest): string =>
  filter?.replace(/ eq "(?:[^"\\]|\\.)*"/g, '') ?? path

interface AppLike {
  users?: Record<string, unknown>[]
  /** Answers to filters of these attributes, by their shape, in place of honest ones. */
  odd?: Record<string, CannedReply>
  /** Whether the list shows all users to whoever asks for none in particular. */
  listed?: boolean
  /** Whether it compares letter by letter. */
  exact?: boolean
}

/** Answers filters by `eq` and `or` honestly, as far as nothing else is said. */
const honest =
  ({ users = [ana, bo, cy, ...others], odd = {}, listed = true, exact = false }: AppLike = {}) =>
  (request: ReceivedRequest): CannedReply => {
    const given = odd[shape(request)]
    if (given) return given
    const { path, query } = request
    if (path.startsWith('/Users/')) {
      const one = users.find(({ id }) => path === `/Users/${id}`)
      return one ? { body: one } : scim.getUserNotFound
    }
    if (query.filter === undefined) {
      const from = Number(query.startIndex) - 1
      const rows = listed ? users : []
      return { body: listOf(rows.slice(from, from + Number(query.count)), rows.length) }
    }
    const clauses = [...query.filter.matchAll(/([\w.]+) eq "((?:[^"\\]|\\.)*)"/g)]
    const same = (one: unknown, value = '') =>
      exact ? one === value : String(one).toLowerCase() === value.toLowerCase()
    const found = users.filter((one) =>
      clauses.some(([, name, value]) =>
        name === 'emails.value'
          ? (one.emails as { value: string }[] | undefined)?.some((email) => same(email.value, value))
          : same(one[name ?? ''], value),
      ),
    )
    return { body: listOf(found) }
  }

const find = async (
  who: string,
  answer: (arrived: ReceivedRequest, index: number) => CannedReply,
  times = 1,
) => {
  await using app = await serveCanned(answer)
  const operations = scimAt(app.url, { pageSize: 5 })
  let found: Found | undefined
  let asked = 0
  for (let time = 0; time < times; time++) {
    asked = app.asked.length
    found = await operations.findAccounts({ user: who }, context())
  }
  const { accounts, gap } = found ?? { accounts: [] }
  const requests = app.asked.slice(asked).map(shape)
  return { ids: accounts.map(({ id }) => id), requests, ...(gap && { gap }) }
}
const findFails = async (who: string, answer: (arrived: ReceivedRequest, index: number) => CannedReply) => {
  await using app = await serveCanned(answer)
  const error: unknown = await scimAt(app.url)
    .findAccounts({ user: who }, context())
    .catch((thrown: unknown) => thrown)
  return { error, requests: app.asked.length }
}

const uuid = '6f1c9a52-0d3e-4a77-9b21-5e0c8f3a1d10'
const ALL = 'userName or emails.value or externalId'
const NAMES = 'userName or externalId'

test.each([
  ['its user name', 'ana@example.com', ['u1'], [ALL]],
  ['its email', 'ana.ruiz@example.com', ['u1'], [ALL]],
  ['its external id', 'E1', ['u1'], [NAMES, '/Users/E1']],
  ['its id', 'u1', ['u1'], [NAMES, '/Users/u1']],
  ['an address that nobody has', 'someone@example.com', [], [ALL]],
  ['a name that nobody has', 'someone', [], [NAMES, '/Users/someone']],
  ['a path', '..', [], [NAMES]],
])('asks once for %s, when it knows the filters of the app', async (_, who, ids, requests) => {
  expect(await find(who, honest(), 2)).toEqual({ ids, requests })
})

test('asks for an id that looks like one in one request', async () => {
  const found = await find(uuid, honest({ users: [user(uuid), ana, bo, cy, ...others] }))
  expect(found).toEqual({ ids: [uuid], requests: [`/Users/${uuid}`] })
})

test('finds somebody by a second email where filters look at the first alone', async () => {
  const two = { ...ana, emails: [{ value: 'ana@example.com' }, { value: 'ana.ruiz@example.com' }] }
  const users: AppLike['users'] = [two, ...others, bo, cy]
  const firstAlone = users.map((one) => ({
    ...one,
    emails: (one.emails as unknown[] | undefined)?.slice(0, 1),
  }))
  const found = await find('ana.ruiz@example.com', (request) =>
    honest({ users: request.query.filter === undefined ? users : firstAlone })(request),
  )
  expect(found).toMatchObject({ ids: ['u1'] })
})

test('finds somebody by an external id that nobody on the first page has, where unknown filters find nobody', async () => {
  const users = [...others, user('u5'), user('u6'), user('u1', 'ana@example.com', { externalId: 'E9' })]
  const odd = { externalId: none, [NAMES]: none, noSuchAttribute: none }
  expect(await find('E9', honest({ users, odd }))).toMatchObject({ ids: ['u1'] })
})

test('finds somebody by an external id that is an address where the list shows no external ids', async () => {
  const users = [
    ana,
    user('u2', 'bo', { externalId: 'bo@example.org' }),
    user('u3', 'cy', { externalId: 'E3' }),
  ]
  const rows = users.map((one) => ({ ...one, externalId: undefined }))
  const { ids } = await find('bo@example.org', (request) => {
    const isList = request.path === '/Users' && request.query.filter === undefined
    if (isList) return { body: listOf(request.query.startIndex === '1' ? rows : [], rows.length) }
    return request.query.filter?.includes('externalId') ? quirks.invalidFilter : honest({ users })(request)
  }).catch(({ code }) => ({ ids: code }))
  expect(ids).toBe('bad_reply')
})

test('tests the filters of an app with three of its users, once', async () => {
  const { requests } = await find('someone@example.com', honest())
  // Nobody in the list has several emails: one record tells whether it hides them.
  expect(requests).toEqual(['/Users', '/Users/u1', ALL, ALL])
})

test.each<[string, AppLike]>([
  ['refuses `or`', { odd: { [ALL]: quirks.invalidFilter } }],
  ['reads only the first part of `or`', { odd: { [ALL]: { body: listOf([ana]) } } }],
  ['finds nobody by `or`', { odd: { [ALL]: none } }],
])('asks one by one where the app %s', async (_, app) => {
  // A second account has the user name of the first as its email.
  const users = [
    ana,
    user('u9', 'old', { externalId: 'E9', emails: [{ value: 'ana@example.com' }] }),
    bo,
    cy,
    ...others,
  ]
  const requests = ['userName', 'emails.value', 'externalId']
  expect(await find('ana@example.com', honest({ ...app, users }), 2)).toEqual({ ids: ['u1', 'u9'], requests })
})

describe('an app that compares letter by letter', () => {
  const mixed = user('u7', 'Gus@Example.com', { emails: [{ value: 'Gus.Li@Example.com' }] })
  const users = [ana, bo, cy, ...others, mixed, user('u8', 'hal.1'), user('u9', '4711')]

  test.each([
    ['small letters, asked for otherwise', 'Ana@Example.com', 'u1'],
    ['small letters, by an email asked for otherwise', 'ANA.RUIZ@example.com', 'u1'],
    ['mixed letters, asked for as they are', 'Gus@Example.com', 'u7'],
    ['mixed letters, asked for in small ones', 'gus@example.com', 'u7'],
    ['mixed letters, by an email in small ones', 'gus.li@example.com', 'u7'],
    ['no letters', '4711', 'u9'],
  ])('finds whoever has a name in %s', async (_, who, id) => {
    expect(await find(who, honest({ users, exact: true }), 2)).toMatchObject({ ids: [id] })
  })

  test('says that nobody has a name only if the whole list was read', async () => {
    const { requests, ids } = await find('someone@example.com', honest({ users, exact: true }))
    expect({ ids, pages: requests.filter((one) => one === '/Users').length }).toEqual({ ids: [], pages: 2 })
    expect(await find('4712', honest({ users, exact: true }), 2)).toMatchObject({
      ids: [],
      requests: [NAMES, '/Users/4712'],
    })
  })
})

test('reads "no data found" as empty', async () => {
  expect((await find('nobody@example.com', () => netskope.errors.statusErrorIn200)).ids).toEqual([])
})

test('does not match a user name that only looks the same', async () => {
  const impostor = user('u9', 'ana\u200b@example.com')
  const { ids } = await find('ana@example.com', ({ path, query }) => {
    if (path === '/Users/u9') return { body: impostor }
    return query.startIndex === '3' ? none : { body: listOf([impostor]) }
  })
  expect(ids).toEqual([])
})

test.each([
  ['paging is broken too', (): CannedReply => ({ body: listOf([user('u1'), user('u2')], 4) })],
  ['a row can not be read', (): CannedReply => ({ body: listOf([user('u1'), { userName: 'x' }], 2) })],
])('says that a search is not conclusive when the filter is ignored and %s', async (_, answer) => {
  const { error } = await findFails('nobody@example.com', answer)
  expect(error).toMatchObject({ code: 'bad_reply', message: expect.stringContaining('inconclusive') })
})

const sayingNobody = (by: string) => ({ [ALL]: quirks.invalidFilter, [by]: none })
test.each<[string, AppLike]>([
  ['400 invalidFilter', { odd: { [ALL]: quirks.invalidFilter, 'emails.value': quirks.invalidFilter } }],
  ['501', { odd: { [ALL]: quirks.invalidFilter, 'emails.value': quirks.filterNotImplemented } }],
  ['500', { odd: { [ALL]: quirks.invalidFilter, 'emails.value': quirks.filterServerError } }],
  ['an empty list, whoever is asked for', { odd: sayingNobody('emails.value') }],
  [
    'a total without rows',
    { odd: { ...sayingNobody('emails.value'), 'emails.value': { body: listOf([], 1) } } },
  ],
])('reads the list where a filter by email is answered with %s', async (_, app) => {
  expect(await find('cy.ng@example.com', honest(app))).toMatchObject({ ids: ['u3'] })
  expect(await find('nobody@example.com', honest(app))).toMatchObject({ ids: [] })
})

test('shows who was found by the user name, and why there may be others', async () => {
  const odd = { [ALL]: quirks.invalidFilter, 'emails.value': quirks.invalidFilter, '/Users': { status: 403 } }
  const { ids, gap } = await find('ana@example.com', honest({ odd }))
  expect({ ids, code: gap?.code }).toEqual({ ids: ['u1'], code: 'forbidden' })
})

test('finds who is not in the list but has the id', async () => {
  const { ids } = await find('u1', honest({ listed: false }))
  expect(ids).toEqual(['u1'])
})

test.each([400, 500])("takes an id that is answered with %i for nobody's", async (status) => {
  const odd = { '/Users/ana': { status, body: { message: 'not a uuid' } } }
  expect(await find('ana', honest({ odd }))).toMatchObject({ ids: [] })
})

test('never goes on past a refusal of the token', async () => {
  const { error, requests } = await findFails('E1', () => ({ status: 403 }))
  expect(error).toMatchObject({ code: 'forbidden' })
  expect(requests).toBe(2)
})

test('does not believe a list that tells less than the records', async () => {
  const sparse = (one: { id: unknown; userName: unknown }) => ({ id: one.id, userName: one.userName })
  const refuses = { [ALL]: quirks.invalidFilter, 'emails.value': quirks.invalidFilter }
  const rows = { body: listOf([ana, bo, cy].map(sparse)) }
  const { error } = await findFails('nobody@example.com', honest({ odd: { ...refuses, '/Users': rows } }))
  expect(error).toMatchObject({ code: 'bad_reply', message: expect.stringContaining('emails.value') })
})

test('reads a record in full where the row does not tell what was searched for', async () => {
  const sparse = { id: 'u1', userName: 'ana@example.com' }
  const { ids } = await find(
    'ana.ruiz@example.com',
    honest({ odd: { [ALL]: quirks.invalidFilter, 'emails.value': { body: listOf([sparse]) } } }),
  )
  expect(ids).toEqual(['u1'])
})

test('speaks both media types and sends the token to nobody else', async () => {
  await using elsewhere = await serveCanned(() => none)
  await using app = await serveCanned(() => ({
    status: 302,
    headers: { location: `${elsewhere.url}/Users` },
  }))
  await expect(scimAt(app.url).findAccounts({ user: 'a@x' }, context())).rejects.toMatchObject({
    code: 'unavailable',
    retryable: false,
  })
  expect(app.asked[0]?.headers.accept).toBe('application/scim+json, application/json')
  expect(elsewhere.asked).toEqual([])
})
