import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { sqliteThread } from './sqlite-thread.ts'
import type { Table } from './table.ts'

/** How long a change waits for the lock of other processes, milliseconds; each holds it for well under one. */
const LOCK_WAIT_MS = 5_000
const SWEEP_MS = 60 * 60_000

/**
 * Rows in a folder, shared by every process that opens it. With `durable` they survive a power loss, at the cost of a disk
 * flush per change; without it they survive the end or crash of any process.
 */
export async function diskTable(
  folder: string,
  { durable }: { durable: boolean },
  lost: () => void,
): Promise<Table> {
  // Approvals and passphrase hashes must not be readable by other users.
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'store.db')
  // An existing file keeps its mode.
  await appendFile(file, '', { mode: 0o600 })
  const table = sqliteThread({ file, durable, waitMs: LOCK_WAIT_MS, sweepMs: SWEEP_MS }, lost)
  // Fails if the file cannot be opened as a database.
  await table.read('')
  return table
}
