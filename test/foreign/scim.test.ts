import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ForeignServer, notInstalled, startForeign } from '../support/foreign.ts'
import { openWorld, type World } from '../support/world.ts'

/** One user as the server's own store has it, whatever it calls things. */
interface Stored {
  active: boolean
  familyName: string
  email: string
}

/** What is true of a server that others wrote. */
interface Server {
  /** Fields that it takes and shows again. */
  keeps: readonly string[]
  /** Whether it has groups; `hidden` if it takes members and shows none. */
  groups: 'shown' | 'hidden' | 'none'
  /** The user of this name in its own store. */
  user: (store: Store, userName: string) => Stored | undefined
  /** Ids of the members of the group of this name in its own store. */
  members?: (store: Store, name: string) => string[]
}

type Rows = Record<string, unknown>[]
type Store = Record<string, Rows>
/** A row of a store that keeps resources as SCIM has them. */
interface ScimRow extends Record<string, unknown> {
  name?: { familyName?: string }
  emails?: { value: string }[]
  members?: { value: string }[]
}

const named = (rows: Rows | undefined, by: string, value: string) => rows?.find((row) => row[by] === value)

const GATEWAY: Server = {
  keeps: ['familyName', 'title', 'department'],
  groups: 'shown',
  user: ({ users }, userName) => {
    const row = named(users, 'userName', userName) as ScimRow | undefined
    return (
      row && {
        active: row.active === true,
        familyName: `${row.name?.familyName}`,
        email: `${row.emails?.[0]?.value}`,
      }
    )
  },
  members: ({ groups }, name) =>
    ((named(groups, 'displayName', name) as ScimRow | undefined)?.members ?? []).map(({ value }) => value),
}

const SERVERS: Record<string, Server> = {
  'better-auth': {
    keeps: ['familyName', 'title', 'department'],
    groups: 'shown',
    user: ({ scimUser }, userName) => {
      const row = named(scimUser, 'userName', userName)
      return (
        row && { active: row.active === true, familyName: `${row.familyName}`, email: `${row.primaryEmail}` }
      )
    },
    members: ({ scimGroup, scimGroupMember }, name) => {
      const group = named(scimGroup, 'displayName', name)
      return (scimGroupMember ?? [])
        .filter((row) => row.groupId === group?.id)
        .map((row) => `${row.scimUserId ?? row.userId ?? row.memberId}`)
    },
  },
  'better-auth-1.6': {
    keeps: [],
    groups: 'none',
    user: ({ user }, email) => {
      const row = named(user, 'email', email)
      return (
        row && {
          active: row.banned !== true,
          familyName: `${row.name}`.split(' ').at(-1) ?? '',
          email: `${row.email}`,
        }
      )
    },
  },
  scimgateway: GATEWAY,
  'scimgateway-5': GATEWAY,
  'saml-jackson': {
    keeps: ['familyName', 'title'],
    groups: 'hidden',
    user: ({ users }, userName) => {
      const row = users?.find(({ raw }) => (raw as { userName?: string }).userName === userName)
      const { emails = [] } = (row?.raw ?? {}) as { emails?: { value: string }[] }
      return (
        row && { active: row.active === true, familyName: `${row.last_name}`, email: `${emails[0]?.value}` }
      )
    },
    members: ({ groups }, name) => {
      const { members = [] } = (named(groups, 'name', name) ?? {}) as { members?: { user_id: string }[] }
      return members.map(({ user_id: id }) => id)
    },
  },
}

const PEOPLE = 12
const nameOf = (index: number) => `person${index}@example.com`
const reason = 'tried on a server of others'

