import type { Change, Store } from './store.ts'

/** Values of which a process knows by itself; of more it forgets those that were used least lately. */
const MOST = 1_000

/**
 * Values that are too important for a store to lose: should one be gone that was there when this process last saw it, it
 * goes on from what it saw. To begin anew, a value is therefore set to an empty one and never deleted.
 */
export interface LastKnown extends Pick<Store, 'get' | 'update'> {
  /** The value as it was last seen, for when the store cannot be asked. */
  last<Value>(key: string): Value | undefined
}

export function keepingLastKnown(store: Pick<Store, 'get' | 'update'>): LastKnown {
  const seen = new Map<string, Kept>()
  const keep = (key: string, kept: Kept) => {
    seen.delete(key)
    if (kept.next !== undefined) seen.set(key, kept)
    const oldest = seen.keys().next()
    if (seen.size > MOST && !oldest.done) seen.delete(oldest.value)
  }
  // A copy, since whoever gets it may change it; its type is that of its key's value, as in the store.
  const last = <Value>(key: string) => structuredClone(seen.get(key)?.next) as Value | undefined

  async function update<Value, Result>(key: string, change: Change<Value, Result>): Promise<Result> {
    const { kept, result } = await store.update<Value, { kept: Kept; result: Result }>(
      key,
      (current, now) => {
        const { result, ...kept } = change(current ?? last<Value>(key), now)
        return { ...kept, result: { kept, result } }
      },
    )
    keep(key, kept)
    return result
  }

  return {
    last,
    update,
    async get<Value>(key: string) {
      const value = await store.get<Value>(key)
      const lost = value === undefined && seen.get(key)
      // Others are to find it there as well.
      if (lost) return update<Value, Value | undefined>(key, (next) => ({ ...lost, next, result: next }))
      keep(key, { ...seen.get(key), next: value })
      return value
    },
  }
}

/** A value, and how long it was to stay, milliseconds. */
interface Kept {
  next: unknown
  ttl?: number
}
