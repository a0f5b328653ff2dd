#!/usr/bin/env node
import { userInfo } from 'node:os'
import { basename } from 'node:path'
import { keepCompiled } from './app/compile-cache.ts'
import type { Io } from './app/io.ts'

const script = process.argv[1] ?? 'identity-mcp'

let outputClosed = false

const io: Io = {
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  user: nameOfUser(),
  uid: process.getuid?.(),
  self: basename(script) === 'identity-mcp' ? 'identity-mcp' : `node ${script}`,
  script: { node: process.execPath, main: script },
  untilStopped: () =>
    new Promise((resolve) => {
      // Only once: a second signal ends the process immediately.
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    }),
  onReload: (reload) => {
    process.on('SIGHUP', reload)
  },
  isOutputClosed: () => outputClosed,
  exit: (code) => {
    process.exitCode = code
  },
}

// A reader such as `| head` can close the pipe early. What a command has begun goes on: it may be changing something.
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    outputClosed ||= output === process.stdout
  })
}

function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}

keepCompiled(io)
// Loaded only now, as a former start compiled it.
const { run } = await import('./cli/run.ts')
await run(io, process.argv.slice(2))
