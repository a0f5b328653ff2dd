import { randomUUID } from 'node:crypto'
import type { Keyv, KeyvStoreAdapter } from 'keyv'
import { openLeases } from './leases.ts'
import type { Change, Store } from './store.ts'

/**
 * Cached facts about one app: its dialect, the form of change it accepts. A lost fact is detected again, so nothing here
 * ever fails a call. What must not be lost (budgets, approvals, claims, tokens, the journal) is in `Store` itself.
 */
export interface AppMemory {
  /** Undefined for a fact that is unknown, has expired, or cannot be read now. */
  get<Fact>(name: string): Promise<Fact | undefined>
  /** `ttl` in milliseconds; without it the fact stays until replaced. */
  set<Fact>(name: string, fact: Fact, ttl?: number): Promise<void>
  /** What processes work on together, apart from the facts. */
  shared: SharedMemory
}

/** As in `Store`, of one app. While the store cannot be used, there is nothing in it and nothing stays. */
export interface SharedMemory {
  get<Value>(name: string): Promise<Value | undefined>
  set<Value>(name: string, value: Value, ttl: number): Promise<void>
  remove(name: string): Promise<void>
  update<Value, Result>(name: string, change: Change<Value, Result>): Promise<Result | undefined>
  /** Runs `work` unless another process runs it now: then the answer is undefined. Of one that ends without a word, it is free after `lastMs`. */
  alone<Result>(
    name: string,
    lastMs: number,
    work: () => Promise<Result>,
  ): Promise<{ result: Result } | undefined>
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
    shared: sharedMemory(store, `app-shared/${tenant}/${address}/`, failed),
  }
}

function sharedMemory(store: Store, prefix: string, failed: (error: unknown) => void): SharedMemory {
  const attempt = <Result>(work: Promise<Result>): Promise<Result | undefined> =>
    work.catch((error) => {
      failed(error)
      return undefined
    })
  const update = <Value, Result>(name: string, change: Change<Value, Result>) =>
    attempt(store.update(prefix + name, change))
  return {
    get: (name) => attempt(store.get(prefix + name)),
    set: (name, value, ttl) => attempt(store.set(prefix + name, value, ttl)),
    remove: (name) => attempt(store.delete(prefix + name)),
    update,
    async alone(name, lastMs, work) {
      const [leases, owner] = [openLeases(store, lastMs), randomUUID()]
      const take = () => attempt(leases.take(prefix + name, owner))
      if ((await take()) === false) return undefined
      const renewing = setInterval(() => void take(), lastMs / 3).unref()
      try {
        return { result: await work() }
      } finally {
        clearInterval(renewing)
        await attempt(leases.release(prefix + name, owner))
      }
    },
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
