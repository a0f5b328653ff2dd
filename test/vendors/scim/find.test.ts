import { expect, test } from 'vitest'
import netskope from '../../fixtures/netskope.json' with { type: 'json' }
import quirks from '../../fixtures/scim-quirks.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { listOf, scimAt, user } from './scim-at.ts'

const { scim } = netskope
const ana = user('u1', 'ana@example.com', { externalId: 'E1', emails: [{ value: 'ana.ruiz@example.com' }] })
const none = { body: listOf([]) }

/** Replies by the attribute that is filtered by, or by path; everything else finds nothing. */
const byFilter =
  (replies: Record<string, CannedReply>) =>
  ({ path, query }: ReceivedRequest): CannedReply =>
    replies[query.filter?.split(' ')[0] ?? path] ?? (path.startsWith('/Users/') ? scim.getUserNotFound : none)

const find = async (who: string, answer: (arrived: ReceivedRequest, index: number) => CannedReply) => {
  await using app = await serveCanned(answer)
  const { accounts } = await scimAt(app.url).findAccounts({ user: who }, context())
  const requests = app.asked.map(
    ({ path, query }) => query.filter ?? `${path} ${query.startIndex ?? ''}`.trim(),
  )
  return { ids: accounts.map(({ id }) => id), requests, accounts }
}
const findFails = async (who: string, answer: (arrived: ReceivedRequest, index: number) => CannedReply) => {
  await using app = await serveCanned(answer)
  const error: unknown = await scimAt(app.url)
    .findAccounts({ user: who }, context())
    .catch((thrown: unknown) => thrown)
  return { error, requests: app.asked.length }
}

const uuid = '6f1c9a52-0d3e-4a77-9b21-5e0c8f3a1d10'

test.each([
  ['its user name, in one request', 'ana@example.com', { userName: listOf([ana]) }, ['userName']],
  ['its email', 'ana.ruiz@example.com', { 'emails.value': listOf([ana]) }, ['userName', 'emails.value']],
  ['its external id', 'E1', { externalId: listOf([ana]) }, ['userName', 'externalId']],
  ['its id', 'u1', { '/Users/u1': ana }, ['userName', 'externalId', '/Users/u1']],
  ['an id that looks like one, in one request', uuid, { [`/Users/${uuid}`]: user(uuid) }, [`/Users/${uuid}`]],
])('finds an account by %s', async (_, who, bodies, requests) => {
  const replies = Object.fromEntries(Object.entries(bodies).map(([key, body]) => [key, { body }]))
  const found = await find(who, byFilter(replies))
  expect(found.ids).toHaveLength(1)
  expect(found.requests.map((request) => request.split(' ')[0])).toEqual(requests)
})

test.each([
  ['someone@example.com', ['userName', 'emails.value', 'externalId']],
  ['someone', ['userName', 'externalId', '/Users/someone']],
  [uuid, [`/Users/${uuid}`, 'userName', 'externalId']],
  ['..', ['userName', 'externalId']],
])('finds nobody for %s and asks no more than needed', async (who, requests) => {
  const found = await find(who, byFilter({}))
  expect(found.ids).toEqual([])
  expect(found.requests.map((request) => request.split(' ')[0])).toEqual(requests)
})

test('asks again in lower case where the app compares letter by letter', async () => {
  const { ids, requests } = await find('Ana@Example.com', ({ query }) =>
    query.filter === 'userName eq "ana@example.com"' ? { body: listOf([ana]) } : none,
  )
  expect(ids).toEqual(['u1'])
  expect(requests).toHaveLength(2)
})

test('reads "no data found" as empty', async () => {
  expect((await find('nobody@example.com', () => netskope.errors.statusErrorIn200)).ids).toEqual([])
})

test('does not match a user name that only looks the same', async () => {
  const impostor = user('u2', 'ana\u200b@example.com')
  const { ids } = await find('ana@example.com', ({ query }) =>
    query.startIndex === '3' ? none : { body: listOf([impostor]) },
  )
  expect(ids).toEqual([])
})

test.each([
  ['paging is broken too', (): CannedReply => ({ body: listOf([user('u1'), user('u2')], 4) })],
  ['a row can not be read', (): CannedReply => ({ body: listOf([user('u1'), { userName: 'x' }], 2) })],
])('says that a search is not conclusive when the filter is ignored and %s', async (_, answer) => {
  const { error } = await findFails('nobody@example.com', answer)
  expect(error).toMatchObject({ code: 'bad_reply', message: expect.stringContaining('inconclusive') })
})

test.each([
  ['400 invalidFilter', quirks.invalidFilter],
  ['501', quirks.filterNotImplemented],
  ['500', quirks.filterServerError],
])('goes without a second attribute that the app answers with %s', async (_, refused) => {
  const { ids, requests } = await find(
    'E1',
    byFilter({ externalId: refused, '/Users/E1': { body: user('E1') } }),
  )
  expect(ids).toEqual(['E1'])
  expect(requests).toHaveLength(3)
})

test.each([400, 500])("takes an id that is answered with %i for nobody's", async (status) => {
  const { ids } = await find('ana', byFilter({ '/Users/ana': { status, body: { message: 'not a uuid' } } }))
  expect(ids).toEqual([])
})

test('never goes on past a refusal of the token', async () => {
  const forbidden = { status: 403 }
  const { error } = await findFails('E1', byFilter({ externalId: forbidden }))
  expect(error).toMatchObject({ code: 'forbidden' })
})

test('reads a record in full where the list does not tell what was searched for', async () => {
  const sparse = { id: 'u1', userName: 'ana@example.com' }
  const { ids, requests } = await find(
    'ana.ruiz@example.com',
    byFilter({ 'emails.value': { body: listOf([sparse]) }, '/Users/u1': { body: ana } }),
  )
  expect(ids).toEqual(['u1'])
  expect(requests).toHaveLength(3)
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
