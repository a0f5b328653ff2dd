import type { Change, Store } from './store.ts'

/** Most values kept in memory; beyond that, the least recently used are dropped. */
const MAX_VALUES_KNOWN = 1_000

/**
 * Values that must survive a store that loses data: when a value is missing that this process has seen, the process
 * continues from the value it last saw. To reset a value, set an empty one; never delete it.
 */
interface LastKnown extends Pick<Store, 'get' | 'update'> {
  /** The value as last seen, for when the store is unavailable. */
  last<Value>(key: string): Value | undefined
}

export function keepingLastKnown(store: Pick<Store, 'get' | 'update'>): LastKnown {
  const seen = new Map<string, LastValue>()
  const keep = (key: string, kept: LastValue) => {
    seen.delete(key)
    if (kept.next !== undefined) seen.set(key, kept)
    const oldest = seen.keys().next()
    if (seen.size > MAX_VALUES_KNOWN && !oldest.done) seen.delete(oldest.value)
  }
  // A copy, since the caller may change it. As in the store, the key determines the type.
  const last = <Value>(key: string) => structuredClone(seen.get(key)?.next) as Value | undefined

  async function update<Value, Result>(key: string, change: Change<Value, Result>): Promise<Result> {
    const { kept, result } = await store.update<Value, { kept: LastValue; result: Result }>(
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
      // Written back for other processes.
      if (lost) return update<Value, Value | undefined>(key, (next) => ({ ...lost, next, result: next }))
      keep(key, { ...seen.get(key), next: value })
      return value
    },
  }
}

/** A value and its time to live, milliseconds. */
interface LastValue {
  next: unknown
  ttl?: number
}
