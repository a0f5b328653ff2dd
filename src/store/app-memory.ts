import type { Keyv, KeyvStoreAdapter } from 'keyv'
import type { Store } from './store.ts'

/**
 * What was found out about one app: which dialect it speaks, which form of a change it takes. All of it may be lost, and
 * is then found out again, so nothing here ever fails a call; what must not be lost (budgets, approvals, claims, tokens,
 * the journal) is kept by `Store` itself.
 */
export interface AppMemory {
  /** Undefined for what was never found out, has lapsed, or cannot be read at this moment. */
  get<Fact>(name: string): Promise<Fact | undefined>
  /** `ttl` in milliseconds; without it the fact stays until it is replaced. */
  set<Fact>(name: string, fact: Fact, ttl?: number): Promise<void>
}

/**
 * The memory of the app at `address`, in `store`. `failed` is told of a store that cannot be used; the fact then counts
 * as not known.
 */
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
  // Loaded with the first question to an app, so that a start does not pay for it.
  const { Keyv } = await import('keyv')
  // A read that fails is `undefined` to Keyv, without a word; the adapter tells of it.
  return new Keyv({ store: adapterOver(store, failed), namespace, emitErrors: false })
}

/** Our store as Keyv's: each value is a text that holds its own time to live as well. */
function adapterOver(store: Store, failed: (error: unknown) => void): KeyvStoreAdapter {
  const told = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work
    } catch (error) {
      failed(error)
      throw error
    }
  }
  const adapter: KeyvStoreAdapter = {
    opts: {},
    get: (key: string) => told(store.get(key)),
    set: (key: string, value: unknown, ttl?: number) => told(store.set(key, value, ttl)),
    async delete(key) {
      await told(store.delete(key))
      return true
    },
    // A store is never emptied through one of its users.
    async clear() {},
    on: () => adapter,
  }
  return adapter
}
