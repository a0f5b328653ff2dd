import type { Directory, ScimGroup, ScimUser } from './directory.ts'
import type { App } from './http-server.ts'
import type { Arrival } from './http-types.ts'

/** A simulated app, with direct access to its records. The records are live: changing one changes the tenant. */
export interface Tenant extends App {
  readonly users: ScimUser[]
  readonly groups: ScimGroup[]
  /** All write requests, including refused ones. */
  readonly writes: Arrival[]
  /** Finds a user by user name or id. Throws if there is none. */
  user(user: string): ScimUser
  /** Finds a group by name or id. Throws if there is none. */
  group(group: string): ScimGroup
  /** Adds a user without the API, as an administrator would. */
  addUser(user: Partial<ScimUser> & { userName: string }): ScimUser
  /** Adds a group without the API. */
  addGroup(group: Partial<ScimGroup> & { displayName: string }): ScimGroup
  /** Renames a user without the API. */
  renameUser(user: string, userName: string): ScimUser
  /** Removes a user without the API. */
  removeUser(user: string): void
}

/** `app` with its records and `parts`. `reads` returns whether a request other than GET only reads. */
export function tenantOf<Parts extends object>(
  { users, groups, putUser, putGroup, removeUser }: Directory,
  app: App,
  parts: Parts,
  reads: (arrival: Arrival) => boolean = () => false,
): Tenant & Parts {
  const user = (text: string) => findByNameOrId(users, text, ({ userName }) => userName)
  return {
    ...app,
    ...parts,
    get users() {
      return [...users.values()]
    },
    get groups() {
      return [...groups.values()]
    },
    get writes() {
      return app.arrivals.filter((arrival) => arrival.method !== 'GET' && !reads(arrival))
    },
    user,
    group: (text) => findByNameOrId(groups, text, ({ displayName }) => displayName),
    addUser: (given) => putUser({ id: crypto.randomUUID(), active: true, ...given }),
    addGroup: (given) => putGroup({ id: crypto.randomUUID(), ...given }),
    renameUser: (text, userName) => putUser({ ...user(text), userName }),
    removeUser: (text) => removeUser(user(text).id),
  }
}

function findByNameOrId<Item>(
  items: ReadonlyMap<string, Item>,
  text: string,
  name: (item: Item) => string,
): Item {
  const wanted = text.toLowerCase()
  const found = items.get(text) ?? [...items.values()].find((item) => name(item).toLowerCase() === wanted)
  if (!found) throw new Error(`The simulated tenant has no ${text}.`)
  return found
}
