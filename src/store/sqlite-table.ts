import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openSqlite } from './sqlite.ts'
import type { StoredRow, Table } from './table.ts'

/** How long a change waits for the lock of other processes, milliseconds; each holds it for well under one. */
const LOCK_WAIT_MS = 5_000

/**
 * Rows in a folder, shared by every process that opens it. With `durable` they survive a power loss, at the cost of a disk
 * flush per change; without it they survive the end or crash of any process.
 */
export async function diskTable(folder: string, { durable }: { durable: boolean }): Promise<Table> {
  // Approvals and passphrase hashes must not be readable by other users.
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'store.db')
  // An existing file keeps its mode.
  await appendFile(file, '', { mode: 0o600 })
  const rows = await openSqlite(file, { waitMs: LOCK_WAIT_MS })
  // Unlike the write-ahead log, the rollback journal lets any number of processes open the folder at the same time.
  rows.exec('PRAGMA journal_mode = TRUNCATE')
  rows.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'OFF'}`)
  rows.exec('CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID')
  // Most expired rows are never read again, so they are deleted here.
  rows.prepare("DELETE FROM rows WHERE json_extract(row, '$.expires') <= ?").run(Date.now())
  const get = rows.prepare('SELECT row FROM rows WHERE key = ?')
  const set = rows.prepare('INSERT OR REPLACE INTO rows (key, row) VALUES (?, ?)')
  const remove = rows.prepare('DELETE FROM rows WHERE key = ?')
  const keys = rows.prepare('SELECT key FROM rows WHERE key >= ? AND key < ? ORDER BY key')
  return {
    get: (key) => {
      const found = get.get(key) as { row: string } | undefined
      return found && (JSON.parse(found.row) as StoredRow)
    },
    set: (key, row) => void set.run(key, JSON.stringify(row)),
    delete: (key) => void remove.run(key),
    // Our keys have no character above U+FFFD, so this range is every key with the prefix.
    keys: (prefix) => (keys.all(prefix, `${prefix}\ufffd`) as { key: string }[]).map(({ key }) => key),
    // Takes the write lock first, so no other process writes between a read and a write of `work`.
    exclusively: (work) => rows.transaction(work).immediate() as ReturnType<typeof work>,
    close: async () => void rows.close(),
  }
}
