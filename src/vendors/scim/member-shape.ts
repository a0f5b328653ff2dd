import type { Group } from '../../domain/account.ts'
import { amongIds } from '../../domain/same.ts'
import type { AppMemory } from '../../store/app-memory.ts'

/** In which form an app was seen to take members out of a group. */
export interface KnownMemberShape {
  /** `filter` if the app refused the array and was then seen to apply that; else the settings decide. */
  get(): Promise<'filter' | undefined>
  /** The app accepted the removal by filters after it had refused the array, which is no proof yet. */
  accepted(group: string, removed: readonly string[]): void
  /** A group as the app shows it now: remembers what can be seen. */
  seen(group: Group): Promise<void>
}

const KEY = 'scim.form.members'
const MAX_PENDING = 100

export function knownMemberShape(memory: AppMemory): KnownMemberShape {
  const pending = new Map<string, readonly string[]>()
  return {
    get: async () => ((await memory.get<string>(KEY)) === 'filter' ? 'filter' : undefined),
    accepted(group, removed) {
      if (pending.size >= MAX_PENDING) pending.clear()
      pending.set(group, removed)
    },
    async seen({ id, members }) {
      const removed = pending.get(id)
      if (!removed || !members) return
      const isIn = amongIds(members.map((member) => member.id))
      if (removed.some(isIn)) return
      pending.delete(id)
      await memory.set(KEY, 'filter')
    },
  }
}
