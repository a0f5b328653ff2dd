import type { Readable, Writable } from 'node:stream'
import type { ScryptCost } from '../approvals/passphrase-hash.ts'

/** 0 success, 1 a check failed, 2 wrong usage or settings, 3 nothing is changed before somebody else has approved it. */
export type ExitCode = 0 | 1 | 2 | 3

/** What a command may use of its process. Only `main.ts` uses `process` itself. */
export interface Io {
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  stdin: Readable & { isTTY?: boolean; unref?: () => unknown; setRawMode?: (raw: boolean) => unknown }
  stdout: Writable & { isTTY?: boolean; columns?: number }
  stderr: Writable & { isTTY?: boolean; columns?: number }
  /** Whether the reader of standard output has closed it. */
  isOutputClosed?(): boolean
  /** Login name of the person at this machine. */
  user: string
  /** Number of that user; absent where users have none. */
  uid?: number | undefined
  /** How to start this program, for texts that tell a person what to type. */
  self: string
  /** What starts this program again, for the demo. */
  script: { node: string; main: string }
  /** Resolves when the process is asked to stop. Once this is called, the signal no longer ends the process by itself. */
  untilStopped(): Promise<void>
  /** Calls `reload` when the process is asked to reload its settings. */
  onReload(reload: () => void): void
  /** What hashing a passphrase costs; by default what is recommended. Tests that are about something else make it cheap. */
  scryptCost?: ScryptCost
  /** Sets the exit code. */
  exit(code: ExitCode): void
}
