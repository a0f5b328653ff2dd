import { spawn } from 'node:child_process'
import { userInfo } from 'node:os'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import type { Io } from '../../src/app/io.ts'
import { run } from '../../src/cli/run.ts'
import { MAIN } from './main.ts'

/** A run of the program: its streams, its signals, its end. */
export interface Program {
  /** Undefined where it has no process of its own. */
  pid: number | undefined
  stdin: Writable
  stdout: Readable
  stderr: Readable
  /** Does nothing to a run that has ended. */
  kill(signal: NodeJS.Signals): void
  /** Resolves with the exit code when it has ended and all that it said can be read; null where it was killed. */
  ended: Promise<number | null>
}

export interface ProgramOptions {
  env: Record<string, string>
  /** Where it runs: as it is built, in a process of its own, or as it is written, in that of the test. */
  apart?: boolean
  /** What Node itself is told, which takes a process of its own. */
  node?: readonly string[]
}

/**
 * Starts the program with these words. It has the same streams and arguments either way, and knows nothing else of its
 * process; to start one costs more than most of what tests do with it. Whatever is about the process itself, how it is
 * built, or how it is killed, has one `apart`.
 */
export const startProgram = (
  words: readonly string[],
  { env, apart = false, node = [] }: ProgramOptions,
): Program => (apart || node.length > 0 ? inItsOwn([...node, MAIN, ...words], env) : inThis(words, env))

function inItsOwn(words: readonly string[], env: Record<string, string>): Program {
  const child = spawn(process.execPath, words, { env })
  // Whoever writes to a process that has ended is told by its end.
  child.stdin.on('error', () => {})
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    kill: (signal) => void child.kill(signal),
    ended: new Promise((resolve) => child.once('close', resolve)),
  }
}

function inThis(words: readonly string[], env: Record<string, string>): Program {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  let code = 0
  let reload = () => {}
  let stop = () => {}
  const stopped = new Promise<void>((resolve) => {
    stop = resolve
  })
  const io: Io = {
    env,
    cwd: '/',
    stdin,
    stdout,
    stderr,
    user: userInfo().username,
    self: `node ${MAIN}`,
    script: { node: process.execPath, main: MAIN },
    untilStopped: () => stopped,
    onReload: (next) => {
      reload = next
    },
    exit: (next) => {
      code = next
    },
  }
  const ended = run(io, words).then(() => {
    stdout.end()
    stderr.end()
    return code
  })
  return {
    pid: undefined,
    stdin,
    stdout,
    stderr,
    kill: (signal) => (signal === 'SIGHUP' ? reload() : stop()),
    ended,
  }
}
