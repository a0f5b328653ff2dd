import { describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../src/domain/account.ts'
import { toOcsf } from '../../src/domain/ocsf.ts'
import { ocsfFaults } from '../support/ocsf.ts'

const event = (more: Partial<AuditEvent>): AuditEvent => ({
  id: '1',
  time: '2026-03-01T12:00:00.000Z',
  action: '',
  source: 'app',
  ...more,
})
const ada = { target: 'ada@example.com', actor: 'grace@example.com' }

const sales = { target: 'Sales', group: 'Sales', source: 'journal', change: 'c1' } as const

describe('an event', () => {
  test.each<[Partial<AuditEvent>, number, number]>([
    [{ ...ada, action: 'SCIM User created' }, 3001, 1],
    [{ ...ada, action: 'SCIM User updated' }, 3001, 99],
    [{ ...ada, action: 'SCIM User deleted' }, 3001, 6],
    [{ ...ada, action: 'Login Successful' }, 3002, 1],
    [{ ...ada, action: 'Logout Successful' }, 3002, 2],
    [{ ...ada, action: 'Login Failed' }, 3002, 1],
    [{ ...ada, action: 'login_success' }, 3002, 1],
    [{ ...ada, action: 'Sign-in to Salesforce' }, 3002, 1],
    [{ ...ada, action: 'user.session.start: SUCCESS' }, 3002, 1],
    [{ ...ada, action: 'user.session.end: SUCCESS' }, 3002, 2],
    [{ ...ada, action: 'user.session.clear: SUCCESS' }, 3001, 99],
    [{ actor: 'grace@example.com', target: 'Block uploads', action: 'Edit Policy' }, 3004, 3],
    [{ actor: 'grace@example.com', action: 'Created Inline Policy' }, 3004, 1],
    [{ actor: 'grace@example.com', action: 'Deleted Inline Policy' }, 3004, 4],
    [{ action: '', target: 'x' }, 3004, 99],
    [
      { ...ada, source: 'journal', action: 'deactivate account: done (it was active)', change: 'c1' },
      3001,
      5,
    ],
    [{ ...ada, source: 'journal', action: 'reactivate account: done', approvedBy: 'linus' }, 3001, 2],
    [{ ...ada, source: 'journal', action: 'delete account: failed (forbidden)' }, 3001, 6],
    [{ target: 'ada@example.com', source: 'snapshot', action: 'created' }, 3001, 1],
    [{ target: 'ada@example.com', source: 'snapshot', action: 'deactivated' }, 3001, 5],
    [{ target: 'ada@example.com', source: 'snapshot', action: 'reactivated' }, 3001, 2],
    [{ target: 'ada@example.com', source: 'snapshot', action: 'joined', group: 'Sales' }, 3006, 3],
    [{ target: 'ada@example.com', source: 'snapshot', action: 'left', group: 'Sales' }, 3006, 4],
    [
      { target: 'ada@example.com', source: 'snapshot', action: 'changed', detail: 'title', notBefore: '' },
      3001,
      99,
    ],
    [{ ...sales, action: 'update members: done (ada: out → in)' }, 3006, 3],
    [{ ...sales, action: 'update members: done (ada: in → out)' }, 3006, 4],
    [{ ...sales, action: 'update members: done (ada: in → out, alan: not known → in)' }, 3006, 99],
    [{ ...sales, action: 'update group members: done', detail: 'ada: out → in' }, 3006, 3],
    [{ ...sales, action: 'create group: done (ada: out → in)' }, 3006, 6],
    [{ ...sales, action: 'update members: failed (forbidden)' }, 3006, 99],
  ])('%j is of class %i, activity %i, as the schema has it', (more, class_uid, activity_id) => {
    const made = toOcsf(event(more), { tenant: 'acme', product: 'Acme' })
    expect(made).toMatchObject({ class_uid, activity_id })
    expect(ocsfFaults(made)).toEqual([])
  })

  test('keeps what changed, and since when a snapshot does not know it', () => {
    const about = { target: 'ada@example.com', source: 'snapshot', action: 'changed' } as const
    const more = { detail: 'department: Sales → Legal', notBefore: '2026-03-01T11:00:00.000Z' }
    expect(toOcsf(event({ ...about, ...more }), { tenant: 'acme', product: 'Acme' })).toMatchObject({
      status_detail: more.detail,
      unmapped: { notBefore: more.notBefore },
    })
  })

  test('that failed, and one whose outcome nobody knows, say so', () => {
    const status = (action: string) =>
      toOcsf(event({ ...ada, source: 'journal', action }), { tenant: 'a', product: 'A' }).status_id
    expect(status('delete account: failed (forbidden)')).toBe(2)
    expect(status('delete account: sent, not known whether it happened')).toBe(0)
    expect(status('delete account: done')).toBe(1)
  })
})

test('faults of an event would be noticed', () => {
  const made = toOcsf(event({ ...ada, action: 'User created' }), { tenant: 'acme', product: 'Acme' })
  const { user: _, ...without } = made
  expect(ocsfFaults({ ...without, type_uid: 1, extra: 1, time: 5 }).length).toBeGreaterThan(3)
})
