import { type Attack, type CallOf, TENANT } from './attack.ts'

/** A page's cursor is used otherwise than it was given. Left out: the same call. */
export interface CursorAttack extends Attack {
  /** The call whose answer bears the cursor. */
  from?: CallOf
  call?: CallOf
  /** The cursor that is sent. */
  cursor: (cursor: string) => unknown
}

const USERS: CallOf = { tool: 'list_users', args: { tenant: TENANT, limit: 2 } }
const GROUPS: CallOf = { tool: 'list_groups', args: { tenant: TENANT, limit: 2 } }
const EVENTS: CallOf = {
  tool: 'pull_audit',
  args: { tenant: TENANT, limit: 2, since: '2020-01-01T00:00:00Z' },
}
const ANYTHING = (cursor: string) => cursor

const bad = (
  name: string,
  cursor: CursorAttack['cursor'],
  more: Partial<CursorAttack> = {},
): CursorAttack => ({
  name,
  cursor,
  ends: 'invalid_input',
  ...more,
})
const claiming = (place: unknown) => Buffer.from(JSON.stringify([place, null])).toString('base64url')

export const cursorAttacks: readonly CursorAttack[] = [
  bad(
    'a cursor with its first letter changed',
    (cursor) => `${cursor[0] === 'A' ? 'B' : 'A'}${cursor.slice(1)}`,
  ),
  bad(
    'a cursor with its last letter changed',
    (cursor) => `${cursor.slice(0, -1)}${cursor.endsWith('A') ? 'E' : 'A'}`,
  ),
  bad('a cursor cut short', (cursor) => cursor.slice(0, -4)),
  bad('a cursor without its signature', (cursor) => cursor.split('.')[0]),
  bad(
    'a cursor that claims another tenant',
    (cursor) => `${claiming({ tenant: 'acme-mindtickle', at: { start: 1 } })}.${cursor.split('.')[1]}`,
  ),
  bad(
    'a cursor that claims to begin at minus one',
    (cursor) => `${claiming({ tenant: TENANT, at: { start: -1 } })}.${cursor.split('.')[1]}`,
  ),
  bad('a cursor of plain JSON', () => JSON.stringify({ tenant: TENANT, at: { start: 3 } })),
  bad('a cursor that is a number', () => 3),
  bad('a cursor of a megabyte', () => 'A'.repeat(1_000_000)),
  bad('a cursor that is a path', () => '../../etc/passwd'),
  bad('a cursor of list_groups in list_users', ANYTHING, { from: GROUPS, call: USERS }),
  bad('a cursor of list_users in list_groups', ANYTHING, { from: USERS, call: GROUPS }),
  bad('a cursor of pull_audit in list_users', ANYTHING, { from: EVENTS, call: USERS }),
  bad('a cursor of list_users in pull_audit', ANYTHING, { from: USERS, call: EVENTS }),
  bad('a cursor with another tenant beside it', ANYTHING, {
    call: { tool: 'list_users', args: { tenant: 'acme-mindtickle', limit: 2 } },
  }),
  bad('a cursor with another match beside it', ANYTHING, {
    call: { tool: 'list_users', args: { tenant: TENANT, limit: 2, match: { status: 'inactive' } } },
  }),
  bad('a cursor with another span beside it', ANYTHING, {
    from: EVENTS,
    call: { tool: 'pull_audit', args: { tenant: TENANT, limit: 2, since: '2019-01-01T00:00:00Z' } },
  }),
]
