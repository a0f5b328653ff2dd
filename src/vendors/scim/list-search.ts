import type { RequestContext } from '../../domain/operations.ts'
import type { ScimUser } from './read.ts'
import type { Scanned, UserList, UserScan } from './user-scan.ts'

/** Whoever is looked for, as the app has them now, and what the list shows of all. */
export interface Searched extends Pick<Scanned, 'shows' | 'sample' | 'mentioning'> {
  users: ScimUser[]
}

/** Looks through the whole list. Throws as `UserScan.read` does. */
export async function searchList(
  scan: UserScan,
  list: UserList,
  maxPages: number,
  context: RequestContext,
): Promise<Searched> {
  const { fresh, known, ...shown } = await scan.read(list, maxPages, context)
  const users = [...fresh]
  for (const one of known) {
    const user = await list.readAgain(one)
    if (!user) {
      // Deleted or moved, or the app shows it in lists alone: only the list itself can tell.
      await scan.forget()
      return searchList(scan, list, maxPages, context)
    }
    if (list.isMeant(user)) users.push(user)
    // Renamed: whoever looks for the new name finds it.
    else await scan.seen(user)
  }
  return { ...shown, users }
}
