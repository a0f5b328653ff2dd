import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, sqliteDatabase } from './sqlite-thread.ts'

/**
 * A database for work in progress, in a file of its own under `folder`; without a folder, in memory. The file is unlinked as
 * soon as it is open, where the system allows that, so that not even a kill leaves it behind. Temporary tables would be in memory.
 * `waitMs` is for the locks of what the schema attaches, milliseconds.
 */
export async function openScratch(folder: string | undefined, schema: string, waitMs = 0): Promise<Database> {
  const options = { durable: false, waitMs, schema: `PRAGMA journal_mode = MEMORY;\n${schema}` }
  if (folder === undefined) return sqliteDatabase({ ...options, file: ':memory:' })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const own = await mkdtemp(join(folder, 'scratch-'))
  const leave = () => rm(own, { recursive: true, force: true }).catch(() => undefined)
  const database = sqliteDatabase({ ...options, file: join(own, 'scratch.db') })
  try {
    await database.all('SELECT 1', [])
    await leave()
  } catch (error) {
    await leave()
    throw error
  }
  return {
    ...database,
    async close() {
      await database.close()
      await leave()
    },
  }
}
