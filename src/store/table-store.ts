import { IdentityError, Unavailable } from '../errors.ts'
import type { Store } from './store.ts'
import type { Row, Table } from './table.ts'
import { memoryTable } from './table.ts'

/** A store that ends with this process. */
export const memoryStore = (): Store => storeOver('memory', async () => memoryTable())

/** A store in `folder`, opened on first use, so that a start touches nothing. */
export const diskStore = (folder: string, options: { durable: boolean }): Store =>
  storeOver(folder, async () => (await import('./sqlite-table.ts')).diskTable(folder, options))

function storeOver(name: string, openTable: () => Promise<Table>): Store {
  let opened: Promise<Table> | undefined
  const use = async <Result>(work: (table: Table) => Result): Promise<Awaited<Result>> => {
    try {
      opened ??= openTable()
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
      return await use((table) =>
        table.alone(() => {
          const current = valueIn(table.get(key)) as Parameters<typeof change>[0] // its own key's value, as for `get`
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
    // The caller names the type of its own key's value.
    get: <Value>(key: string) => use((table) => valueIn(table.get(key)) as Value | undefined),
    set: (key, value, ttl) => use((table) => table.set(key, rowOf(value, ttl))),
    delete: (key) => use((table) => table.delete(key)),
    keys: (prefix) => use((table) => table.keys(prefix).filter((key) => !lapsed(table.get(key)))),
    update,
    claim: (key, ttl) =>
      use((table) =>
        table.alone(() => {
          const row = table.get(key)
          const free = !row || lapsed(row)
          // Whoever comes too late must not prolong the claim of the first.
          if (free) table.set(key, rowOf(true, ttl))
          return free
        }),
      ),
    now: async () => Date.now(),
    async health() {
      try {
        await use((table) => table.alone(() => {}))
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

const lapsed = (row: Row | undefined): boolean => row?.expires !== undefined && row.expires <= Date.now()
const valueIn = (row: Row | undefined): unknown => (lapsed(row) ? undefined : row?.value)
/** A row that lapses in `ttl` milliseconds, or never. */
const rowOf = (value: unknown, ttl?: number): Row => ({
  value,
  ...(ttl !== undefined && { expires: Date.now() + ttl }),
})
