import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Unavailable } from '../errors.ts'
import type { Row, Table } from './table.ts'

/** How long a change waits for those of other processes before it fails, in milliseconds; each takes well under one. */
const PATIENCE_MS = 5_000

/**
 * Rows in a folder, shared by every process that opens it. `durable` rows survive a loss of power, at the cost of
 * a disk flush for each change; without it they survive the end or crash of any process.
 */
export async function diskTable(folder: string, { durable }: { durable: boolean }): Promise<Table> {
  const { default: Database } = await import('libsql').catch(hasNoBuild)
  // Approvals and hashes of passphrases are nobody else's business.
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'store.db')
  // A file that is there keeps its mode, wherever it is copied to.
  await appendFile(file, '', { mode: 0o600 })
  const rows = new Database(file, { timeout: PATIENCE_MS })
  // SQLite's rollback journal, unlike its write-ahead log, lets any number of processes open a folder at once.
  rows.exec('PRAGMA journal_mode = TRUNCATE')
  rows.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'OFF'}`)
  rows.exec('CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID')
  // Nobody asks any more for most of what has lapsed.
  rows.prepare("DELETE FROM rows WHERE json_extract(row, '$.expires') <= ?").run(Date.now())
  const get = rows.prepare('SELECT row FROM rows WHERE key = ?')
  const set = rows.prepare('INSERT OR REPLACE INTO rows (key, row) VALUES (?, ?)')
  const remove = rows.prepare('DELETE FROM rows WHERE key = ?')
  const keys = rows.prepare('SELECT key FROM rows WHERE key >= ? AND key < ? ORDER BY key')
  return {
    get: (key) => {
      const found = get.get(key) as { row: string } | undefined
      return found && (JSON.parse(found.row) as Row)
    },
    set: (key, row) => void set.run(key, JSON.stringify(row)),
    delete: (key) => void remove.run(key),
    // No key of ours holds a character beyond U+FFFD, so this is every key with the prefix.
    keys: (prefix) => (keys.all(prefix, `${prefix}\ufffd`) as { key: string }[]).map(({ key }) => key),
    // Locked from its first read on, so that nobody writes between what it reads and what it writes.
    alone: (work) => rows.transaction(work).immediate() as ReturnType<typeof work>,
    close: async () => void rows.close(),
  }
}

/** Explains why SQLite could not be loaded: it is native, and only the systems that most servers run on are installed. */
function hasNoBuild(error: unknown): never {
  const [, name] = /Cannot find module '(@libsql\/[\w-]+)'/.exec(String(error)) ?? []
  if (name === undefined) throw error
  throw new Unavailable(
    `The store on disk has no build for this system: ${name} is not installed.`,
    `Install ${name} beside identity-mcp-server, or keep everything in a Redis (docs/store.md).`,
    { cause: error },
  )
}
