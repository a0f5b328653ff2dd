import { describe, expect, test } from 'vitest'
import { type CannedReply, serveCanned } from '../support/canned.ts'
import { openWorld } from '../support/world.ts'

// A group whose members are told in a form that is not understood: nobody is said to be no member.

const ADA = 'ada@example.com'
const USER = {
  id: 'u1',
  userName: ADA,
  active: true,
  externalId: 'E-1',
  emails: [{ value: 'ada.l@example.com' }],
}
const listOf = (one: unknown): CannedReply => ({
  body: {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: 1,
    Resources: [one],
  },
})

/** An app with one user and one group, which takes every change of it and shows it as it did before. */
const serveGroup = (group: object) =>
  serveCanned(({ path }) => {
    const none = { status: 404, body: { status: '404' } }
    if (path === '/Users/u1') return { body: USER }
    if (path === '/Groups/g1') return { body: { id: 'g1', displayName: 'Sales', ...group } }
    if (path === '/Users') return listOf(USER)
    return path === '/Groups' ? listOf({ id: 'g1', displayName: 'Sales', ...group }) : none
  })

/** What is said of a change of the group, and how many requests changed it. */
async function changed(group: object, change: object): Promise<Record<string, unknown>> {
  await using app = await serveGroup(group)
  await using world = await openWorld({
    env: { TOKEN: 'app-token' },
    settings: {
      tenants: {
        'acme-app': {
          vendor: 'scim',
          url: app.url,
          tokens: { scim: 'env:TOKEN' },
          budget: { perMinute: 10_000 },
          verifyWindowMs: 0,
        },
      },
      confirm: { removes: 'none', gives: 'none' },
    },
  })
  const answer = await world.call('update_group_members', {
    tenant: 'acme-app',
    group: 'Sales',
    reason: 'has left the team',
    ...change,
  })
  return { ...answer, writes: app.asked.filter(({ method }) => method !== 'GET').length }
}

const UNCLEAR: [string, object][] = [
  ['a name for people alone', { members: [{ display: ADA }] }],
  ['a link alone', { members: [{ $ref: 'https://app.example/scim/Users/u1' }] }],
  ['an id under another name', { members: [{ id: 'u1' }] }],
  ['the user name as the id', { members: [{ value: ADA }] }],
  ['the user name as the id, in other letters', { members: [{ value: 'ADA@Example.com' }] }],
  ['an email as the id', { members: [{ value: 'ada.l@example.com' }] }],
  ['the external id as the id', { members: ['E-1'] }],
  ['an id of the membership, and the user name', { members: [{ value: 'm-77', display: ADA }] }],
  ['one that can be read, and one that cannot', { members: [{ value: 'u2' }, { display: 'somebody' }] }],
  ['nothing', {}],
  ['null', { members: null }],
  ['one object', { members: { value: 'u1' } }],
]

describe.each(UNCLEAR)('a group whose members are told as %s', (_, group) => {
  test('is no proof that somebody is out of it: the removal is sent, and is not verified', async () => {
    const { status, verified, writes } = await changed(group, { remove: [ADA] })
    expect({ status, verified, writes }).toEqual({ status: 'partial', verified: false, writes: 1 })
  })

  test('is no proof that somebody is in it either', async () => {
    const { status, verified, writes } = await changed(group, { add: [ADA] })
    expect({ status, verified, writes }).toEqual({ status: 'partial', verified: false, writes: 1 })
  })
})

test.each<[string, object, object]>([
  ['out of an empty group', { members: [] }, { remove: [ADA] }],
  ['out of a group of others', { members: [{ value: 'u2', display: 'bo@example.com' }] }, { remove: [ADA] }],
  ['out of a group of a group', { members: [{ value: 'g2', type: 'Group' }] }, { remove: [ADA] }],
  ['in, by the id', { members: [{ value: 'u1' }] }, { add: [ADA] }],
  ['in, by the id in other letters', { members: [{ value: 'U1' }] }, { add: [ADA] }],
])('somebody who is %s needs no change', async (_, group, change) => {
  const { status, writes } = await changed(group, change)
  expect({ status, writes }).toEqual({ status: 'unchanged', writes: 0 })
})
