import type { Group } from '../../domain/account.ts'
import type { AskOf } from '../../domain/operations.ts'
import { type RecentPages, recentPages } from './recent-pages.ts'
import { recentReads } from './recent-reads.ts'

/** What was just read of the groups of an app. */
interface RecentGroups {
  /** Pages of their list. */
  pages: RecentPages
  /** A group with its members; with `recent`, as it was a moment ago. One that is asked for by its id is always fetched. */
  read(asked: AskOf<'readGroup'>, fetch: () => Promise<Group | undefined>): Promise<Group | undefined>
  /** After a change, groups are what they were before. */
  forget(): void
}

export function recentGroups(): RecentGroups {
  const pages = recentPages()
  const groups = recentReads<Group>()
  return {
    pages,
    read: (asked, fetch) =>
      'id' in asked ? fetch() : groups.read(asked.group, asked.recent === true, fetch),
    forget() {
      pages.forget()
      groups.forget()
    },
  }
}
