/** The minimum that a storage backend must provide; `table-store.ts` builds the store on it. A row is a text. */
export interface Table {
  read(key: string): Promise<string | undefined>
  /** Without a row, deletes the one that is there. */
  write(key: string, row: string | undefined): Promise<void>
  /** Writes only where the row is still `before`, across processes. */
  swap(key: string, before: string | undefined, after: string | undefined): Promise<boolean>
  /** The rows whose keys begin with `prefix`, in the order of the keys. */
  list(prefix: string): Promise<[key: string, row: string][]>
  close(): Promise<void>
}

/** Rows in the memory of this process. */
export function memoryTable(): Table {
  const rows = new Map<string, string>()
  const write = (key: string, row: string | undefined) =>
    void (row === undefined ? rows.delete(key) : rows.set(key, row))
  return {
    read: async (key) => rows.get(key),
    write: async (key, row) => write(key, row),
    async swap(key, before, after) {
      const isSame = rows.get(key) === before
      if (isSame) write(key, after)
      return isSame
    },
    list: async (prefix) =>
      [...rows].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)),
    close: async () => rows.clear(),
  }
}
