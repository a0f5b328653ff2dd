import { describe, expect, test } from 'vitest'
import { filtered, openSandbox, rows } from './asking.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

describe('people', () => {
  test('are 250, the same in every sandbox, with Ada Lovelace first', async () => {
    await using one = await openSandbox()
    await using other = await openSandbox()
    expect(one.netskope.users).toHaveLength(250)
    expect(one.netskope.users).toEqual(other.netskope.users)
    expect(one.netskope.users[0]).toMatchObject({
      userName: 'ada@example.com',
      active: true,
      name: { familyName: 'Lovelace' },
    })
    expect(new Set(one.netskope.users.map(({ userName }) => userName.toLowerCase())).size).toBe(250)
    expect(
      one.netskope.users.every(({ emails }) => /@([a-z]+\.)?example\.com$/.test(emails?.[0]?.value ?? '')),
    ).toBe(true)
    expect(one.netskope.users.some(({ active }) => active === false)).toBe(true)
  })
})

describe('lists', () => {
  test('hold 100 rows unless told otherwise and never more than 200', async () => {
    await using sandbox = await openSandbox()
    expect((await sandbox.scim('GET', '/Users')).json).toMatchObject({
      totalResults: 250,
      itemsPerPage: 100,
      startIndex: 1,
    })
    expect((await sandbox.scim('GET', '/Users?count=1000')).json).toMatchObject({ itemsPerPage: 200 })
  })

  test('are paged from 1, say later startIndex as text, and end with an empty page', async () => {
    await using sandbox = await openSandbox()
    const pages = await Promise.all(
      [1, 101, 201, 301].map((start) => sandbox.scim('GET', `/Users?startIndex=${start}`)),
    )
    expect(pages.map(({ json }) => json.startIndex)).toEqual([1, '101', '201', '301'])
    expect(pages.map((page) => rows(page).length)).toEqual([100, 100, 50, 0])
    expect(new Set(pages.flatMap(rows).map(({ id }) => id)).size).toBe(250)
    expect(pages[3]?.json.Resources).toEqual([])
  })

  test('have no Resources when nothing was found', async () => {
    await using sandbox = await openSandbox()
    const { status, json } = await sandbox.scim(
      'GET',
      `/Users${filtered('userName eq "nobody@example.com"')}`,
    )
    expect(status).toBe(200)
    expect(json).toMatchObject({ totalResults: 0 })
    expect(json).not.toHaveProperty('Resources')
  })

  test.each([
    ['userName eq "ADA@example.com"', 1],
    ['USERNAME EQ "ada@example.com"', 1],
    ['userName eq "katherine.johnson@example.com"', 1],
    ['emails.value eq "katherine.johnson@example.com"', 1],
    ['externalId eq "nothing"', 0],
    ['userName eq "alan@example.com" and active eq false', 1],
    ['userName eq "alan@example.com" and active eq true', 0],
    ['userName eq "a\\"b\\\\c@example.com"', 1],
  ])('understands the filter %s', async (filter, expected) => {
    await using sandbox = await openSandbox()
    sandbox.netskope.addUser({ userName: 'a"b\\c@example.com' })
    const { json } = await sandbox.scim('GET', `/Users${filtered(filter)}`)
    expect(json.totalResults).toBe(expected)
  })

  test('find one by id and by externalId, letter by letter', async () => {
    await using sandbox = await openSandbox()
    const { id, externalId = '' } = sandbox.netskope.user('ada@example.com')
    const found = async (filter: string) =>
      (await sandbox.scim('GET', `/Users${filtered(filter)}`)).json.totalResults
    expect(await found(`id eq "${id}"`)).toBe(1)
    expect(await found(`externalId eq "${externalId}"`)).toBe(1)
    expect(await found(`externalId eq "${externalId.toUpperCase()}"`)).toBe(0)
  })

  test.each([
    'userName co "ada"',
    'not (userName eq "a")',
    'userName eq ada',
    'userName eq "a" and',
    'userName eq "a" and and active eq true',
    'active eq "true"',
    'shoeSize eq "44"',
    'name.givenName eq "Ada"',
    'emails.type eq "work"',
    '',
  ])('refuse the filter %j', async (filter) => {
    await using sandbox = await openSandbox()
    const { status, json } = await sandbox.scim('GET', `/Users${filtered(filter)}`)
    expect([status, json.scimType]).toEqual([400, 'invalidFilter'])
  })
})

