import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { MAIN } from '../test/support/main.ts'

const MIB = 2 ** 20
const LOOK_MS = 250

/** An app of the benchmark in a process of its own, which says its port first and then answers what it is asked. */
export async function forkApp(script: string, options: object) {
  const app = fork(join(import.meta.dirname, script), [JSON.stringify(options)])
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

/** Starts a command of the program; its tenants take the token of the benchmark from `TOKEN`. */
export function startProgram(words: readonly string[], home: string) {
  const env = {
    PATH: process.env.PATH ?? '',
    NODE_OPTIONS: process.env.NOPT ?? '',
    HOME: home,
    TOKEN: 'a-token-of-the-bench',
  }
  return spawn(process.execPath, [MAIN, ...words], { env, stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Waits for its end, and notes how much memory it has, in MiB, all the while; what it printed. */
export async function toEnd(child: ReturnType<typeof startProgram>, memory: number[] = []): Promise<string> {
  const looking = setInterval(() => {
    const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
    if (kib !== undefined) memory.push((Number(kib) * 1_024) / MIB)
  }, LOOK_MS)
  child.once('exit', () => clearInterval(looking))
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>])
  if (code !== 0) throw new Error(`${child.spawnargs.slice(2, 4).join(' ')} ended with ${code}`)
  return printed
}

/** How long some work takes, in seconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1_000
}
