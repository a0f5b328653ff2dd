import { expect, test } from 'vitest'
import { checkTyped, mustType } from '../../src/approvals/typed-confirmation.ts'
import type { Change } from '../../src/domain/change.ts'
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
  ['an ordinary change', plan(change()), 'removes', undefined],
  ['ordinary changes to two people', plan(...two), 'removes', undefined],
  ['a deletion', plan(change()), 'deletes', ADA],
  ['a change of one person in two apps', plan(change(), change({ tenant: 'b' })), 'deletes', ADA],
  ['a change to an administrator', plan(change({ admin: true })), 'admins', ADA],
  [
    'a change to two people, one an administrator',
    plan(change({ admin: true }), ...two.slice(1)),
    'admins',
    '2',
  ],
  ['bulk work', plan(...two), 'bulk', '2'],
  ['bulk work on one name', plan(change(), change({ id: 'id-2' })), 'bulk', '2'],
  ['a new administrator', plan(created), 'admins', 'new@example.com'],
  [
    'a deletion of an account whose name cannot be shown',
    plan(change({ userName: '\u200b' })),
    'deletes',
    '1',
  ],
])('%s wants the right thing typed', (_, planned, kind, expected) => {
  expect(mustType(planned, ['changes', kind])).toBe(expected)
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
