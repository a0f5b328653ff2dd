import { expect, test } from 'vitest'
import { checkTyped, mustType } from '../../src/approvals/must-type.ts'
import { Confirm } from '../../src/config-policy.ts'
import { demandOf, weigh } from '../../src/guards/policy.ts'
import type { Change } from '../../src/identity/plan.ts'
import { change, plan } from '../support/call.ts'

const ADA = 'ada@example.com'
const two = [change(), change({ id: 'id-2', userName: 'eve@example.com' })]
const created: Change = {
  tenant: 'acme',
  accounts: [],
  subject: { id: 'new', userName: 'new@example.com' },
  operation: 'createAccount',
  ask: { fields: {} },
}

test.each([
  ['an ordinary change', plan(change()), undefined],
  ['ordinary changes to two people', plan(...two), undefined],
  ['a deletion', { ...plan(change()), also: ['deletes'] as const }, ADA],
  [
    'a change of one person in two apps',
    { ...plan(change(), change({ tenant: 'b' })), also: ['deletes'] as const },
    ADA,
  ],
  ['a change to an administrator', plan(change({ admin: true })), ADA],
  ['a change to two people, one an administrator', plan(change({ admin: true }), ...two.slice(1)), '2'],
  ['bulk work', { ...plan(...two), also: ['bulk'] as const }, '2'],
  ['bulk work on one name', { ...plan(change(), change({ id: 'id-2' })), also: ['bulk'] as const }, '2'],
  ['a new administrator', { ...plan(created), also: ['admins'] as const }, 'new@example.com'],
  [
    'a deletion of an account whose name cannot be shown',
    { ...plan(change({ userName: '\u200b' })), also: ['deletes'] as const },
    '1',
  ],
])('%s wants the right thing typed', (_, planned, expected) => {
  const about = () => ({
    vendor: 'scim',
    environment: 'production' as const,
    deactivationDeletes: false,
  })
  const { kinds } = demandOf(weigh('changes', planned), { confirm: Confirm.parse({}), about })
  expect(mustType(planned, kinds)).toBe(expected)
})

test('what is typed may differ in case and in blanks, and in nothing else', () => {
  expect(() => checkTyped({}, undefined)).not.toThrow()
  expect(() => checkTyped({ mustType: ADA }, ' Ada@Example.com\u200b')).not.toThrow()
  for (const typed of [undefined, '', 'ada@example.co', 'аda@example.com', `${ADA} ${ADA}`]) {
    expect(() => checkTyped({ mustType: ADA }, typed)).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    )
  }
})
