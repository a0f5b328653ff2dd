import { mkdir } from 'node:fs/promises'
import type { Row, Table } from './table.ts'

/**
 * Rows in a folder, shared by every process that opens it. `durable` rows survive a loss of power, at the cost of
 * a disk flush for each change; without it they survive the end or crash of any process.
 */
export async function diskTable(folder: string, { durable }: { durable: boolean }): Promise<Table> {
  const { open } = await import('lmdb')
  // Approvals and hashes of passphrases are nobody else's business.
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const rows = open<Row, string>({ path: folder, noSync: !durable, encoding: 'msgpack' })
  return {
    get: (key) => rows.get(key),
    set: (key, row) => void rows.putSync(key, row),
    delete: (key) => void rows.removeSync(key),
    // No key of ours holds a character beyond U+FFFD, so this is every key with the prefix.
    keys: (prefix) => [...rows.getKeys({ start: prefix, end: `${prefix}\ufffd` })],
    alone: (work) => rows.transactionSync(work),
    close: () => rows.close(),
  }
}
