import { describe, expect, test } from 'vitest'
import { kindOf } from '../../src/changes/index.ts'
import { warning, warningsOf } from '../../src/changes/plan.ts'
import type { Change } from '../../src/domain/change.ts'
import type { AccountFields } from '../../src/domain/operations.ts'
import { namesPrivilege } from '../../src/domain/privilege.ts'
import { account, change } from '../support/call.ts'

test.each(['Super Admin', 'ORG_OWNER', 'Domain Admins', 'root', 'SuperUser', 'Privileged access'])(
  'a role or group called %s gives power',
  (name) => expect(namesPrivilege(name)).toBe(true),
)

test('a role like any other gives none, and nor does a title', () => {
  expect(['CSM', 'Viewer', 'Grassroots', undefined].filter(namesPrivilege)).toEqual([])
})

describe('a change touches power', () => {
  const update = (set: AccountFields, before: AccountFields = {}): Change => ({
    ...change(),
    operation: 'updateAccount',
    ask: { id: 'id-1', userName: 'ada@example.com', set },
    before,
  })
  const create = (fields: AccountFields): Change => ({
    ...change(),
    accounts: [],
    operation: 'createAccount',
    ask: { fields },
  })

  test.each([
    [update({ admin: false })],
    [update({ role: 'Admin' })],
    [update({ role: 'Viewer' }, { role: 'Org Owner' })],
    [update({ custom: { userType: 'admin' } })],
    [update({ custom: { is_admin: true } })],
    [update({ custom: { rights: ['read', 'Owner'] } })],
    [create({ admin: true })],
    [create({ role: 'Super Admin' })],
    [{ ...change(), operation: 'createGroup', ask: { name: 'Administrators', members: [] } } as Change],
    [
      {
        ...change(),
        operation: 'updateMembers',
        ask: { group: { id: 'g', name: 'Domain Admins' }, add: [], remove: [] },
        inside: [],
      } as Change,
    ],
  ])('%#', (made) => expect(kindOf(made).changesPrivilege(made)).toBe(true))

  test.each([
    [change()],
    [update({ title: 'Administrative Assistant' })],
    [create({ role: 'CSM', admin: false })],
  ])('and not with %#', (made) => expect(kindOf(made).changesPrivilege(made)).toBe(false))
})

test('a plan is told of odd names, those there are and those there will be, each once', () => {
  const odd = change({ userName: 'аda@example.com', caution: 'Odd.' })
  const made: Change = {
    ...odd,
    accounts: [],
    operation: 'createAccount',
    ask: { fields: { email: 'аda@example.com' } },
  }
  expect(warningsOf([odd, odd, change()])).toEqual(['⚠ аda@example.com: Odd.'])
  expect(warningsOf([made])).toEqual([expect.stringContaining('looks like "ada@example.com" but is not')])
  expect(warningsOf([{ ...change(), accounts: [account()] }])).toEqual([])
  expect(warning('eve', 'Odd.')).toEqual(['⚠ eve: Odd.'])
  expect(warning('ada', undefined)).toEqual([])
})
