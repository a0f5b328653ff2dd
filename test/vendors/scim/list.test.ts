import { expect, test } from 'vitest'
import type { ListPosition, Match } from '../../../src/domain/operations.ts'
import netskope from '../../fixtures/netskope.json' with { type: 'json' }
import quirks from '../../fixtures/scim-quirks.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { listOf, scimAt, user } from './scim-at.ts'

const { scim } = netskope

/** An app with these users that honours index and count, but no filter. */
const paged =
  (users: unknown[]) =>
  ({ query }: ReceivedRequest): CannedReply => {
    const start = Number(query.startIndex)
    return { body: listOf(users.slice(start - 1, start - 1 + Number(query.count)), users.length) }
  }

const list = async (
  answer: (arrived: ReceivedRequest, index: number) => CannedReply,
  ask: { match?: Match; limit?: number; at?: ListPosition },
) => {
  await using app = await serveCanned(answer)
  const page = await scimAt(app.url).listAccounts({ limit: 100, ...ask }, context())
  return { ...page, ids: page.items.map(({ id }) => id), filters: app.asked.map(({ query }) => query.filter) }
}

test('reads on to the end', async () => {
  await using app = await serveCanned(({ query }) =>
    query.startIndex === '1' ? scim.listUsersPage1 : scim.listUsersPage2,
  )
  const page = await scimAt(app.url).listAccounts({ limit: 10 }, context())
  expect(page.items.map(({ userName, status }) => [userName, status])).toEqual([
    ['ana.ruiz@example.com', 'active'],
    ['bo.lind@example.com', 'inactive'],
    ['cy.okoro@example.com', 'active'],
  ])
  expect(page).toMatchObject({ complete: true })
  expect(app.asked.map(({ query }) => query)).toEqual([
    { startIndex: '1', count: '2' },
    { startIndex: '3', count: '2' },
  ])
})

test('stops at the limit and goes on from there', async () => {
  const users = ['u1', 'u2', 'u3', 'u4', 'u5'].map((id) => user(id))
  const first = await list(paged(users), { limit: 3 })
  expect(first).toMatchObject({ ids: ['u1', 'u2', 'u3'], complete: false, next: { start: 4, before: 'u3' } })
  const second = await list(paged(users), { limit: 3, at: first.next })
  expect(second).toMatchObject({ ids: ['u4', 'u5'], complete: true })
  expect(second).not.toHaveProperty('next')
})

test('reads ten pages a call at most', async () => {
  const users = Array.from({ length: 50 }, (_, index) => user(`u${index}`))
  const page = await list(paged(users), { match: { title: 'none' } })
  expect(page).toMatchObject({ ids: [], complete: false, next: { start: 21 } })
  expect(page.filters).toHaveLength(10)
})

test.each<[Match, string | undefined, string[]]>([
  [{ userName: 'U1@EXAMPLE.com' }, 'userName eq "U1@EXAMPLE.com"', ['u1']],
  [{ externalId: 'e2' }, 'externalId eq "e2"', ['u2']],
  [{ status: 'inactive' }, 'active eq false', ['u2']],
  [{ email: 'two@example.com' }, 'emails.value eq "two@example.com"', ['u2']],
  [
    { status: 'active', userName: 'u1@example.com' },
    'userName eq "u1@example.com" and active eq true',
    ['u1'],
  ],
  [{ department: 'ops' }, undefined, ['u2']],
  [{ title: 'Boss' }, undefined, ['u2']],
  [{ givenName: 'two' }, undefined, ['u2']],
  [{ familyName: 'too', givenName: 'Two' }, undefined, ['u2']],
  [{ group: 'g1' }, undefined, ['u2']],
  [{ group: 'engineering' }, undefined, ['u2']],
  [{ role: 'csm' }, undefined, ['u2']],
  [{ admin: true }, undefined, []],
  [{}, undefined, ['u1', 'u2']],
])('matches %j, asking the app for %s', async (match, filter, ids) => {
  const users = [
    user('u1'),
    user('u2', 'u2@example.com', {
      active: false,
      externalId: 'E2',
      title: 'boss',
      name: { givenName: 'Two', familyName: 'Too' },
      roles: ['CSM'],
      groups: [{ value: 'g1', display: 'Engineering' }],
      emails: [{ value: 'one@example.com', primary: true }, { value: 'two@example.com' }],
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'Ops' },
    }),
  ]
  const page = await list(() => ({ body: listOf(users, '2') }), { match })
  expect(page.ids).toEqual(ids)
  expect(page.filters[0]).toBe(filter)
})

test.each([
  ['501', quirks.filterNotImplemented],
  ['500', quirks.filterServerError],
])('compares the users one by one when the app answers a filter with %s', async (_, refused) => {
  const users = [user('u1'), user('u2', undefined, { active: false })]
  const page = await list(
    (arrived) => (arrived.query.filter ? refused : paged([...users, user('u3')])(arrived)),
    { match: { status: 'inactive' } },
  )
  expect(page).toMatchObject({ ids: ['u2'], complete: true, note: expect.stringContaining('one by one') })
  expect(page.filters).toEqual(['active eq false', undefined, undefined])
})

test('reads an account by its id', async () => {
  await using app = await serveCanned(() => scim.getUserWithGroups)
  expect(await scimAt(app.url).readAccount({ id: 'uid-123' }, context())).toMatchObject({
    id: 'uid-123',
    status: 'active',
    groups: ['Engineering'],
  })
})

test.each<[string, CannedReply]>([
  ['a SCIM 404', scim.getUserNotFound],
  ['a 404 with a number', quirks.errorNumericStatus],
  ['a bare 404', { status: 404 }],
  ['a 404 inside a 200', { body: { status: 404, message: 'x' } }],
])('takes %s for an absent account', async (_, reply) => {
  await using app = await serveCanned(() => reply)
  expect(await scimAt(app.url).readAccount({ id: 'u1' }, context())).toBeUndefined()
})

test.each<[string, CannedReply, string]>([
  ['a web page with 404', { status: 404, raw: '<html></html>' }, 'unavailable'],
  ['what the vendor calls a gateway', scim.gatewayNoRoute, 'unavailable'],
  ['another account', { body: user('u2') }, 'bad_reply'],
  ['no user', { body: {} }, 'bad_reply'],
])('does not take %s for an absent account', async (_, reply, code) => {
  await using app = await serveCanned(() => reply)
  const app404 = scimAt(app.url, {}, { isGateway: ({ said }) => said.includes('no Route matched') })
  await expect(app404.readAccount({ id: 'u1' }, context())).rejects.toMatchObject({ code, retryable: false })
})

test('asks for no id that could not be one', async () => {
  await using app = await serveCanned(() => ({}))
  expect(await scimAt(app.url).readAccount({ id: '..' }, context())).toBeUndefined()
  expect(app.asked).toEqual([])
})
