import { spawn } from 'node:child_process'
import { userInfo } from 'node:os'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import type { Io } from '../../src/app/io.ts'
import { run } from '../../src/cli/run.ts'
import { CHEAP } from './approvers.ts'
import { MAIN } from './main.ts'

/** A run of the program: its streams, its signals, its end. */
export interface Program {
  /** Undefined if it runs in the test's process. */
  pid: number | undefined
  stdin: Writable
  stdout: Readable
  stderr: Readable
  /** Does nothing if the run has ended. */
  kill(signal: NodeJS.Signals): void
  /** Resolves with the exit code when it has ended and its output is complete; null if it was killed. */
  ended: Promise<number | null>
}

export interface ProgramOptions {
  env: Record<string, string>
  /** Whether to run the built program in a child process, instead of the sources in the test's process. */
  ownProcess?: boolean
  /** Options for Node itself; they require a child process. */
  node?: readonly string[]
}

/**
 * Starts the program with these arguments. Its streams and arguments are the same in both modes. Starting a process costs
 * more than most tests do with it, so only tests of the process itself, of the build or of kills set `ownProcess`.
 */
export const startProgram = (
  words: readonly string[],
  { env, ownProcess = false, node = [] }: ProgramOptions,
): Program =>
  ownProcess || node.length > 0 ? runInChild([...node, MAIN, ...words], env) : runInProcess(words, env)

function runInChild(words: readonly string[], env: Record<string, string>): Program {
  const child = spawn(process.execPath, words, { env })
  // A write to a process that has ended shows up as its end.
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

function runInProcess(words: readonly string[], env: Record<string, string>): Program {
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
    scryptCost: CHEAP,
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
