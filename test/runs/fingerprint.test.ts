import { expect, test } from 'vitest'
import type { Account } from '../../src/domain/account.ts'
import { privilegeNames } from '../../src/domain/privilege.ts'
import { fingerprintOf } from '../../src/runs/fingerprint.ts'

const namesPrivilege = privilegeNames(['Domain Admins'])
const ADA: Account = {
  tenant: 'acme',
  vendor: 'scim',
  id: '1',
  userName: 'ada@example.com',
  email: 'ada@example.com',
  status: 'active',
  externalId: 'hr-7',
  role: 'Member',
  admin: false,
  licence: 'Basic',
  groups: ['Sales'],
}
const printOf = (more: Partial<Account>) => fingerprintOf({ ...ADA, ...more }, namesPrivilege)

test.each<[what: string, more: Partial<Account>]>([
  ['status', { status: 'inactive' }],
  ['user name', { userName: 'ada.byron@example.com' }],
  ['email', { email: 'ada.byron@example.com' }],
  ['another email', { otherEmails: ['ada@elsewhere.example'] }],
  ['external id', { externalId: 'hr-8' }],
  ['role', { role: 'Owner' }],
  ['mark of an administrator', { admin: true }],
  ['group that gives power', { groups: ['Sales', 'Domain Admins'] }],
  ['licence', { licence: 'Pro' }],
])('a run leaves an account alone that has another %s', (_, more) => {
  expect(printOf(more)).not.toBe(printOf({}))
})

test.each<[what: string, more: Partial<Account>]>([
  ['title', { title: 'Director' }],
  ['department', { department: 'Research' }],
  ['group that gives no power', { groups: ['Marketing'] }],
  ['case of its names', { userName: 'Ada@Example.com', email: 'ADA@example.com' }],
])('a run goes on with an account that has another %s', (_, more) => {
  expect(printOf(more)).toBe(printOf({}))
})
