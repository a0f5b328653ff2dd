import { type Directory, membershipsOf, type Records, type ScimUser } from '../directory.ts'
import type { Incoming } from '../http-types.ts'
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
  /** The record with what the app adds to it of its own. */
  complete?: ((record: Held) => Held) | undefined
}

export interface UserDetails {
  /** What the app knows of a user; it drops the rest. */
  user: Shape
  /** The record with what the app adds to it of its own. */
  complete?: (user: Held) => Held
  /** Users say which groups they are in. */
  userGroups?: boolean
}

// What is put was made from the very shape that the directory holds, so the casts are right.
export function userKind(directory: Directory, { user, complete, userGroups }: UserDetails): Kind {
  // Told once for each request, since a page of users asks for all of them.
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

/** Groups show their members always, or only when a request asks for them. */
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
    const wanted = shown === 'asked' ? names(query, 'attributes') : !names(query, 'excludedAttributes')
    if (!wanted) return group
    const named = idsOf(members).map((id) => ({ value: id, display: records.users.get(id)?.userName }))
    return { ...group, members: named }
  },
  check({ members }) {
    const gone = idsOf(members).find((id) => !directory.users.has(id))
    if (gone !== undefined) throw new ScimError(400, `There is no user ${gone}`, 'invalidValue')
  },
})

/** Whether that parameter of the query names the members. */
const names = (query: URLSearchParams, parameter: string) =>
  (query.get(parameter) ?? '').split(',').some((name) => name.trim() === 'members')

const idsOf = (members: unknown): string[] =>
  Array.isArray(members) ? members.map(({ value }) => String(value)) : []
