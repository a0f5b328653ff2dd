// @module-tag long

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SANDBOX_APPS } from '../../src/sandbox/index.ts'
import { openWorld, type World } from '../support/world.ts'

// What a page of groups, or of the members of one, costs at the apps: requests, however many calls show the pages.

const MEMBERS = 600
const GROUPS = 450
const numbered = (count: number, name: (number: number) => string) =>
  Array.from({ length: count }, (_, index) => name(index + 1))
const JOINED = numbered(MEMBERS, (number) => `joined-${number}@example.com`)
const TEAMS = numbered(GROUPS, (number) => `Team ${number}`)

/** A tenant, its app, and the most requests for all members of the large group and for the whole list of groups. */
type Row = [tenant: string, app: (typeof SANDBOX_APPS)[number], members: number, groups: number]

const ROWS: Row[] = [
  // The group by its name, and 200 members or groups a page.
  ['acme-okta', 'okta', 4, 3],
  ['acme-google', 'google', 4, 3],
  // 999 a page.
  ['acme-entra', 'entra', 2, 1],
  // A group has all its members in one record; 100 groups a page, of Mindtickle 50.
  ['acme-netskope', 'netskope', 2, 5],
  ['acme-scim', 'scim', 2, 6],
  ['acme-mindtickle', 'mindtickle', 2, 10],
  // A filter is tried out first. As many groups as are wanted, then 1,000 a page: it was seen to leave members out.
  ['acme-gainsight', 'gainsight', 3, 2],
  // Groups stand on the records of users, of whom there are 100 a page.
  ['acme-gainsight-rest', 'gainsight', 9, 9],
]

let world: World
const appOf = (app: Row[1]) => world.sandbox.tenants[`acme-${app}`]

/** GET requests to an app, without those for tokens. */
const requestsTo = (app: Row[1]) =>
  appOf(app).arrivals.filter(({ method, path }) => method === 'GET' && !/token/.test(path))

beforeAll(async () => {
  world = await openWorld({
    sandbox: { apps: SANDBOX_APPS, mindtickle: { groups: true }, gainsight: { restDialects: ['users'] } },
    tenants: (own) => {
      const { tokens, ...gainsight } = own['acme-gainsight']
      return {
        ...own,
        'acme-gainsight-rest': {
          ...gainsight,
          tokens: { accessKey: tokens.accessKey },
          restDialect: 'users',
          pageSize: 100,
        },
      }
    },
  })
  for (const name of SANDBOX_APPS) {
    if (name === 'entra') {
      const app = world.sandbox.tenants['acme-entra']
      const ids = JOINED.map((userPrincipalName) => app.addUser({ userPrincipalName }).id)
      app.addGroup({ displayName: 'Large', members: ids })
      for (const displayName of TEAMS) app.addGroup({ displayName, members: ids.slice(0, 1) })
    } else {
      const app = world.sandbox.tenants[`acme-${name}`]
      // Google's ids are numbers.
      const idOf = (index: number) => (name === 'google' ? { id: String(9_000_000_000 + index) } : {})
      const joined = JOINED.map((userName, index) => app.addUser({ userName, ...idOf(index) }))
      const members = joined.map(({ id }) => ({ value: id }))
      app.addGroup({ displayName: 'Large', members })
      for (const displayName of TEAMS) app.addGroup({ displayName, members: members.slice(0, 1) })
    }
  }
})
afterAll(() => world[Symbol.asyncDispose]())

interface Shown {
  name: string
  members?: { userName?: string }[]
}

/** Reads a list page by page, as an agent does, from the cursor on if there is one. */
async function pagesOf({ cursor, ...input }: Record<string, unknown>) {
  const groups: Shown[] = []
  let at = cursor
  for (let calls = 1; ; calls++) {
    const answer = await world.call('list_groups', { ...input, ...(at ? { cursor: at } : {}) })
    expect(answer.error).toBeUndefined()
    groups.push(...(answer.groups as Shown[])) // the schema says so
    at = answer.nextCursor
    if (!at) return { groups, calls, complete: answer.complete }
  }
}