describe.each(Object.entries(SERVERS))('%s', (folder, { keeps, groups, user, members }) => {
  describe.skipIf(notInstalled(folder))('is driven through a real client', () => {
    let server: ForeignServer
    let world: World
    const ids = new Map<number, string>()
    beforeAll(async () => {
      server = await startForeign(folder)
      const tenant = { vendor: 'scim', url: server.url, tokens: { scim: 'env:FOREIGN' }, allowDelete: true }
      world = await openWorld({
        tenants: () => ({
          app: { ...tenant, pageSize: 5, verifyWindowMs: 0, budget: { perMinute: 6_000 } },
        }),
        settings: {
          confirm: { deletes: 'ask', bulk: 'none' },
          limits: { changesPerHour: 1_000, removesPerHour: 1_000 },
        },
        env: { FOREIGN: server.token },
      })
    })
    afterAll(async () => {
      await world[Symbol.asyncDispose]()
      await server.close()
    })

    const call = (tool: string, more: object) => world.call(tool, { tenant: 'app', ...more })
    const find = (who: string) => world.call('find_user', { user: who, tenants: ['app'] })
    const stored = async () => (await server.stored()) as Store
    const inStore = async (index: number) => user(await stored(), nameOf(index))
    const found = (index: number) => ({
      people: [{ accounts: [{ id: ids.get(index) }] }],
      searched: [{ outcome: 'found' }],
      complete: true,
    })
    const ABSENT = { people: [], searched: [{ outcome: 'absent' }], complete: true }
    const userNames = (answer: Record<string, unknown>) =>
      (answer.accounts as { userName: string }[]).map(({ userName }) => userName)

    test('check and probe find nothing wrong with an empty app', async () => {
      expect(await world.run(['check'])).toMatchObject({ code: 0 })
      expect(JSON.parse((await world.run(['probe', 'app', '--json'])).stdout)).toMatchObject({ ok: true })
    })

    test('takes new users, and is said to keep only what it shows', async () => {
      for (let index = 0; index < PEOPLE; index++) {
        const answer = await call('create_user', {
          ...{ email: nameOf(index), givenName: 'Pat', familyName: `Number${index}` },
          attributes: { externalId: `E-${index}`, title: 'Engineer' },
        })
        const isKept = keeps.includes('title')
        expect(answer).toMatchObject({
          outcome: 'created',
          status: isKept ? 'done' : 'partial',
          verified: isKept,
        })
        ids.set(index, (answer.account as { id: string }).id)
        expect(await inStore(index)).toMatchObject({ active: true, familyName: `Number${index}` })
      }
    })

    test('has no user twice, in any letter case', async () => {
      for (const email of [nameOf(1), nameOf(1).toUpperCase()])
        expect(await call('create_user', { email, givenName: 'Pat', familyName: 'Twice' })).toMatchObject({
          outcome: 'already_exists',
          account: { id: ids.get(1) },
        })
    })

    test.each([nameOf(3), nameOf(3).toUpperCase(), 'E-3'])('finds a person by %s', async (who) => {
      expect(await find(who)).toMatchObject(found(3))
    })

    test('finds a person by the id', async () => {
      expect(await find(ids.get(3) ?? '')).toMatchObject(found(3))
    })

    test.each(['nobody@example.com', 'E-999', "o'nobody@example.com"])(
      'has nobody called %s',
      async (who) => {
        expect(await find(who)).toMatchObject(ABSENT)
      },
    )

    test('is listed page by page, to its end', async () => {
      const seen: string[] = []
      let cursor: unknown
      do {
        const page = await call('list_users', { limit: 5, ...(cursor ? { cursor } : {}) })
        expect(page.error).toBeUndefined()
        seen.push(...userNames(page))
        cursor = page.nextCursor
      } while (cursor)
      expect(seen.sort()).toEqual(Array.from({ length: PEOPLE }, (_, index) => nameOf(index)).sort())
    })

    test.each([
      ['email', nameOf(4)],
      ['externalId', 'E-4'],
      ['familyName', 'Number4'],
    ])('is listed by %s, or says that it does not tell', async (by, value) => {
      const answer = await call('list_users', { match: { [by]: value } })
      if (by !== 'familyName' || keeps.includes('familyName'))
        expect([userNames(answer), answer.complete]).toEqual([[nameOf(4)], true])
      else expect(answer).toMatchObject({ accounts: [], note: expect.stringContaining('familyName') })
    })

    test('says of a change only what came of it', async () => {
      const answer = await call('update_user', {
        user: nameOf(5),
        set: { familyName: 'Changed', title: 'Lead' },
      })
      const isKept = keeps.includes('title') && keeps.includes('familyName')
      expect(answer).toMatchObject({ status: isKept ? 'done' : 'partial', verified: isKept })
      expect(await inStore(5)).toMatchObject({ familyName: 'Changed' })
    })

    test('finds a person by a new email, and not by the old external id', async () => {
      // One after the other: better-auth 1.6 takes an email by PUT alone, which a change of both does not show.
      for (const set of [{ email: 'renamed@example.com' }, { externalId: 'E-new' }])
        expect(await call('update_user', { user: ids.get(6), set })).toMatchObject({ verified: true })
      for (const who of ['renamed@example.com', 'E-new']) expect(await find(who)).toMatchObject(found(6))
      expect(await find('E-6')).toMatchObject(ABSENT)
    })

    test('switches a person off and on again, and lists who is off', async () => {
      const [who, tenants] = [nameOf(7), ['app']]
      expect(await world.call('deactivate_user', { user: who, tenants, reason })).toMatchObject({
        status: 'done',
        results: [{ outcome: 'deactivated', verified: true }],
      })
      expect(await inStore(7)).toMatchObject({ active: false })
      const off = await call('list_users', { match: { status: 'inactive' } })
      expect([userNames(off), off.complete]).toEqual([[who], true])
      expect(await world.call('reactivate_user', { user: who, tenants, reason })).toMatchObject({
        status: 'done',
        results: [{ outcome: 'reactivated', verified: true }],
      })
      expect(await inStore(7)).toMatchObject({ active: true })
    })

    test.skipIf(groups === 'none')('puts people into a group and takes them out', async () => {
      const isShown = groups === 'shown'
      const inGroup = async () => members?.(await stored(), 'Crew').sort()
      expect(await call('create_group', { name: 'Crew' })).toMatchObject({ outcome: 'created' })
      expect(await call('create_group', { name: 'Crew' })).toMatchObject({ outcome: 'already_exists' })
      expect(
        await call('update_group_members', { group: 'Crew', add: [nameOf(1), nameOf(2)], reason }),
      ).toMatchObject({ status: isShown ? 'done' : 'partial', verified: isShown })
      expect(await inGroup()).toEqual([ids.get(1), ids.get(2)].sort())
      expect(await call('list_groups', { group: 'Crew' })).toMatchObject({
        groups: [isShown ? { memberCount: 2 } : expect.not.objectContaining({ memberCount: 0 })],
      })
      expect(
        await call('update_group_members', { group: 'Crew', remove: [nameOf(1)], reason }),
      ).toMatchObject({
        status: isShown ? 'done' : 'partial',
        verified: isShown,
      })
      expect(await inGroup()).toEqual([ids.get(2)])
    })

    test.skipIf(groups !== 'none')('offers no groups where it has none', async () => {
      expect((await call('list_groups', {})).error).toMatchObject({ code: 'unsupported' })
    })

    test('deletes a person for good', async () => {
      expect(await call('delete_user', { user: nameOf(8), reason })).toMatchObject({
        outcome: 'deleted',
        verified: true,
      })
      expect(await inStore(8)).toBeUndefined()
      expect(await find(nameOf(8))).toMatchObject(ABSENT)
    })

    test('takes a name with a quotation mark, and shows it again', async () => {
      const answer = await call('create_user', {
        ...{ email: "pat.o'hara@example.com", givenName: 'Pat', familyName: 'O"Hara' },
      })
      expect(answer).toMatchObject({ outcome: 'created', account: { name: 'Pat O"Hara' } })
      expect(await find("pat.o'hara@example.com")).toMatchObject({ people: [{ name: 'Pat O"Hara' }] })
    })

    test('leaves a journal that verifies', async () => {
      expect(await world.run(['journal', 'verify'])).toMatchObject({ code: 0 })
    })
  })
})
