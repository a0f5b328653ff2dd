import { IdentityError, Unavailable } from '../errors.ts'
import { diskTable } from './sqlite-table.ts'
import type { Store } from './store.ts'
import type { StoredRow, Table } from './table.ts'
import { memoryTable } from './table.ts'

/** A store that ends with this process. */
export const memoryStore = (): Store => storeOver('memory', async () => memoryTable())

/** A store in `folder`, opened on first use, not at start. */
export const diskStore = (folder: string, options: { durable: boolean }): Store =>
  storeOver(folder, () => diskTable(folder, options))

function storeOver(name: string, openTable: () => Promise<Table>): Store {
  let opened: Promise<Table> | undefined
  const use = async <Result>(work: (table: Table) => Result): Promise<Awaited<Result>> => {
    try {
      opened ??= openTable()
      // After a failed open, the next call tries again.
      opened.catch(() => {
        opened = undefined
      })
      return await work(await opened)
    } catch (error) {
      if (error instanceof IdentityError) throw error
      throw new Unavailable('The store of this server is unavailable.', 'Ask the person who runs it.', {
        cause: error,
      })
    }
  }
  const update: Store['update'] = async (key, change) => {
    let refusal: { error: unknown } | undefined
    try {
      return await use((table) =>
        table.exclusively(() => {
          const current = valueIn(table.get(key)) as Parameters<typeof change>[0] // the caller knows the type, as for `get`
          try {
            const { next, ttl, result } = change(current, Date.now())
            if (next === undefined) table.delete(key)
            else table.set(key, rowOf(next, ttl))
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
    // The caller knows the type of its key's value.
    get: <Value>(key: string) => use((table) => valueIn(table.get(key)) as Value | undefined),
    set: (key, value, ttl) => use((table) => table.set(key, rowOf(value, ttl))),
    delete: (key) => use((table) => table.delete(key)),
    keys: (prefix) => use((table) => table.keys(prefix).filter((key) => !expired(table.get(key)))),
    update,
    claim: (key, ttl) =>
      use((table) =>
        table.exclusively(() => {
          const row = table.get(key)
          const free = !row || expired(row)
          // A late caller must not extend the claim of the first.
          if (free) table.set(key, rowOf(true, ttl))
          return free
        }),
      ),
    now: async () => Date.now(),
    async health() {
      try {
        await use((table) => table.exclusively(() => {}))
        return { ok: true, store: name }
      } catch {
        return { ok: false, store: name, problem: 'it cannot be opened or locked' }
      }
    },
    close: async () => {
      await (await opened)?.close()
    },
  }
}

const expired = (row: StoredRow | undefined): boolean =>
  row?.expires !== undefined && row.expires <= Date.now()
const valueIn = (row: StoredRow | undefined): unknown => (expired(row) ? undefined : row?.value)
/** A row that expires in `ttl` milliseconds, or never. */
const rowOf = (value: unknown, ttl?: number): StoredRow => ({
  value,
  ...(ttl !== undefined && { expires: Date.now() + ttl }),
})
