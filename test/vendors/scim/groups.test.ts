import { expect, test } from 'vitest'
import netskope from '../../fixtures/netskope.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { listOf, scimAt } from './scim-at.ts'

const { scim } = netskope
const id = 'a3d5f7b9-1c2e-4f60-8b7a-9e0d1c2b3a41'
const members = [
  { id: '6f1c9a52-0d3e-4a77-9b21-5e0c8f3a1d10', userName: 'ana.ruiz@example.com' },
  { id: '0e8a7c33-51bb-4d0f-b6a9-7d1e2f3a4c55', userName: 'cy.okoro@example.com' },
]
const engineering = { id, displayName: 'Engineering' }

const read = async (group: string, answer: (arrived: ReceivedRequest) => CannedReply) => {
  await using app = await serveCanned(answer)
  const found = await scimAt(app.url, { pageSize: 50 }).readGroup({ group }, context())
  return { found, requests: app.asked.length }
}

/** Leaves members out unless they are asked for, and the name out then. */
const asNetskope = ({ path, query }: ReceivedRequest): CannedReply => {
  if (path === '/Groups') {
    return query.filter === 'displayName eq "engineering"'
      ? { body: listOf([engineering]) }
      : { body: listOf([]) }
  }
  if (path !== `/Groups/${id}`) return scim.getUserNotFound
  return query.attributes === 'members' ? scim.getGroupWithMembers : scim.getGroupNoMembers
}

test('lists groups, with no count where members are not told', async () => {
  await using app = await serveCanned(() => scim.listGroups)
  expect(await scimAt(app.url, { pageSize: 50 }).listGroups({ limit: 10 }, context())).toMatchObject({
    items: [
      { id, name: 'Engineering' },
      { id: 'c4e6a8d0-2b3f-4e71-9c8d-0f1e2d3c4b52', name: 'Contractors' },
    ],
    complete: true,
  })
  expect(app.asked[0]?.query).toEqual({ excludedAttributes: 'members', startIndex: '1', count: '10' })
})

test.each([
  ['its name', 'engineering'],
  ['its id', id],
])('reads a group by %s, with its members', async (_, group) => {
  expect(await read(group, asNetskope)).toEqual({
    found: { id, name: 'Engineering', memberCount: 2, members },
    requests: 2,
  })
})

test.each(['nobody', '00000000-0000-0000-0000-000000000000', '..'])(
  'finds no group for %s',
  async (group) => {
    expect((await read(group, asNetskope)).found).toBeUndefined()
  },
)

test('does not call a group empty when the app refuses to be asked for its members', async () => {
  const { found } = await read(id, (arrived) =>
    arrived.query.attributes ? { status: 400 } : asNetskope(arrived),
  )
  expect(found).toEqual({ id, name: 'Engineering' })
})

test('takes the members of the first answer where the second has none', async () => {
  const full = { ...engineering, members: [{ value: 'u1' }] }
  const { found } = await read(id, ({ query }) => (query.attributes ? { body: { id } } : { body: full }))
  expect(found).toMatchObject({ memberCount: 1, members: [{ id: 'u1' }] })
})

test('asks which one when two groups have the name', async () => {
  const twins = [engineering, { id: 'g2', displayName: 'ENGINEERING' }]
  await expect(read('Engineering', () => ({ body: listOf(twins) }))).rejects.toMatchObject({
    code: 'ambiguous',
    details: { candidates: [{ id }, { id: 'g2' }] },
  })
})
