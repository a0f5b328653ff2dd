import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GoogleWorld, openGoogleWorld } from '../support/google-world.ts'

/** What is read of a Google Workspace. */
let world: GoogleWorld
beforeAll(async () => {
  world = await openGoogleWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

const HERE = { tenants: ['acme-google'] }
const find = (user: string) => world.call('find_user', { user, ...HERE })
const userNames = (answer: Record<string, unknown>) =>
  ((answer.accounts ?? []) as { userName: string }[]).map(({ userName }) => userName)

describe('find_user', () => {
  test.each([
    ['the primary address', () => 'ada@example.com'],
    ['the primary address in other letter case', () => 'ADA@Example.COM'],
    ['an alias', () => 'ada.byron@example.com'],
    ['a private address', () => 'ada@home.example'],
    ['the address that Google adds by itself', () => 'ada@example.com.test-google-a.com'],
    ['the employee ID', () => world.google.user('ada@example.com').externalId ?? ''],
    ['Google’s id', () => world.google.user('ada@example.com').id],
    ['the name', () => 'Ada Lovelace'],
    ['the name, the family name first', () => 'Lovelace, Ada'],
  ])('finds somebody by %s', async (_, name) => {
    expect(await find(name())).toMatchObject({
      people: [{ accounts: [{ userName: 'ada@example.com', vendor: 'google', status: 'active' }] }],
    })
  })

  test.each([
    ['an address of the domain', 'nobody@example.com'],
    ['an address of another domain', 'nobody@elsewhere.example'],
    ['a number', '100000000000000000009'],
    ['a word with what a query takes for itself', "o'neil\\ isAdmin=true"],
  ])('says that nobody has %s', async (_, user) => {
    expect(await find(user)).toMatchObject({
      people: [],
      searched: [{ tenant: 'acme-google', outcome: 'absent' }],
      complete: true,
    })
  })

  test('tells of an account what a decision about it needs', async () => {
    const [person] = (await find('ada@example.com')).people as { accounts: unknown[] }[]
    expect(person?.accounts).toMatchObject([
      {
        email: 'ada@example.com',
        otherEmails: expect.arrayContaining(['ada.byron@example.com', 'ada@home.example']),
        name: 'Ada Lovelace',
        title: 'Software Engineer',
        department: 'Engineering',
        admin: false,
        custom: { googleStatus: 'ACTIVE', orgUnitPath: '/Engineering', 'Access.badge': 'B-1815' },
      },
    ])
  })

  test.each([
    ['breakglass@example.com', 'super'],
    ['grace@example.com', 'delegated'],
  ])('tells that %s is an administrator', async (user, kind) => {
    expect(await find(user)).toMatchObject({
      people: [{ accounts: [{ admin: true, custom: { googleAdministrator: kind } }] }],
    })
  })

  test('does not take a refusal for absence', async () => {
    world.google.oauth.revoke()
    world.google.faults.set([{ fault: 'server-error', path: '/users', status: 503 }])
    expect(await find('ada@example.com')).toMatchObject({
      searched: [{ outcome: 'not_searched', code: 'unavailable' }],
      complete: false,
    })
    world.google.faults.clear()
  })

  test('does not take the web page at a wrong address for absence', async () => {
    await using elsewhere = await openGoogleWorld({
      tenant: { url: `${world.google.url.replace('127.0.0.1', 'localhost')}` },
    })
    elsewhere.google.faults.set(['html-errors'])
    expect(await elsewhere.call('find_user', { user: 'ada@example.com', ...HERE })).toMatchObject({
      searched: [{ outcome: 'not_searched' }],
      complete: false,
    })
  })
})

describe('list_users', () => {
  const list = (match?: Record<string, unknown>, more = {}) =>
    world.call('list_users', { tenant: 'acme-google', limit: 200, ...(match && { match }), ...more })

  test('goes through everybody once, page by page', async () => {
    const seen: string[] = []
    let cursor: unknown
    do {
      const page = await list(undefined, { limit: 60, ...(cursor !== undefined && { cursor }) })
      expect(page.error).toBeUndefined()
      seen.push(...userNames(page))
      cursor = page.nextCursor
    } while (cursor !== undefined)
    expect(seen.toSorted()).toEqual(world.google.users.map(({ userName }) => userName).toSorted())
  })

  test.each([
    ['department', { department: 'finance' }, ({ id }: { id: string }) => departmentOf(id) === 'Finance'],
    ['title', { title: 'Accountant' }, ({ title }: { title?: string }) => title === 'Accountant'],
    ['given name', { givenName: 'Priya' }, (user: Named) => user.name?.givenName === 'Priya'],
    [
      'family name with a quote in it',
      { familyName: "O'Brien" },
      (user: Named) => user.name?.familyName === "O'Brien",
    ],
    ['status inactive', { status: 'inactive' }, ({ active }: { active?: boolean }) => active === false],
    ['administrators, delegated ones too', { admin: true }, ({ id }: { id: string }) => isAdmin(id)],
  ])('narrows by %s', async (_, match, fits) => {
    const page = await list(match)
    const wanted = world.google.users.filter(fits).map(({ userName }) => userName)
    expect(wanted.length).toBeGreaterThan(0)
    expect(userNames(page).toSorted()).toEqual(wanted.toSorted())
    expect(page.complete).toBe(true)
  })

  test('leaves the suspended and the archived out of those who are active', async () => {
    world.google.extras('katherine.johnson@example.com').archived = true
    const names = userNames(await list({ status: 'active', department: 'Engineering' }))
    expect(names).toContain('ada@example.com')
    expect(names.map((name) => name.toLowerCase())).not.toContain('katherine.johnson@example.com')
    expect(names).not.toContain('alan@example.com')
    world.google.extras('katherine.johnson@example.com').archived = false
  })
})

interface Named {
  name?: { givenName?: string; familyName?: string }
}
const departmentOf = (id: string) =>
  Object.entries(world.google.user(id)).flatMap(([key, value]) =>
    key.endsWith('enterprise:2.0:User') ? [(value as { department?: string }).department] : [],
  )[0]
const isAdmin = (id: string) => {
  const { isAdmin, isDelegatedAdmin } = world.google.extras(id)
  return isAdmin === true || isDelegatedAdmin === true
}

describe('list_groups', () => {
  test('lists every group', async () => {
    const { groups, complete } = await world.call('list_groups', { tenant: 'acme-google' })
    expect((groups as { name: string }[]).map(({ name }) => name).toSorted()).toEqual(
      world.google.groups.map(({ displayName }) => displayName).toSorted(),
    )
    expect(complete).toBe(true)
  })

  test.each([
    ['its name', () => 'Remote access'],
    ['its address', () => 'remote-access@example.com'],
    ['its id', () => world.google.group('Remote access').id],
  ])('tells who is in a group by %s', async (_, name) => {
    const answer = await world.call('list_groups', { tenant: 'acme-google', group: name(), limit: 200 })
    const [group] = answer.groups as { members: { id: string }[]; memberCount: number }[]
    const wanted = (world.google.group('Remote access').members ?? []).map(({ value }) => value)
    expect(group?.members.map(({ id }) => id).toSorted()).toEqual(wanted.toSorted())
    expect(group?.memberCount).toBe(wanted.length)
  })

  test('tells a group that is in a group', async () => {
    const [outer, inner] = [world.google.group('IT'), world.google.group('Finance')]
    outer.members = [...(outer.members ?? []), { value: inner.id }]
    const answer = await world.call('list_groups', { tenant: 'acme-google', group: 'IT', limit: 200 })
    const [group] = answer.groups as { members: unknown[] }[]
    expect(group?.members).toContainEqual({ id: inner.id, type: 'group', name: 'finance@example.com' })
    outer.members = outer.members.filter(({ value }) => value !== inner.id)
  })
})

describe('explain_access', () => {
  test('tells status, groups, roles, credentials, factors and the last changes', async () => {
    const answer = await world.call('explain_access', { user: 'ada@example.com', ...HERE })
    expect(answer).toMatchObject({
      people: [
        {
          facts: [
            {
              tenant: 'acme-google',
              status: 'active',
              state: 'ACTIVE: can sign in',
              groups: ['Engineering', 'Remote access', 'Everyone'],
              roles: [],
              sessions: 'apps with OAuth tokens: 2, application passwords: 1',
              factors: ['2-Step Verification: enrolled, enforced'],
              lastSignIn: expect.any(String),
              changes: [{ action: 'admin: CHANGE_LAST_NAME', actor: 'admin@example.com' }],
            },
          ],
        },
      ],
      complete: false,
    })
    expect((answer.unknown as { what: string }[]).map(({ what }) => what)).toContain('open sessions')
  })

  test.each([
    ['grace@example.com', { roles: ['_USER_MANAGEMENT_ADMIN_ROLE'] }],
    ['alan@example.com', { status: 'inactive', state: expect.stringContaining('SUSPENDED: ') }],
  ])('tells of %s', async (user, facts) => {
    expect(await world.call('explain_access', { user, ...HERE })).toMatchObject({
      people: [{ facts: [facts] }],
    })
  })

  test('names what the token may not read, and where to look', async () => {
    await using poor = await openGoogleWorld({
      sandbox: { google: { delegated: ['admin.directory.user.readonly'] } },
    })
    const { people, unknown } = await poor.call('explain_access', { user: 'ada@example.com', ...HERE })
    expect(people).toMatchObject([{ facts: [{ status: 'active' }] }])
    const where = (unknown as { what: string; where: string }[]).map(({ what, where }) => `${what}: ${where}`)
    expect(where).toContainEqual(expect.stringMatching(/^administrator roles: Admin console, Account/))
    expect(where).toContainEqual(
      expect.stringMatching(/^OAuth tokens and application passwords: Admin console/),
    )
    expect(where).toContainEqual(expect.stringMatching(/^changes: .*admin\.reports\.audit\.readonly/))
  })
})
