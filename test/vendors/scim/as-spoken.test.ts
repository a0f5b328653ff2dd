import { describe, expect, test } from 'vitest'
import { context, serveCanned } from '../../support/canned.ts'
import { vendorAt } from '../vendor-at.ts'
import { listOf, scimAt, user } from './scim-at.ts'
import { target } from './write-at.ts'

const quoted = (filter = ''): string[] =>
  [...filter.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text ?? '')

describe('a name with a character that apps read wrongly', () => {
  const ODD = ['o"brien', 'o\\brien', '100%20brien', "o'brien"]
  const others = ['ada', 'grace', 'linus']

  /** An app that compares a value as it came, so that one with such a character finds nobody. */
  const serve = (names: readonly string[], readsRightly: boolean) =>
    serveCanned(({ path, query }) => {
      const rows = names.map((name) => user(`id-${names.indexOf(name)}`, name))
      if (path !== '/Users') {
        const record = rows.find(({ id }) => path === `/Users/${id}`)
        return record ? { body: record } : { status: 404, body: { detail: 'no such user' } }
      }
      const values = quoted(query.filter).map((text) => (readsRightly ? JSON.parse(`"${text}"`) : text))
      const wanted = values.map((value) => value.toLowerCase())
      const asksName = /^userName eq/.test(query.filter ?? '')
      if (readsRightly && query.filter?.startsWith('noSuchAttribute')) return { status: 400, body: {} }
      const isOdd = (name: string) => !readsRightly && ODD.includes(name)
      const found = query.filter
        ? rows.filter(({ userName }) => asksName && wanted.includes(userName) && !isOdd(userName))
        : rows
      const start = Number(query.startIndex ?? 1)
      return { body: listOf(found.slice(start - 1, start + 1), found.length) }
    })

  test.each(ODD)('%s is found by comparing here', async (name) => {
    await using app = await serve([...others, name], false)
    const { accounts } = await scimAt(app.url).findAccounts({ user: name }, context())
    expect(accounts.map(({ userName }) => userName)).toEqual([name])
  })

  test.each(ODD)('%s is absent only if the whole list was read', async (name) => {
    await using app = await serve(others, false)
    expect(await scimAt(app.url).findAccounts({ user: name }, context())).toEqual({ accounts: [] })
    const short = scimAt(app.url, { maxPages: 1 }).findAccounts({ user: name }, context())
    await expect(short).rejects.toMatchObject({ code: 'bad_reply' })
  })

  test.each(ODD)('%s is believed of an app that was seen to read such a name', async (name) => {
    await using app = await serve([...others, name], true)
    const operations = scimAt(app.url)
    await operations.findAccounts({ user: name }, context())
    const before = app.asked.length
    const other = name.replace('brien', 'neill')
    expect(await operations.findAccounts({ user: other }, context())).toEqual({ accounts: [] })
    expect(app.asked.slice(before).filter(({ path, query }) => path === '/Users' && !query.filter)).toEqual(
      [],
    )
  })
})

describe('members go in parts that the app takes', () => {
  const people = Array.from({ length: 50 }, (_, index) => ({
    id: `u${index}`,
    userName: `u${index}@example.com`,
  }))
  const group = { id: 'g1', name: 'Crew' }

  /** A group of an app that takes `most` members in a request, and says no to more with `status`. */
  const serve = (most: number, status: number) => {
    const members = new Set<string>()
    const app = serveCanned(({ method, body }) => {
      if (method === 'GET')
        return { body: { id: 'g1', displayName: 'Crew', members: [...members].map((value) => ({ value })) } }
      const { Operations } = body as { Operations: { value: { value: string }[] }[] }
      const ids = Operations.flatMap(({ value }) => value.map((one) => one.value))
      if (ids.length > most) return { status, body: { scimType: 'tooMany', detail: 'too many' } }
      for (const id of ids) members.add(id)
      return { status: 204 }
    })
    return { app, members }
  }

  test.each([
    [20, 413],
    [20, 400],
    [1, 400],
  ])('that get smaller until %i fit, after a %i', async (most, status) => {
    const { app: serving, members } = serve(most, status)
    await using app = await serving
    const operations = scimAt(app.url)
    await operations.updateMembers({ group, add: people, remove: [] }, context())
    expect([...members].sort()).toEqual(people.map(({ id }) => id).sort())
    // The size is kept.
    const before = app.asked.length
    await operations.updateMembers({ group, add: people.slice(0, most), remove: [] }, context())
    expect(app.asked.slice(before)).toHaveLength(most === 1 ? 1 : 2)
  })

  test('of the size that the settings say, from the first on', async () => {
    const { app: serving, members } = serve(20, 400)
    await using app = await serving
    await scimAt(app.url, { takes: { membersPerPatch: 20 } }).updateMembers(
      { group, add: people, remove: [] },
      context(),
    )
    expect(members.size).toBe(50)
    expect(app.asked.map(({ method }) => method)).toEqual(['PATCH', 'PATCH', 'PATCH'])
  })
})

