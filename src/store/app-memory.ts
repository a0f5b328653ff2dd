import type { Keyv, KeyvStoreAdapter } from 'keyv'
import type { Store } from './store.ts'

/**
 * Cached facts about one app: its dialect, the form of change it accepts. A lost fact is detected again, so nothing here
 * ever fails a call. What must not be lost (budgets, approvals, claims, tokens, the journal) is in `Store` itself.
 */
export interface AppMemory {
  /** Undefined for a fact that is unknown, has expired, or cannot be read now. */
  get<Fact>(name: string): Promise<Fact | undefined>
  /** `ttl` in milliseconds; without it the fact stays until replaced. */
  set<Fact>(name: string, fact: Fact, ttl?: number): Promise<void>
}

/** The memory of the app at `address`, in `store`. On a store error, `failed` is called and the fact counts as unknown. */
export function appMemory(
  store: Store,
  { tenant, address }: { tenant: string; address: string },
  failed: (error: unknown) => void,
): AppMemory {
  let opened: Promise<Keyv> | undefined
  const memory = () => {
    opened ??= openKeyv(store, `app/${tenant}/${address}`, failed)
    return opened
  }
  return {
    get: async <Fact>(name: string) => (await memory()).get<Fact>(name),
    set: async (name, fact, ttl) => void (await (await memory()).set(name, fact, ttl)),
  }
}

async function openKeyv(store: Store, namespace: string, failed: (error: unknown) => void): Promise<Keyv> {
  // Loaded on first use, to keep the start fast.
  const { Keyv } = await import('keyv')
  // Keyv turns a failed read into `undefined` silently; the adapter reports it.
  return new Keyv({ store: adapterOver(store, failed), namespace, emitErrors: false })
}

/** Adapts our store to Keyv. Each value is a text that includes its time to live. */
function adapterOver(store: Store, failed: (error: unknown) => void): KeyvStoreAdapter {
  const reporting = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work
    } catch (error) {
      failed(error)
      throw error
    }
  }
  const adapter: KeyvStoreAdapter = {
    opts: {},
    get: (key: string) => reporting(store.get(key)),
    set: (key: string, value: unknown, ttl?: number) => reporting(store.set(key, value, ttl)),
    async delete(key) {
      await reporting(store.delete(key))
      return true
    },
    // The store is shared, so it is never cleared from here.
    async clear() {},
    on: () => adapter,
  }
  return adapter
}
