import type { Group } from '../../domain/account.ts'
import { RECENT_MS } from '../http/recent-pages.ts'

/** The last group that was read: an app sends all members of a group at once, and they are shown in several calls. */
export function recentGroup(now: () => number = Date.now) {
  let last: { name: string; group: Group; until: number } | undefined
  return {
    async read(name: string, recent: boolean, fetch: () => Promise<Group | undefined>) {
      if (recent && last?.name === name && last.until > now()) return last.group
      const group = await fetch()
      last = group && { name, group, until: now() + RECENT_MS }
      return group
    },
    forget() {
      last = undefined
    },
  }
}
