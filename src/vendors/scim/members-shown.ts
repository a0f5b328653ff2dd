import type { Group } from '../../domain/account.ts'
import type { Capabilities } from './capabilities.ts'

/** Whether an app shows who is in its groups: some take members, and show every group as empty (ory/polis). */
export interface MembersShown {
  /** The app accepted new members of this group. */
  added(group: string): void
  /** A group as the app shows it now: remembers what can be seen. */
  seen(group: Group): Promise<void>
}

const MAX_PENDING = 100

export function membersShown(known: Capabilities): MembersShown {
  const pending = new Set<string>()
  return {
    added(group) {
      if (pending.size >= MAX_PENDING) pending.clear()
      pending.add(group)
    },
    async seen({ id, members }) {
      if (!members) return
      const isEmpty = members.length === 0
      const wasAdded = pending.delete(id)
      const isNews = isEmpty ? wasAdded : known.now.membersHidden === true
      if (isNews) await known.note({ membersHidden: isEmpty })
    },
  }
}

/** A group as far as it is told: at an app that shows every group as empty, nothing is known of its members. */
export function asTold(known: Capabilities | undefined, group: Group): Group {
  if (!known?.now.membersHidden || group.memberCount !== 0) return group
  const { members: _, memberCount: __, ...rest } = group
  return rest
}
