import { describe, expect, test } from 'vitest'
import { touchesPrivilege, warning, warningsOf } from '../../src/changes/plan.ts'
import type { Change } from '../../src/domain/change.ts'
import type { AccountFields } from '../../src/domain/operations.ts'
import { isAdministrator, privilegeNames } from '../../src/domain/privilege.ts'
import { account, change, TRAITS } from '../support/call.ts'

const namesPrivilege = privilegeNames(['Keyholder', 'IT Ops'])

describe('a role or a group gives power that is called', () => {
  test.each([
    ...['Super Admin', 'ORG_OWNER', 'Domain Admins', 'root', 'root_user', 'SuperUser', 'Privileged access'],
    ...[
      'Power User',
      'super-users',
      'Full control',
      'administrateurs',
      'Ádministrátor',
      'Amministratore',
      'sudo',
    ],
    ...[
      'Verwalter',
      'Eigentümer',
      'Propriétaire',
      'Propietario',
      'Beheerder',
      'Správce',
      'Właściciel',
      'Yönetici',
    ],
    ...[
      'Rendszergazda',
      'Pääkäyttäjä',
      'Ylläpitäjä',
      'Quản trị viên',
      'Администратор',
      'адміністратор',
      'Владелец',
    ],
    ...[
      '管理者',
      '管理员',
      '系統管理員',
      '所有者',
      '관리자',
      'مدير النظام',
      'מנהל מערכת',
      'ผู้ดูแลระบบ',
      'प्रशासक',
      'Διαχειριστής',
    ],
    // The same in letters that look alike, are hidden, or are set apart.
    ...[
      'Ad\u200bmin',
      'Ａｄｍｉｎ',
      'Аdmin',
      'аdmіn',
      '𝐀𝐝𝐦𝐢𝐧',
      'ᴀᴅᴍɪɴ',
      'Adm1n',
      '@dmin',
      'A d m i n',
      'a.d.m.i.n',
      'Adrnin',
      'ADMlN',
    ],
    ...['r00t', 'Owner\u202e', 'ᎪᎠᎷIN', 'adm\u0131n'],
    ...['keyholder', 'KEYHOLDER', 'it ops'],
  ])('%j', (name) => expect(namesPrivilege(name)).toBe(true))

  test.each([
    ...[
      'CSM',
      'Viewer',
      'Grassroots',
      'Godfathers',
      'Everyone',
      'Remote access',
      'Contractors',
      'Finance',
      'VPN 4',
    ],
    ...[
      'Learner',
      'Отдел продаж',
      '営業部',
      '品質管理',
      '영업팀',
      'Vertrieb',
      'Équipe commerciale',
      'Ops',
      undefined,
    ],
  ])('and not %j', (name) => expect(namesPrivilege(name)).toBe(false))
})

test.each([
  [{ admin: true }, true],
  [{ role: 'Administrator' }, true],
  [{ userType: 'admin' }, true],
  [{ groups: ['Everyone', 'Global Admins'] }, true],
  [{ custom: { PermissionBundles: ['Super Admin bundle'] } }, true],
  [{ custom: { isAdmin: true } }, true],
  [{ custom: { isAdmin: false } }, false],
  [{ admin: false, role: 'CSM', title: 'Administrative Assistant', groups: ['Everyone'] }, false],
])('%o is an administrator: %s', (more, expected) => {
  expect(isAdministrator(account(more), namesPrivilege)).toBe(expected)
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
  ])('%#', (made) => expect(touchesPrivilege(made, TRAITS)).toBe(true))

  test.each([
    [change()],
    [update({ title: 'Administrative Assistant' })],
    [create({ role: 'CSM', admin: false })],
  ])('and not with %#', (made) => expect(touchesPrivilege(made, TRAITS)).toBe(false))
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
