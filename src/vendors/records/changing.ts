import type { Writes } from '../../domain/operations.ts'

type Write = (...asked: unknown[]) => Promise<unknown>

/** The same writes, each of which first forgets what was read before it. */
export function changing<Some extends Writes>(recent: { forget(): void }, writes: Some): Some {
  const forgetful = Object.entries(writes).map(([name, write]: [string, Write]) => [
    name,
    (...asked: unknown[]) => {
      recent.forget()
      return write(...asked)
    },
  ])
  // The same names, and functions that take and give the same.
  return Object.fromEntries(forgetful) as Some
}
