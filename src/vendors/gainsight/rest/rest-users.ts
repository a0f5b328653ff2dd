import type { Found } from '../../../domain/operations.ts'
import type { IdentityError } from '../../../errors.ts'
import type { AppMemory } from '../../../store/app-memory.ts'
import type { Paying } from '../../http/client.ts'
import type { FetchedPage } from '../../http/collect.ts'
import { field } from '../../http/values.ts'
import type { ScimUser } from '../../scim/read.ts'
import type { UserScan } from '../../scim/user-scan.ts'
import type { Dialect } from './dialect.ts'

/** The users of a tenant, in its dialect. */
export interface RestUsers {
  dialect: Dialect
  memory: AppMemory
  pageSize: number
  maxPages: number
  read(row: unknown): ScimUser | undefined
  one(id: string): Promise<ScimUser | undefined>
  /** Pages of the list, of `size` rows if the app is seen to send as many. With `recent`, those that were fetched a moment ago will do. */
  list(how: { recent: boolean; size?: number }): (start: number) => Promise<FetchedPage>
  /** The list as it was read to look somebody up. */
  scan: UserScan
  paying: Paying | undefined
}

/** How a list is read, for `collect`. */
export const listingOf = ({ dialect, pageSize, read }: Pick<RestUsers, 'dialect' | 'pageSize' | 'read'>) => ({
  read(row: unknown) {
    const user = read(row)
    return user && { id: user.account.id, item: user }
  },
  idIn: (row: unknown) => field(row, dialect.names.id),
  pageSize,
})

/** Users by id in memory, from wherever they were found. */
export type FoundUsers = Map<string, ScimUser>

export const addTo = (found: FoundUsers, users: readonly ScimUser[]) => {
  for (const user of users) found.set(user.account.id, user)
}

export const asFound = (found: FoundUsers, gap?: IdentityError): Found => ({
  accounts: [...found.values()].map(({ account }) => account),
  ...(gap && { gap }),
})

/** Where a look-up reads the list, and what it has found. */
export interface Looking {
  fetch: (start: number) => Promise<FetchedPage>
  found: FoundUsers
}

/** The first page is looked at twice. */
export function firstOnce(fetch: Looking['fetch']): Looking['fetch'] {
  let first: Promise<FetchedPage> | undefined
  return (start) => {
    if (start !== 1) return fetch(start)
    first ??= fetch(1)
    return first
  }
}
