import Keyv, { type KeyvOptions } from 'keyv'
import { IdentityError, Unavailable } from '../errors.ts'
import type { Store } from './store.ts'
import type { Row, Table } from './table.ts'
import { memoryTable } from './table.ts'

/** A store that ends with this process. */
export const memoryStore = (): Store => storeOver('memory', async () => memoryTable())

/** A store in `folder`, opened on first use, so that a start touches nothing. */
export const diskStore = (folder: string, options: { durable: boolean }): Store =>
  storeOver(folder, async () => (await import('./disk.ts')).diskTable(folder, options))

function storeOver(name: string, openTable: () => Promise<Table>): Store {
  let opened: Promise<{ table: Table; values: Keyv }> | undefined
  const use = async <Result>(
    work: (open: { table: Table; values: Keyv }) => Result,
  ): Promise<Awaited<Result>> => {
    try {
      opened ??= openTable().then((table) => ({ table, values: keyvOver(table) }))
      // A folder that could not be opened is tried again by the next call.
      opened.catch(() => {
        opened = undefined
      })
      return await work(await opened)
    } catch (error) {
      if (error instanceof IdentityError) throw error
      throw new Unavailable('The store of this server cannot be used.', 'Ask the person who runs it.', {
        cause: error,
      })
    }
  }
  const update: Store['update'] = async (key, change) => {
    let refusal: { error: unknown } | undefined
    try {
      return await use(({ table }) =>
        table.alone(() => {
          const row = table.get(key)
          const current = row && !lapsed(row) ? row.value : undefined
          try {
            // The caller names the type of its own key's value, here as for `get`.
            const { next, ttl, result } = change(current as Parameters<typeof change>[0], Date.now())
            if (next === undefined) table.delete(key)
            else table.set(key, { value: next, ...(ttl !== undefined && { expires: Date.now() + ttl }) })
            return result
          } catch (error) {
            refusal = { error }
            throw error
          }
        }),
      )
    } catch (error) {
      throw refusal ? refusal.error : error
    }
  }
  return {
    get: (key) => use(({ values }) => values.get(key)),
    set: (key, value, ttl) => use(async ({ values }) => void (await values.set(key, value, ttl))),
    delete: (key) => use(async ({ values }) => void (await values.delete(key))),
    keys: (prefix) => use(({ table }) => table.keys(prefix).filter((key) => !lapsed(table.get(key)))),
    update,
    claim: (key, ttl) =>
      use(({ table }) =>
        table.alone(() => {
          const row = table.get(key)
          const free = !row || lapsed(row)
          // Whoever comes too late must not prolong the claim of the first.
          if (free) table.set(key, { value: true, expires: Date.now() + ttl })
          return free
        }),
      ),
    now: async () => Date.now(),
    async health() {
      try {
        await use(({ table }) => table.alone(() => {}))
        return { ok: true, store: name }
      } catch {
        return { ok: false, store: name, problem: 'it cannot be opened or locked' }
      }
    },
    close: async () => {
      await (await opened)?.table.close()
    },
  }
}

const lapsed = (row: Row | undefined): boolean => row?.expires !== undefined && row.expires <= Date.now()

/** Keyv keeps the times to live; rows are kept in the form in which it hands them over. */
function keyvOver(table: Table): Keyv {
  return new Keyv({
    store: {
      get: (key: string) => table.get(key),
      set: (key: string, row: Row) => table.set(key, row),
      delete: (key: string) => table.delete(key),
      clear: () => undefined,
    },
    serialize: (row) => row as unknown as string,
    // Nothing was serialised, so what comes back is the row that went in.
    deserialize: ((row: unknown) => row) as KeyvOptions['deserialize'],
    useKeyPrefix: false,
    throwOnErrors: true,
  })
}