describe('a user', () => {
  test('is read by id alone', async () => {
    await using sandbox = await openSandbox()
    const ada = sandbox.netskope.user('ada@example.com')
    const { status, headers, json } = await sandbox.scim('GET', `/Users/${ada.id}`)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/scim+json;charset=utf-8')
    expect(json).toMatchObject({
      id: ada.id,
      userName: 'ada@example.com',
      active: true,
      meta: { resourceType: 'User' },
    })
    expect(json).not.toHaveProperty('groups')
    expect((await sandbox.scim('GET', '/Users/ada@example.com')).status).toBe(404)
  })

  test('that is not there is a SCIM error in plain JSON', async () => {
    await using sandbox = await openSandbox()
    const { status, headers, json } = await sandbox.scim('GET', '/Users/nobody')
    expect(status).toBe(404)
    expect(headers.get('content-type')).toBe('application/json')
    expect(json).toEqual({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '404',
      detail: 'Resource nobody not found',
    })
  })

  test('is created once', async () => {
    await using sandbox = await openSandbox()
    const body = { userName: 'di@example.com', name: { givenName: 'Di' }, shoeSize: 44 }
    const created = await sandbox.scim('POST', '/Users', { body })
    expect(created.status).toBe(201)
    expect(created.json).toMatchObject({ userName: 'di@example.com', active: true })
    expect(created.json).not.toHaveProperty('shoeSize')
    const again = await sandbox.scim('POST', '/Users', { body: { userName: 'DI@example.com' } })
    expect([again.status, again.json.scimType]).toEqual([409, 'uniqueness'])
    expect(sandbox.netskope.users).toHaveLength(251)
  })

  test.each([
    [{}, 'invalidValue'],
    [{ userName: '' }, 'invalidValue'],
    [{ userName: 'x@example.com', active: 'False' }, 'invalidValue'],
    [{ userName: 'x@example.com', emails: [{ type: 'work' }] }, 'invalidValue'],
    [['x'], 'invalidValue'],
  ])('is not created from %j', async (body, scimType) => {
    await using sandbox = await openSandbox()
    const { status, json } = await sandbox.scim('POST', '/Users', { body })
    expect([status, json.scimType]).toEqual([400, scimType])
    expect(sandbox.netskope.users).toHaveLength(250)
  })

  test('needs a JSON content type to be written', async () => {
    await using sandbox = await openSandbox()
    const asking = { body: { userName: 'x@example.com' }, headers: { 'content-type': 'text/plain' } }
    expect((await sandbox.scim('POST', '/Users', asking)).status).toBe(415)
  })

  test('loses what a PUT leaves out, save its id', async () => {
    await using sandbox = await openSandbox()
    const { id } = sandbox.netskope.user('ada@example.com')
    const { status, json } = await sandbox.scim('PUT', `/Users/${id}`, {
      body: { id: 'another', userName: 'ada@example.com', active: false },
    })
    expect(status).toBe(200)
    expect(json).toEqual({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      id,
      userName: 'ada@example.com',
      active: false,
      meta: { resourceType: 'User' },
    })
    expect(sandbox.netskope.user(id)).toEqual({ id, userName: 'ada@example.com', active: false })
  })

  test('cannot take the name of another', async () => {
    await using sandbox = await openSandbox()
    const { id } = sandbox.netskope.user('ada@example.com')
    const { status } = await sandbox.scim('PUT', `/Users/${id}`, { body: { userName: 'Grace@example.com' } })
    expect(status).toBe(409)
    expect(sandbox.netskope.user(id).userName).toBe('ada@example.com')
  })

  test('is deleted for good, and from its groups', async () => {
    await using sandbox = await openSandbox()
    const { id } = sandbox.netskope.user('ada@example.com')
    expect((await sandbox.scim('DELETE', `/Users/${id}`)).status).toBe(204)
    expect((await sandbox.scim('GET', `/Users/${id}`)).status).toBe(404)
    expect((await sandbox.scim('DELETE', `/Users/${id}`)).status).toBe(404)
    expect(
      sandbox.netskope.groups.flatMap(({ members = [] }) => members).map(({ value }) => value),
    ).not.toContain(id)
  })

  test('that a test holds is live', async () => {
    await using sandbox = await openSandbox()
    const ada = sandbox.netskope.user('ada@example.com')
    await sandbox.patch(`/Users/${ada.id}`, { op: 'replace', path: 'active', value: false })
    expect(ada.active).toBe(false)
    sandbox.netskope.renameUser('ada@example.com', 'countess@example.com')
    expect(ada.userName).toBe('countess@example.com')
    expect(ada[ENTERPRISE]).toEqual({ department: 'Engineering' })
  })
})

describe('a group', () => {
  test('shows its members only when they are asked for', async () => {
    await using sandbox = await openSandbox()
    const { id, members = [] } = sandbox.netskope.group('Engineering')
    expect((await sandbox.scim('GET', `/Groups/${id}`)).json).not.toHaveProperty('members')
    const { json } = await sandbox.scim('GET', `/Groups/${id}?attributes=members`)
    expect(json.members).toHaveLength(members.length)
    expect(json.members).toContainEqual({
      value: sandbox.netskope.user('ada@example.com').id,
      display: 'ada@example.com',
    })
  })

  test('is created, found and deleted', async () => {
    await using sandbox = await openSandbox()
    const { id } = sandbox.netskope.user('ada@example.com')
    const body = { displayName: 'Night shift', members: [{ value: id }] }
    expect((await sandbox.scim('POST', '/Groups', { body })).status).toBe(201)
    expect((await sandbox.scim('POST', '/Groups', { body })).status).toBe(409)
    const found = await sandbox.scim('GET', `/Groups${filtered('displayName eq "night SHIFT"')}`)
    expect(rows(found)).toHaveLength(1)
    expect((await sandbox.scim('DELETE', `/Groups/${rows(found)[0]?.id}`)).status).toBe(204)
    expect(sandbox.netskope.groups.some(({ displayName }) => displayName === 'Night shift')).toBe(false)
  })
})

test('says of itself that it has neither bulk nor ETags', async () => {
  await using sandbox = await openSandbox()
  const { json } = await sandbox.scim('GET', '/ServiceProviderConfig')
  expect(json).toMatchObject({
    bulk: { supported: false },
    etag: { supported: false },
    filter: { maxResults: 200 },
  })
})
