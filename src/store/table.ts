/** One stored JSON value; `expires` in epoch milliseconds. */
export interface StoredRow {
  value: unknown
  expires?: number
}

/** The minimum that a storage backend must provide; `table-store.ts` builds the store on it. */
export interface Table {
  get(key: string): StoredRow | undefined
  set(key: string, row: StoredRow): void
  delete(key: string): void
  keys(prefix: string): string[]
  /** Runs `work` exclusively: no other process reads or writes meanwhile. */
  exclusively<Result>(work: () => Result): Result
  close(): Promise<void>
}

/** Rows in the memory of this process. */
export function memoryTable(): Table {
  // As text, so values that a disk cannot hold fail here too.
  const rows = new Map<string, string>()
  return {
    get: (key) => {
      const row = rows.get(key)
      return row === undefined ? undefined : (JSON.parse(row) as StoredRow)
    },
    set: (key, row) => void rows.set(key, JSON.stringify(row)),
    delete: (key) => void rows.delete(key),
    keys: (prefix) => [...rows.keys()].filter((key) => key.startsWith(prefix)).sort(),
    exclusively: (work) => work(),
    close: async () => rows.clear(),
  }
}
