import { appendFile, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Unavailable } from '../errors.ts'
import { openSqlite } from './sqlite.ts'

/** How long to wait for the lock of other processes, and the longest pause between two tries, milliseconds. */
const LOCK_WAIT_MS = 10_000
const LONGEST_PAUSE_MS = 16

/**
 * Runs `work` while no other process holds the lock in `file`. The system releases the lock when its process ends,
 * however it ends. Waits without blocking the event loop, and throws `Unavailable` when that takes too long.
 */
export async function withFileLock<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  // An existing file keeps its mode.
  await appendFile(file, '', { mode: 0o600 })
  const lock = await openSqlite(file, { waitMs: 0 })
  try {
    // The file stays empty, so taking and releasing the lock waits for no disk.
    lock.exec('PRAGMA synchronous = OFF')
    const until = performance.now() + LOCK_WAIT_MS
    for (let tries = 1; !taken(lock); tries += 1) {
      if (performance.now() > until) {
        throw new Unavailable('The data folder is locked by another process.', 'Try again later.')
      }
      await setTimeout(Math.random() * Math.min(2 ** tries, LONGEST_PAUSE_MS))
    }
    return await work()
  } finally {
    lock.close()
  }
}

function taken(lock: { exec(sql: string): unknown }): boolean {
  try {
    lock.exec('BEGIN IMMEDIATE')
    return true
  } catch (error) {
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return false
    throw error
  }
}