describe('a status that the app accepts and does not show', () => {
  /** An app that reads only a PATCH without a path. */
  const serve = () => {
    const ana = { ...user(target.id, target.userName), active: true }
    return serveCanned(({ method, body }) => {
      if (method === 'GET') return { body: ana }
      if (method === 'PUT') return { status: 204 }
      const [operation] = (body as { Operations: { path?: string; value: { active?: boolean } }[] })
        .Operations
      if (operation?.path === undefined && operation?.value.active !== undefined)
        ana.active = operation.value.active
      return { status: 204 }
    })
  }

  test('is sent in the next form of PATCH, never as a replacement', async () => {
    await using app = await serve()
    const operations = scimAt(app.url)
    await operations.deactivateAccount(target, context())
    expect(await operations.readAccount({ id: target.id }, context())).toMatchObject({ status: 'active' })
    expect(await operations.resend('deactivateAccount', target, context())).toBe(true)
    expect(await operations.readAccount({ id: target.id }, context())).toMatchObject({ status: 'inactive' })
    expect(await operations.resend('deactivateAccount', target, context())).toBe(false)
    // What was seen to work comes first from now on.
    await operations.reactivateAccount(target, context())
    expect(await operations.readAccount({ id: target.id }, context())).toMatchObject({ status: 'active' })
    expect(app.asked.filter(({ method }) => method === 'PUT')).toEqual([])
  })

  test.each(['path', 'pathless', 'put'] as const)(
    'is not sent again where the settings say %s',
    async (form) => {
      await using app = await serve()
      const operations = scimAt(app.url, { patchStrategy: form })
      await operations.deactivateAccount(target, context())
      expect(await operations.resend('deactivateAccount', target, context())).toBe(false)
    },
  )

  test('is the only change that is sent again', async () => {
    await using app = await serve()
    expect(await scimAt(app.url).resend('updateAccount', target, context())).toBe(false)
    expect(app.asked).toEqual([])
  })
})

describe('what a new account needs', () => {
  const fields = {
    userName: 'new@example.com',
    email: 'new@example.com',
    givenName: 'New',
    familyName: 'Person',
  }
  const schema = (...attributes: object[]) => ({
    Resources: [{ id: 'urn:ietf:params:scim:schemas:core:2.0:User', attributes }],
  })
  const check = async (body: unknown, settings: Record<string, unknown> = {}, given: object = fields) => {
    await using app = await serveCanned(() => (body === undefined ? { status: 404 } : { body }))
    const operations = vendorAt('scim', app.url, settings)
    const ask = { operation: 'createAccount' as const, accounts: [], fields: given }
    const end = () =>
      operations.checkWrite(ask, context()).then(
        () => 'fine',
        (error) => `${error.code}: ${error.message}`,
      )
    const ends = [await end(), await end()]
    return { end: ends[0], ends, asked: app.asked.map(({ method, path }) => `${method} ${path}`) }
  }
  const required = (name: string, more: object = {}) => ({
    name,
    required: true,
    mutability: 'readWrite',
    ...more,
  })

  test.each<[string, unknown, Record<string, unknown>, RegExp]>([
    ['nothing', schema(), {}, /^fine$/],
    [
      'what is made of the rest',
      schema(required('userName'), required('displayName'), required('emails')),
      {},
      /^fine$/,
    ],
    ['an external id', schema(required('externalId')), {}, /^invalid_input: .*externalId/],
    ['what cannot be set here', schema(required('userType')), {}, /^unsupported: .*userType/],
    ['what the app sets itself', schema(required('id', { mutability: 'readOnly' })), {}, /^fine$/],
    ['nothing that is told', undefined, {}, /^fine$/],
    ['no schema at all', { some: 'page' }, {}, /^fine$/],
    [
      'what the settings say',
      schema(),
      { createNeeds: ['externalId', 'title'] },
      /^invalid_input: .*externalId, title/,
    ],
    ['nothing, by the settings', schema(required('externalId')), { createNeeds: [] }, /^fine$/],
    [
      'parts of a name',
      schema(required('name', { subAttributes: [required('middleName')] })),
      {},
      /^unsupported: .*middleName/,
    ],
  ])('%s', async (_, body, settings, said) => {
    expect((await check(body, settings)).end).toMatch(said)
  })

  test('is asked for once', async () => {
    const { ends, asked } = await check(schema(required('externalId')))
    expect(asked).toEqual(['GET /Schemas'])
    expect(ends[0]).toBe(ends[1])
  })
})
