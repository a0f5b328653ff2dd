import { describe, expect, test } from 'vitest'
import type { Found } from '../../../src/domain/operations.ts'
import quirks from '../../fixtures/scim-quirks.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { listOf, scimAt, user } from './scim-at.ts'

// An address that an app has in an attribute of its own: whoever bears it there is never absent.

const ADA = 'ada@example.com'
const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User'
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const none = { body: listOf([]) }

/** What an app does with a filter, whoever it is for. */
const APPS: Record<
  string,
  (request: ReceivedRequest, users: readonly Record<string, unknown>[]) => CannedReply
> = {
  'refuses filters': () => quirks.invalidFilter,
  'finds nobody by what it does not know': ({ query: { filter = '' } }, users) => {
    const [, name = '', value] = /^([\w.]+) eq "([^"]*)"$/.exec(filter) ?? []
    const found = users.filter((one) => ['userName', 'externalId'].includes(name) && one[name] === value)
    return { body: listOf(found) }
  },
}

/** Looks somebody up twice in such an app: what the first look taught must not mislead the second. */
async function find(
  who: string,
  more: Record<string, unknown>,
  { app: habit = 'refuses filters', pageSize = 2 } = {},
): Promise<string[] | string> {
  const users = [
    ...['bo', 'cy', 'di', 'eve', 'fay'].map((name) => user(`${name}-id`, name)),
    user('u1', 'alovelace', more),
  ]
  await using app = await serveCanned((request) => {
    const { path, query } = request
    if (path.startsWith('/Users/')) {
      const one = users.find(({ id }) => path === `/Users/${id}`)
      return one ? { body: one } : { status: 404, body: { status: '404' } }
    }
    if (query.filter !== undefined) return APPS[habit]?.(request, users) ?? none
    const from = Number(query.startIndex) - 1
    return { body: listOf(users.slice(from, from + Number(query.count)), users.length) }
  })
  const operations = scimAt(app.url, { pageSize })
  const look = () =>
    operations.findAccounts({ user: who }, context()).then(
      ({ accounts }: Found) => accounts.map(({ id }) => id),
      ({ code, message }) => `${code}: ${message}`,
    )
  await look()
  return await look()
}

const WAYS = [
  { app: 'refuses filters', pageSize: 2 },
  { app: 'refuses filters', pageSize: 50 },
  { app: 'finds nobody by what it does not know', pageSize: 2 },
  { app: 'finds nobody by what it does not know', pageSize: 50 },
]

describe.each(WAYS)('at an app that $app, $pageSize users a page', (way) => {
  test.each<[string, Record<string, unknown>]>([
    ['email', { email: ADA }],
    ['mail', { mail: ADA }],
    ['email, in other letters', { Email: 'ADA@example.com' }],
    ['emails, as one object', { emails: { value: ADA } }],
    ['emails, as texts', { emails: ['a@example.org', ADA] }],
    ['emails, each with `email`', { emails: [{ email: ADA, primary: true }] }],
    ['emails, with blanks', { emails: [{ value: ` ${ADA} ` }] }],
  ])('is found by the address in %s', async (_, more) => {
    expect(await find(ADA, more, way)).toEqual(['u1'])
  })

  test.each<[string, Record<string, unknown>]>([
    ['emailAddress', { emailAddress: ADA }],
    ['login', { login: ADA }],
    ['userPrincipalName', { userPrincipalName: ADA }],
    ['nickName', { nickName: ADA }],
    ['displayName', { displayName: 'Ada@Example.com' }],
    ['ims.value', { ims: [{ value: ADA, type: 'xmpp' }] }],
    ['emails.address', { emails: [{ address: ADA }] }],
    ['emails.display', { emails: [{ value: 'x1', display: ADA }] }],
    ['emails.work', { emails: { work: ADA } }],
    ['emails.value', { emails: [{ value: `mailto:${ADA}` }] }],
    ['emails.value', { emails: [{ value: `Ada <${ADA}>` }] }],
    ['emails', { emails: `a@example.org,${ADA}` }],
    ['emails', { emails: JSON.stringify([{ value: ADA }]) }],
    [`${CORE}.emails.value`, { [CORE]: { emails: [{ value: ADA }] } }],
    [`${ENTERPRISE}.mail`, { [ENTERPRISE]: { mail: ADA } }],
    ['custom.contact', { custom: { contact: ADA } }],
  ])('is not absent with the address in %s, and the answer says where it stands', async (at, more) => {
    const came = await find(ADA, more, way)
    expect(came).toMatch(/^bad_reply: .*"u1"/)
    expect(came).toContain(`\`${at}\``)
  })

  test.each<[string, Record<string, unknown>]>([
    ['a manager', { [ENTERPRISE]: { manager: { value: 'm1', displayName: ADA } } }],
    ['a supervisor', { supervisorEmail: ADA }],
    ['whoever made it', { meta: { createdBy: ADA }, lastModifiedBy: ADA }],
    ['a member of a group', { groups: [{ value: 'g1', display: ADA }] }],
    ['nobody: the address is longer', { login: `x${ADA}`, nickName: `${ADA}.org` }],
  ])('is absent where the address is that of %s', async (_, more) => {
    expect(await find(ADA, more, way)).toEqual([])
  })
})

test('who is found needs no other record, whatever that says', async () => {
  expect(await find('alovelace', { userName: 'alovelace', login: 'bo@example.com' })).toEqual(['u1'])
})
