import { IdentityError, Unavailable } from '../errors.ts'
import { batchUpdates, type StoredJson, swapChanges } from './batched-updates.ts'
import type { Store } from './store.ts'
import type { Table } from './table.ts'
import { memoryTable } from './table.ts'

/** A store that ends with this process. */
export const memoryStore = (): Store => storeOver('memory', async () => memoryTable())

/** A store in `folder`, opened on first use, not at start. */
export const diskStore = (folder: string, options: { durable: boolean }): Store =>
  storeOver(folder, async (lost) => (await import('./sqlite-table.ts')).diskTable(folder, options, lost))

/** One stored JSON value; `expires` in epoch milliseconds. */
interface StoredRow {
  value: unknown
  expires?: number
}

function storeOver(name: string, openTable: (lost: () => void) => Promise<Table>): Store {
  let opened: Promise<Table> | undefined
  // After a failure to open, or the end of an open table, the next call opens it anew.
  const lost = () => {
    opened = undefined
  }
  const use = async <Result>(work: (table: Table) => Promise<Result>): Promise<Result> => {
    try {
      opened ??= openTable(lost)
      opened.catch(lost)
      return await work(await opened)
    } catch (error) {
      if (error instanceof IdentityError) throw error
      throw new Unavailable('The store of this server is unavailable.', 'Ask the person who runs it.', {
        cause: error,
      })
    }
  }
  return {
    // The caller knows the type of its key's value.
    get: <Value>(key: string) =>
      use(async (table) => rowIn(await table.read(key))?.value as Value | undefined),
    set: (key, value, ttl) => use((table) => table.write(key, textOf({ json: JSON.stringify(value), ttl }))),
    delete: (key) => use((table) => table.write(key, undefined)),
    keys: (prefix) =>
      use(async (table) => (await table.list(prefix)).filter(([, row]) => rowIn(row)).map(([key]) => key)),
    update: batchUpdates((key, changes) =>
      use((table) =>
        swapChanges(changes, {
          async read() {
            const text = await table.read(key)
            return { mark: text, parse: () => rowIn(text)?.value, now: Date.now() }
          },
          swap: (text, after) => table.swap(key, text, textOf(after)),
        }),
      ),
    ),
    claim: (key, ttl) =>
      use(async (table) => {
        const text = await table.read(key)
        // A late caller must not extend the claim of the first.
        return rowIn(text) === undefined && table.swap(key, text, textOf({ json: 'true', ttl }))
      }),
    now: async () => Date.now(),
    async health() {
      try {
        await use((table) => table.write('health', textOf({ json: 'true', ttl: 1 })))
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

/** The row, unless it has expired. */
function rowIn(text: string | undefined): StoredRow | undefined {
  const row = text === undefined ? undefined : (JSON.parse(text) as StoredRow)
  return row?.expires !== undefined && row.expires <= Date.now() ? undefined : row
}

/** A row that expires in `ttl` milliseconds, or never. */
const textOf = ({ json, ttl }: StoredJson): string | undefined =>
  json && `{"value":${json}${ttl === undefined ? '' : `,"expires":${Date.now() + ttl}`}}`
