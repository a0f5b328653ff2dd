import { expect, test } from 'vitest'
import { type CannedReply, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { openWorld } from '../support/world.ts'

const ADA = 'ada@example.com'
const REFUSED: CannedReply = {
  status: 400,
  body: {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: '400',
    scimType: 'invalidFilter',
    detail: 'no such filter',
  },
}
const list = (rows: unknown[]): CannedReply => ({ body: { totalResults: rows.length, Resources: rows } })

/** An app that can be searched by user name only, and lists its users to nobody: who is not found may be there. */
function halfBlind() {
  let ada = { id: 'a1', userName: ADA, active: true, title: 'Analyst' }
  const staff = { id: 'g1', displayName: 'Staff', members: [] as object[] }
  return ({ method, path, query, body }: ReceivedRequest): CannedReply => {
    if (path.startsWith('/Groups')) {
      if (method === 'PATCH') staff.members.push({ value: 'a1' })
      return method === 'POST' || path !== '/Groups' ? { body: staff } : list([staff])
    }
    if (path === '/Users/a1') {
      if (method === 'DELETE') ada = { ...ada, active: false }
      const { Operations = [] } = (body ?? {}) as { Operations?: { path: string; value: unknown }[] }
      for (const { path: name, value } of Operations) ada = { ...ada, [name]: value }
      return { body: ada }
    }
    if (query.filter?.startsWith('userName eq') && !query.filter.includes(' or ')) {
      return list(query.filter.includes(ADA) ? [ada] : [])
    }
    return query.filter ? REFUSED : { status: 403 }
  }
}

async function openHalfBlind() {
  const app = await serveCanned(halfBlind())
  const world = await openWorld({
    settings: {
      tenants: {
        app: {
          vendor: 'scim',
          url: app.url,
          tokens: { scim: 'env:APP_TOKEN' },
          deactivateMeans: 'reversible',
          deleteMeans: 'deactivates',
          allowDelete: true,
        },
      },
      confirm: { changes: 'ask', adds: 'ask', deletes: 'ask', removes: 'ask' },
    },
    env: { APP_TOKEN: 'app-token' },
  })
  return {
    app,
    ...world,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await app[Symbol.asyncDispose]()
    },
  }
}

const tenant = 'app'
const reason = 'left the company'
const OTHERS = 'There may be other accounts'

test.each<[string, Record<string, unknown>, (answer: Record<string, unknown>) => unknown]>([
  ['update_user', { tenant, user: ADA, set: { title: 'Lead' } }, ({ note }) => note],
  ['delete_user', { tenant, user: ADA, reason }, ({ note }) => note],
  [
    'deactivate_user',
    { tenants: [tenant], user: ADA, reason },
    ({ results }) => (results as { note?: string }[])[0]?.note,
  ],
  ['update_group_members', { tenant, group: 'Staff', add: [ADA] }, ({ note }) => note],
])('%s says to the person and to the agent that there may be other accounts', async (tool, args, noteOf) => {
  await using world = await openHalfBlind()
  const answer = await world.call(tool, args)
  expect(answer).toMatchObject({ status: 'done' })
  expect(world.asked[0]).toContain(`${OTHERS} for ${ADA}`)
  expect(noteOf(answer)).toContain(OTHERS)
})

const newcomer = { tenant, givenName: 'New', familyName: 'Hire' }

test.each<[string, string, Record<string, unknown>, object]>([
  [
    'what is there already, and that there may be more',
    'create_user',
    { ...newcomer, email: ADA },
    { outcome: 'already_exists', note: expect.stringContaining(OTHERS) },
  ],
  [
    'an error, if nobody is found and somebody may be there',
    'create_user',
    { ...newcomer, email: 'new@example.com' },
    { error: { code: 'forbidden' } },
  ],
  [
    'what needs no change, and that there may be more',
    'update_user',
    { tenant, user: ADA, set: { title: 'Analyst' } },
    { outcome: 'unchanged', note: expect.stringContaining(OTHERS) },
  ],
])('answers %s', async (_, tool, args, expected) => {
  await using world = await openHalfBlind()
  expect(await world.call(tool, args)).toMatchObject(expected)
  expect(world.asked).toEqual([])
  expect(world.app.asked.filter(({ method }) => method !== 'GET')).toEqual([])
})
