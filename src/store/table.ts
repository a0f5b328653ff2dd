/** One stored value, of what JSON has a word for, and when it lapses, epoch milliseconds. */
export interface Row {
  value: unknown
  expires?: number
}

/** The little that a place to keep rows must be able to do; everything else is built on it in `open.ts`. */
export interface Table {
  get(key: string): Row | undefined
  set(key: string, row: Row): void
  delete(key: string): void
  keys(prefix: string): string[]
  /** Runs `work` with nobody else reading or writing, in any process. */
  alone<Result>(work: () => Result): Result
  close(): Promise<void>
}

/** Rows in this process alone; gone when it ends. */
export function memoryTable(): Table {
  // As text, so that what cannot be kept on a disk cannot be kept here either.
  const rows = new Map<string, string>()
  return {
    get: (key) => {
      const row = rows.get(key)
      return row === undefined ? undefined : (JSON.parse(row) as Row)
    },
    set: (key, row) => void rows.set(key, JSON.stringify(row)),
    delete: (key) => void rows.delete(key),
    keys: (prefix) => [...rows.keys()].filter((key) => key.startsWith(prefix)).sort(),
    alone: (work) => work(),
    close: async () => rows.clear(),
  }
}
