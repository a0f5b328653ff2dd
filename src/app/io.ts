import type { Readable, Writable } from 'node:stream'

/** All that a command may touch of the process that runs it; `main.ts` alone knows `process`. */
export interface Io {
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  stdin: Readable & { isTTY?: boolean; unref?: () => unknown }
  stdout: Writable & { isTTY?: boolean; columns?: number }
  stderr: Writable
  /** Login name of the person at this machine. */
  user: string
  /** How this program is started, for texts that tell a person what to type. */
  self: string
  /** What starts this program anew, for a command that plays those who use it. */
  script: { node: string; main: string }
  /** Resolves when the process is told to stop, which then ends it no longer by itself. */
  untilStopped(): Promise<void>
  /** Calls `reload` whenever the process is told to read its settings anew. */
  onReload(reload: () => void): void
  /** Sets the exit code: 0 well, 1 something checked is not well, 2 wrong usage or settings. */
  exit(code: 0 | 1 | 2): void
}
