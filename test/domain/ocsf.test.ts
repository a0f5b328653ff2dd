import { describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../src/domain/account.ts'
import { toOcsf } from '../../src/domain/ocsf.ts'

// Facts of the published schema (github.com/ocsf/ocsf-schema, 1.3.0): ids of classes and activities, what each requires.
const BASE = ['activity_id', 'category_uid', 'class_uid', 'metadata', 'severity_id', 'time', 'type_uid']
const OPTIONAL = ['activity_name', 'actor', 'message', 'status_id', 'unmapped']
const CLASSES: Record<
  number,
  { activities: number[]; requires: string[]; takes: string[]; oneOf?: string[] }
> = {
  3001: { activities: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], requires: ['user'], takes: [] },
  3002: {
    activities: [1, 2, 3, 4, 5, 6],
    requires: ['user'],
    takes: ['service'],
    oneOf: ['service', 'dst_endpoint'],
  },
  3004: { activities: [1, 2, 3, 4], requires: ['entity'], takes: [] },
  3006: { activities: [1, 2, 3, 4, 5, 6], requires: ['group'], takes: ['user'] },
}
const SEVERITIES = [0, 1, 2, 3, 4, 5, 6, 99]
const METADATA = ['version', 'product', 'uid', 'log_name', 'tenant_uid', 'original_time']

/** What the schema says against an event. */
function faultsOf(made: Record<string, unknown>): string[] {
  const facts = CLASSES[made.class_uid as number]
  if (!facts) return ['no such class']
  const names = Object.keys(made)
  const { activity_id, metadata, severity_id, time, type_uid, category_uid } = made as Record<
    string,
    number
  > & {
    metadata: Record<string, unknown> & { product?: Record<string, unknown> }
  }
  const entities = ['user', 'group', 'entity', 'service'].flatMap((name) => made[name] ?? []) as {
    name?: unknown
  }[]
  return [
    ...[...BASE, ...facts.requires]
      .filter((name) => !names.includes(name))
      .map((name) => `${name} is missing`),
    ...names
      .filter((name) => ![...BASE, ...OPTIONAL, ...facts.requires, ...facts.takes].includes(name))
      .map((name) => `${name} is not in the class`),
    ...([0, 99, ...facts.activities].includes(activity_id ?? -1) ? [] : ['no such activity']),
    ...(type_uid === (made.class_uid as number) * 100 + (activity_id ?? 0) ? [] : ['wrong type_uid']),
    ...(category_uid === 3 ? [] : ['wrong category']),
    ...(SEVERITIES.includes(severity_id ?? -1) ? [] : ['no such severity']),
    ...(Number.isInteger(time) && (time ?? 0) > 1e12 ? [] : ['time is not epoch milliseconds']),
    ...(typeof metadata.version === 'string' && metadata.product?.name ? [] : ['metadata is not whole']),
    ...Object.keys(metadata).filter((name) => !METADATA.includes(name)),
    ...entities
      .filter(({ name }) => typeof name !== 'string' || name === '')
      .map(() => 'somebody without a name'),
    ...(facts.oneOf && !facts.oneOf.some((name) => names.includes(name)) ? ['needs one of two'] : []),
  ]
}

const event = (more: Partial<AuditEvent>): AuditEvent => ({
  id: '1',
  time: '2026-03-01T12:00:00.000Z',
  action: '',
  source: 'app',
  ...more,
})
const ada = { target: 'ada@example.com', actor: 'grace@example.com' }

describe('an event', () => {
  test.each<[Partial<AuditEvent>, number, number]>([
    [{ ...ada, action: 'SCIM User created' }, 3001, 1],
    [{ ...ada, action: 'SCIM User updated' }, 3001, 99],
    [{ ...ada, action: 'SCIM User deleted' }, 3001, 6],
    [{ ...ada, action: 'Login Successful' }, 3002, 1],
    [{ ...ada, action: 'Logout Successful' }, 3002, 2],
    [{ ...ada, action: 'Login Failed' }, 3002, 1],
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
  ])('%j is of class %i, activity %i, as the schema has it', (more, class_uid, activity_id) => {
    const made = toOcsf(event(more), { tenant: 'acme', product: 'Acme' })
    expect(made).toMatchObject({ class_uid, activity_id })
    expect(faultsOf(made)).toEqual([])
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
  expect(faultsOf({ ...without, type_uid: 1, extra: 1, time: 5 }).length).toBeGreaterThan(3)
})
