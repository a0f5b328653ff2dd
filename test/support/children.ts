import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { MAIN } from './main.ts'

const MIB = 2 ** 20
const LOOK_MS = 250

/** An app in a process of its own, which says its port first and then answers what it is asked. */
export async function forkApp(script: string, options: object) {
  const app = fork(script, [JSON.stringify(options)], { execArgv: ['--import', 'tsx'] })
  const [port] = (await once(app, 'message')) as [number]
  return {
    url: `http://127.0.0.1:${port}`,
    async ask<Answer>(what: string): Promise<Answer> {
      app.send(what)
      const [answer] = (await once(app, 'message')) as [Answer]
      return answer
    },
    async [Symbol.asyncDispose]() {
      app.disconnect()
      await once(app, 'exit')
    },
  }
}

/** Starts a command of the program; its tenants take the token of the test from `TOKEN`. */
export function startProgram(words: readonly string[], home: string) {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    TOKEN: 'a-token-of-the-test',
  }
  return spawn(process.execPath, [MAIN, ...words], { env, stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Waits for its end, and notes how much memory it has, in MiB, all the while; what it printed. */
export async function toEnd(child: ReturnType<typeof startProgram>, memory: number[] = []): Promise<string> {
  const looking = setInterval(() => {
    memory.push(...memoryOf(child.pid))
  }, LOOK_MS)
  child.once('exit', () => clearInterval(looking))
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>])
  if (code !== 0) throw new Error(`${child.spawnargs.slice(2, 4).join(' ')} ended with ${code}`)
  return printed
}

/** The memory of a process (RSS) in MiB; none where there is no /proc, or the process has ended. */
function memoryOf(pid = 0): number[] {
  try {
    const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kib === undefined ? [] : [(Number(kib) * 1_024) / MIB]
  } catch {
    return []
  }
}

/** How long some work takes, in seconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1_000
}
