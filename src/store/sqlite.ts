import { Unavailable } from '../errors.ts'

/** Opens a database file. `waitMs` is how long a statement waits, blocking the event loop, for the locks of others. */
export async function openSqlite(file: string, { waitMs }: { waitMs: number }) {
  const { default: Database } = await import('libsql').catch((error) => {
    throw explainMissingBuild(error)
  })
  return new Database(file, { timeout: waitMs })
}

/** Explains why SQLite did not load: it is native, and only builds for the most common systems are installed. */
export function explainMissingBuild(error: unknown): unknown {
  const [, name] = /Cannot find module '(@libsql\/[\w-]+)'/.exec(String(error)) ?? []
  if (name === undefined) return error
  return new Unavailable(
    `The disk store has no build for this system: ${name} is not installed.`,
    `Install ${name} next to identity-mcp-server, or use Redis as the store (docs/store.md).`,
    { cause: error },
  )
}
