import type { Directory, Records } from '../directory.ts'
import type { Incoming } from '../exchange.ts'
import { GROUP, ScimError, type Shape, type Values } from './schema.ts'

export type Held = Values & { id: string }

/** What users and groups do not have in common. */
export interface Kind {
  what: 'User' | 'Group'
  path: string
  shape: Shape
  /** The attribute that no two may share, whatever the letter case. */
  unique: string
  /** What a new one has unless it is said otherwise. */
  fresh: Values
  all(records: Records): ReadonlyMap<string, Held>
  put(record: Held): void
  remove(id: string): void
  show(record: Held, incoming: Incoming, records: Records): Values
  /** Throws a `ScimError` when the record must not be kept like that. */
  check?(record: Values): void
}

// What is put was made from the very shape that the directory holds, so the casts are right.
export const userKind = (directory: Directory, shape: Shape): Kind => ({
  what: 'User',
  path: '/Users',
  shape,
  unique: 'userName',
  fresh: { active: true },
  all: (records) => records.users,
  put: (record) => directory.putUser(record as Held & { userName: string }),
  remove: directory.removeUser,
  show: (record) => record,
})

export const groupKind = (directory: Directory): Kind => ({
  what: 'Group',
  path: '/Groups',
  shape: GROUP,
  unique: 'displayName',
  fresh: {},
  all: (records) => records.groups,
  put: (record) => directory.putGroup(record as Held & { displayName: string }),
  remove: directory.removeGroup,
  // netskopeoss/netskope-py-sdk, resources/scim.py: members are left out until they are asked for.
  show({ members, ...group }, { query }, records) {
    const asked = (query.get('attributes') ?? '').split(',').some((name) => name.trim() === 'members')
    if (!asked) return group
    const named = idsOf(members).map((id) => ({ value: id, display: records.users.get(id)?.userName }))
    return { ...group, members: named }
  },
  check({ members }) {
    const gone = idsOf(members).find((id) => !directory.users.has(id))
    if (gone !== undefined) throw new ScimError(400, `There is no user ${gone}`, 'invalidValue')
  },
})

const idsOf = (members: unknown): string[] =>
  Array.isArray(members) ? members.map(({ value }) => String(value)) : []
