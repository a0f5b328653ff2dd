import { type Directory, membershipsOf, type Records, type ScimUser } from '../directory.ts'
import type { Incoming } from '../http-types.ts'
import { GROUP, ScimError, type Shape, type Values } from './schema.ts'

export type Held = Values & { id: string }

/** The differences between users and groups. */
export interface Kind {
  what: 'User' | 'Group'
  path: string
  shape: Shape
  /** The unique attribute, compared without letter case. */
  unique: string
  /** The default attributes of a new record. */
  fresh: Values
  all(records: Records): ReadonlyMap<string, Held>
  put(record: Held): void
  remove(id: string): void
  show(record: Held, incoming: Incoming, records: Records): Values
  /** Throws a `ScimError` if the record is invalid. */
  check?(record: Values): void
  /** Adds the attributes that the app sets itself. */
  complete?: ((record: Held) => Held) | undefined
}

export interface UserDetails {
  /** The user attributes that the app supports; it drops the rest. */
  user: Shape
  /** Adds the attributes that the app sets itself. */
  complete?: (user: Held) => Held
  /** Whether users show their groups. */
  userGroups?: boolean
}

// The casts are safe: records are built from the same shape that the directory stores.
export function userKind(directory: Directory, { user, complete, userGroups }: UserDetails): Kind {
  // Computed once per request: a page of users needs all of them.
  const memberships = new WeakMap<Incoming, ReturnType<typeof membershipsOf>>()
  const groupsOf = (id: string, incoming: Incoming, records: Records) => {
    const known = memberships.get(incoming) ?? membershipsOf(records)
    memberships.set(incoming, known)
    return known.get(id) ?? []
  }
  return {
    what: 'User',
    path: '/Users',
    shape: user,
    unique: 'userName',
    fresh: { active: true },
    all: (records) => records.users,
    put: (record) => directory.putUser(record as ScimUser),
    remove: directory.removeUser,
    show: (record, incoming, records) =>
      userGroups ? { ...record, groups: groupsOf(record.id, incoming, records) } : record,
    complete,
  }
}

/** Whether groups always show their members, or only if a request asks for them. */
export type MembersShown = 'always' | 'asked'

export const groupKind = (directory: Directory, shown: MembersShown): Kind => ({
  what: 'Group',
  path: '/Groups',
  shape: GROUP,
  unique: 'displayName',
  fresh: {},
  all: (records) => records.groups,
  put: (record) => directory.putGroup(record as Held & { displayName: string }),
  remove: directory.removeGroup,
  show({ members, ...group }, { query }, records) {
    const wanted =
      shown === 'asked' ? listsMembers(query, 'attributes') : !listsMembers(query, 'excludedAttributes')
    if (!wanted) return group
    const named = idsOf(members).map((id) => ({ value: id, display: records.users.get(id)?.userName }))
    return { ...group, members: named }
  },
  check({ members }) {
    const gone = idsOf(members).find((id) => !directory.users.has(id))
    if (gone !== undefined) throw new ScimError(400, `There is no user ${gone}`, 'invalidValue')
  },
})

/** Whether a query parameter lists `members`. */
const listsMembers = (query: URLSearchParams, parameter: string) =>
  (query.get(parameter) ?? '').split(',').some((name) => name.trim() === 'members')

const idsOf = (members: unknown): string[] =>
  Array.isArray(members) ? members.map(({ value }) => String(value)) : []
