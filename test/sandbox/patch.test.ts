import { describe, expect, test } from 'vitest'
import { openSandbox } from './asking.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

describe('a PATCH of a user', () => {
  test.each([
    ['by path', { op: 'replace', path: 'active', value: false }, { active: false }],
    ['without a path', { op: 'replace', value: { active: false } }, { active: false }],
    [
      'by a path in other letter case',
      { op: 'replace', path: 'externalid', value: 'x' },
      { externalId: 'x' },
    ],
    [
      'of the user name',
      { op: 'replace', path: 'userName', value: 'b@example.com' },
      { userName: 'b@example.com' },
    ],
    [
      'of one part of the name',
      { op: 'replace', path: 'name.familyName', value: 'King' },
      { name: { givenName: 'Ada', familyName: 'King' } },
    ],
    [
      'of parts without a path',
      { op: 'add', value: { name: { familyName: 'King' }, 'name.givenName': 'Augusta' } },
      { name: { givenName: 'Augusta', familyName: 'King' } },
    ],
    ['that removes a part', { op: 'remove', path: 'name.givenName' }, { name: { familyName: 'Lovelace' } }],
    [
      'of the extension',
      { op: 'replace', path: `${ENTERPRISE}:department`, value: 'Ops' },
      { [ENTERPRISE]: { department: 'Ops' } },
    ],
    [
      'of the manager without a path',
      { op: 'add', value: { [ENTERPRISE]: { manager: { value: 'm' } } } },
      { [ENTERPRISE]: { department: 'Engineering', manager: { value: 'm' } } },
    ],
    [
      'of all emails',
      { op: 'replace', path: 'emails', value: [{ value: 'b@example.com' }] },
      { emails: [{ value: 'b@example.com' }] },
    ],
    [
      'of a chosen email',
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'b@example.com' },
      { emails: [{ type: 'work', value: 'b@example.com', primary: true }] },
    ],
    [
      'that adds an email',
      { op: 'add', path: 'emails', value: [{ value: 'b@example.com' }] },
      { emails: [{}, { value: 'b@example.com' }] },
    ],
  ])('%s holds and is answered 204 without a body', async (_, operation, expected) => {
    await using sandbox = await openSandbox()
    const ada = sandbox.netskope.user('ada@example.com')
    const { status, text } = await sandbox.patch(`/Users/${ada.id}`, operation)
    expect([status, text]).toEqual([204, ''])
    expect(ada).toMatchObject(expected)
  })

  test.each([
    [{ op: 'replace', path: 'department', value: 'Ops' }, 'invalidPath'],
    [{ op: 'replace', path: 'name.shoeSize', value: '44' }, 'invalidPath'],
    [{ op: 'replace', path: 'emails.value', value: 'b@example.com' }, 'invalidPath'],
    [{ op: 'replace', value: { department: 'Ops' } }, 'invalidPath'],
    [{ op: 'replace', path: 'active', value: 'False' }, 'invalidValue'],
    [{ op: 'replace', path: 'userName', value: '' }, 'invalidValue'],
    [{ op: 'remove', path: 'userName' }, 'invalidValue'],
    [{ op: 'replace', value: false }, 'invalidValue'],
    [{ op: 'remove' }, 'noTarget'],
    [{ op: 'replace', path: 'emails[type eq "home"].value', value: 'b@example.com' }, 'noTarget'],
    [{ op: 'Replace', path: 'active', value: false }, 'invalidSyntax'],
    [{ op: 'replace', path: 'active' }, 'invalidSyntax'],
  ])('%j is refused', async (operation, scimType) => {
    await using sandbox = await openSandbox()
    const { status, json } = await sandbox.patch(
      `/Users/${sandbox.netskope.user('ada@example.com').id}`,
      operation,
    )
    expect([status, json.scimType]).toEqual([400, scimType])
  })

  test('leaves no empty object behind', async () => {
    await using sandbox = await openSandbox()
    const ada = sandbox.netskope.user('ada@example.com')
    await sandbox.patch(`/Users/${ada.id}`, { op: 'remove', path: `${ENTERPRISE}:department` })
    expect(Object.keys(ada)).not.toContain(ENTERPRISE)
  })

  test('holds as a whole or not at all', async () => {
    await using sandbox = await openSandbox()
    const ada = sandbox.netskope.user('ada@example.com')
    const good = { op: 'replace', path: 'active', value: false }
    expect((await sandbox.patch(`/Users/${ada.id}`, good, { op: 'remove', path: 'wings' })).status).toBe(400)
    expect(ada.active).toBe(true)
  })

  test('may leave its schemas out, but not say others', async () => {
    await using sandbox = await openSandbox()
    const path = `/Users/${sandbox.netskope.user('ada@example.com').id}`
    const Operations = [{ op: 'replace', path: 'active', value: false }]
    expect((await sandbox.scim('PATCH', path, { body: { Operations } })).status).toBe(204)
    expect((await sandbox.scim('PATCH', path, { body: { schemas: ['x'], Operations } })).status).toBe(400)
  })
})

describe('a PATCH of members', () => {
  const people = ['grace@example.com', 'alan@example.com']

  test.each([
    [
      'adds',
      (ids: string[]) => ({ op: 'add', path: 'members', value: ids.map((value) => ({ value })) }),
      [true, true],
    ],
    [
      'removes a list',
      (ids: string[]) => ({ op: 'remove', path: 'members', value: [{ value: ids[0] }] }),
      [false, false],
    ],
    [
      'removes by a filter',
      (ids: string[]) => ({ op: 'remove', path: `members[value eq "${ids[0]}"]` }),
      [false, false],
    ],
    ['removes all', () => ({ op: 'remove', path: 'members' }), [false, false]],
    [
      'replaces all',
      (ids: string[]) => ({ op: 'replace', path: 'members', value: [{ value: ids[1] }] }),
      [false, true],
    ],
  ])('%s', async (_, operation, expected) => {
    await using sandbox = await openSandbox()
    const ids = people.map((name) => sandbox.netskope.user(name).id)
    const group = sandbox.netskope.group('Engineering')
    group.members = [{ value: ids[0] ?? '' }]
    expect((await sandbox.patch(`/Groups/${group.id}`, operation(ids))).status).toBe(204)
    const members = group.members?.map(({ value }) => value) ?? []
    expect(ids.map((id) => members.includes(id))).toEqual(expected)
  })

  test('keeps everybody else, and nobody twice', async () => {
    await using sandbox = await openSandbox()
    const group = sandbox.netskope.group('Sales')
    const before = group.members?.length ?? 0
    const add = {
      op: 'add',
      path: 'members',
      value: [{ value: sandbox.netskope.user('ada@example.com').id }],
    }
    await sandbox.patch(`/Groups/${group.id}`, add)
    await sandbox.patch(`/Groups/${group.id}`, add)
    expect(group.members).toHaveLength(before + 1)
  })

  test.each([[[{ value: 'nobody' }]], [[{ display: 'ada@example.com' }]], [[{ value: { value: 'x' } }]]])(
    'refuses %j',
    async (value) => {
      await using sandbox = await openSandbox()
      const { id } = sandbox.netskope.group('Sales')
      const { status, json } = await sandbox.patch(`/Groups/${id}`, { op: 'add', path: 'members', value })
      expect([status, json.scimType]).toEqual([400, 'invalidValue'])
    },
  )
})
