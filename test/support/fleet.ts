import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { RoundRobin } from './round-robin.ts'
import { MAIN } from './world.ts'

export interface FleetOptions {
  proxy: RoundRobin
  config: string
  env: Record<string, string>
  /** By how much the clock of each instance is wrong, milliseconds; there are as many instances. */
  skews: readonly number[]
}

/** Instances that serve over HTTP on the same settings, behind a proxy. */
export async function openFleet({ proxy, config, env, skews }: FleetOptions) {
  const instances: ChildProcess[] = []
  let stderr = ''

  async function start(at: number): Promise<void> {
    const child = spawn(
      process.execPath,
      [...wrongBy(skews[at] ?? 0), MAIN, 'serve', '--http', '--port', '0', '--config', config],
      { env, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    instances[at] = child
    const ended = once(child, 'exit')
    const port = new Promise<number>((resolve, reject) => {
      child.stderr.on('data', (piece) => {
        stderr += String(piece)
        const [, listening] = /serves MCP at \S+:(\d+)\/mcp/.exec(String(piece)) ?? []
        if (listening) resolve(Number(listening))
      })
      void ended.then(() => reject(new Error(`an instance ended: ${stderr.slice(-2_000)}`)))
    })
    proxy.targets[at] = await port
  }

  async function kill(at: number): Promise<void> {
    const child = instances[at]
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    proxy.targets[at] = undefined
  }

  await Promise.all(skews.map((_, at) => start(at)))
  return {
    url: new URL('/mcp', proxy.url),
    /** Ends one with no time for anything, and starts another in its place. */
    async replace(at: number) {
      await kill(at)
      await start(at)
    },
    stderr: () => stderr,
    async [Symbol.asyncDispose]() {
      await Promise.all(skews.map((_, at) => kill(at)))
    },
  }
}

/** Has Node tell a time that is so many milliseconds ahead. */
const wrongBy = (ms: number): string[] =>
  ms === 0
    ? []
    : [
        '--import',
        `data:text/javascript,${encodeURIComponent(`
          const Real = Date
          globalThis.Date = class extends Real {
            constructor(...parts) { parts.length > 0 ? super(...parts) : super(Real.now() + ${ms}) }
            static now() { return Real.now() + ${ms} }
          }
        `)}`,
      ]
