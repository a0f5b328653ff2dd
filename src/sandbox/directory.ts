import type { ENTERPRISE } from './scim/schema.ts'

// Types, not interfaces: only a type is assignable to a record of attributes.
export type ScimUser = {
  id: string
  externalId?: string
  userName: string
  /** Absent after a PUT without it. */
  active?: boolean
  name?: { givenName?: string; familyName?: string }
  displayName?: string
  title?: string
  emails?: { type?: string; value: string; primary?: boolean }[]
  phoneNumbers?: { type?: string; value: string }[]
  userType?: string
  timezone?: string
  locale?: string
  roles?: { value: string }[]
  [ENTERPRISE]?: { department?: string; manager?: { value?: string; displayName?: string } }
  /** Vendor attributes, under their own namespace. */
  [extension: `urn:${string}`]: Record<string, unknown> | undefined
}

export type ScimGroup = {
  id: string
  externalId?: string
  displayName: string
  members?: { value: string }[]
}

export interface Records {
  users: ReadonlyMap<string, ScimUser>
  groups: ReadonlyMap<string, ScimGroup>
}

/** The groups of each user, by user id. */
export function membershipsOf({
  groups,
}: Records): ReadonlyMap<string, { value: string; display: string }[]> {
  const memberships = new Map<string, { value: string; display: string }[]>()
  for (const { id, displayName, members = [] } of groups.values()) {
    for (const { value: user } of members) {
      const held = memberships.get(user) ?? []
      memberships.set(user, held)
      held.push({ value: id, display: displayName })
    }
  }
  return memberships
}

/** The users and groups of one simulated app. Records are live: a change updates the same object. */
export interface Directory extends Records {
  putUser(user: ScimUser): ScimUser
  putGroup(group: ScimGroup): ScimGroup
  /** Removes a user, also from every group. */
  removeUser(id: string): void
  removeGroup(id: string): void
  /** The records at a past time, in epoch milliseconds. */
  asOf(at: number): Records
}

export function openDirectory(
  now: () => number,
  first: { users: ScimUser[]; groups: ScimGroup[] },
): Directory {
  const users = openTable(now, first.users)
  const groups = openTable(now, first.groups)
  return {
    users: users.records,
    groups: groups.records,
    putUser: users.put,
    putGroup: groups.put,
    removeUser(id) {
      users.remove(id)
      for (const group of groups.records.values()) {
        if (!group.members?.some(({ value }) => value === id)) continue
        groups.put({ ...group, members: group.members.filter(({ value }) => value !== id) })
      }
    },
    removeGroup: groups.remove,
    asOf: (at) => ({ users: users.asOf(at), groups: groups.asOf(at) }),
  }
}

/** Records by id with their history. */
function openTable<Item extends { id: string }>(now: () => number, first: readonly Item[]) {
  const records = new Map(first.map((item) => [item.id, item]))
  const changes: { at: number; id: string; before: Item | undefined }[] = []
  const saveBeforeImage = (id: string) => {
    changes.push({ at: now(), id, before: structuredClone(records.get(id)) })
  }
  return {
    records: records as ReadonlyMap<string, Item>,
    put(item: Item): Item {
      saveBeforeImage(item.id)
      const live = records.get(item.id) ?? item
      if (live !== item) {
        for (const key of Object.keys(live)) delete live[key as keyof Item]
        Object.assign(live, item)
      }
      records.set(item.id, live)
      return live
    },
    remove(id: string): void {
      saveBeforeImage(id)
      records.delete(id)
    },
    asOf(at: number): ReadonlyMap<string, Item> {
      const past = new Map(records)
      for (const change of changes.toReversed()) {
        if (change.at <= at) break
        if (change.before) past.set(change.id, change.before)
        else past.delete(change.id)
      }
      return past
    },
  }
}