const membersIn = (groups: readonly Shown[]) =>
  groups.flatMap(({ members = [] }) => members.map(({ userName }) => userName))

describe.each(ROWS)('at %s', (tenant, app, mostForMembers, mostForGroups) => {
  test('the members of a large group are read once for all the pages that show them', async () => {
    const before = requestsTo(app).length
    const { groups, calls, complete } = await pagesOf({ tenant, group: 'Large', limit: 50 })
    expect(membersIn(groups).toSorted()).toEqual(JOINED.toSorted())
    expect(complete).toBe(true)
    expect(calls).toBeGreaterThanOrEqual(12)
    expect(requestsTo(app).length - before).toBeLessThanOrEqual(mostForMembers)
  })

  test('each page of the app’s list of groups is fetched once', async () => {
    const before = requestsTo(app).length
    const { groups, calls, complete } = await pagesOf({ tenant, limit: 50 })
    const names = groups.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual(expect.arrayContaining([...TEAMS, 'Large']))
    expect(complete).toBe(true)
    expect(calls).toBeGreaterThanOrEqual(10)
    expect(requestsTo(app).length - before).toBeLessThanOrEqual(mostForGroups)
  })
})

/** Who was taken out of the large group: two tenants are of one app. */
const left = new Set<string>()

test.each(ROWS)('at %s nothing of before a change is shown behind it', async (tenant, app) => {
  const page = { tenant, group: 'Large', limit: 50 }
  const { members = [] } = appOf(app).group('Large')
  const count = members.length
  const first = await world.call('list_groups', page)
  const shown = membersIn(first.groups as Shown[]) // the schema says so
  const leaver = JOINED.findLast((name) => !shown.includes(name) && !left.has(name)) ?? ''
  left.add(leaver)
  const remove = { tenant, group: 'Large', remove: [leaver], reason: 'moves to another team' }
  expect(await world.call('update_group_members', remove)).toMatchObject({ status: 'done' })
  const rest = await pagesOf({ ...page, cursor: first.nextCursor })
  expect([...shown, ...membersIn(rest.groups)]).toHaveLength(count - 1)
  expect(membersIn(rest.groups)).not.toContain(leaver)

  // Nor does a listing that begins show what was kept of one before.
  appOf(app).group('Large').members?.splice(0, 1)
  const anew = await pagesOf({ tenant, group: 'Large', limit: 50 })
  expect(membersIn(anew.groups)).toHaveLength(count - 2)
})

test('of groups that come with their members no more are asked for than are wanted, and half as many once they are too large', async () => {
  await using world = await openWorld({
    sandbox: { apps: ['scim'], faults: ['attributes-ignored'] },
    tenants: (own) => own,
  })
  const app = world.sandbox.tenants['acme-scim']
  const lists = () =>
    app.arrivals.flatMap(({ path, query }) =>
      path.endsWith('/Groups') ? [Number(new URLSearchParams(query).get('count'))] : [],
    )
  await world.call('list_groups', { tenant: 'acme-scim', limit: 5 })
  expect(lists()).toEqual([5])

  // As large as of many members: a reply of 16 MB has room for five.
  const members = [{ value: 'x'.repeat(3_000_000) }]
  for (let number = 1; number <= 6; number++) app.addGroup({ displayName: `Team ${number}`, members })
  const everyGroup = { tenant: 'acme-scim', limit: 16 }
  const whole = await world.call('list_groups', everyGroup)
  expect(whole).toMatchObject({ complete: true })
  const names = (whole.groups as Shown[]).map(({ name }) => name) // the schema says so
  expect(names).toEqual(app.groups.map(({ displayName }) => displayName))
  expect(names).toHaveLength(16)
  expect(lists().slice(1)).toEqual([16, 8, 8, 4, 4])

  const before = lists().length
  expect(await world.call('list_groups', everyGroup)).toMatchObject({ complete: true })
  expect(lists().slice(before)).toEqual([4, 4, 4, 4])
})
