import type { Directory, ScimGroup, ScimUser } from './directory.ts'
import type { App } from './http-server.ts'
import type { Arrival } from './http-types.ts'

/** A simulated app seen from inside. Its records are live: to change one is to change the tenant. */
export interface Tenant extends App {
  readonly users: ScimUser[]
  readonly groups: ScimGroup[]
  /** What arrived with the wish to change something, refused or not. */
  readonly writes: Arrival[]
  /** By user name or id. Throws when there is none. */
  user(user: string): ScimUser
  /** By name or id. Throws when there is none. */
  group(group: string): ScimGroup
  /** Adds a user as somebody else would: not through the API. */
  addUser(user: Partial<ScimUser> & { userName: string }): ScimUser
  /** Renames a user as somebody else would. */
  renameUser(user: string, userName: string): ScimUser
  /** Takes a user out as somebody else would. */
  removeUser(user: string): void
}

/** `app` with its records and `parts`. `reads` are the requests that change nothing though they are no GET. */
export function tenantOf<Parts extends object>(
  { users, groups, putUser, removeUser }: Directory,
  app: App,
  parts: Parts,
  reads: (arrival: Arrival) => boolean = () => false,
): Tenant & Parts {
  const user = (text: string) => find(users, text, ({ userName }) => userName)
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
    group: (text) => find(groups, text, ({ displayName }) => displayName),
    addUser: (given) => putUser({ id: crypto.randomUUID(), active: true, ...given }),
    renameUser: (text, userName) => putUser({ ...user(text), userName }),
    removeUser: (text) => removeUser(user(text).id),
  }
}

function find<Item>(items: ReadonlyMap<string, Item>, text: string, name: (item: Item) => string): Item {
  const wanted = text.toLowerCase()
  const found = items.get(text) ?? [...items.values()].find((item) => name(item).toLowerCase() === wanted)
  if (!found) throw new Error(`the simulated tenant has no ${text}`)
  return found
}
