import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openRoundRobin } from './round-robin.ts'
import { MAIN } from './world.ts'

export interface FleetOptions {
  config: string
  env: Record<string, string>
  /** By how much the clock of each instance is wrong, milliseconds; there are as many instances. */
  skews: readonly number[]
  /** Told the address of the proxy before anything is served, for the settings. */
  prepare: (url: string) => void
}
export type Fleet = Awaited<ReturnType<typeof openFleet>>

/** Instances that serve over HTTP on the same settings, behind a proxy that hands requests round. */
export async function openFleet({ config, env, skews, prepare }: FleetOptions) {
  const ports: (number | undefined)[] = skews.map(() => undefined)
  const proxy = await openRoundRobin(ports)
  prepare(proxy.url)
  const instances: ChildProcess[] = []
  let stderr = ''

  async function start(place: number): Promise<void> {
    const child = spawn(
      process.execPath,
      [...wrongBy(skews[place] ?? 0), MAIN, 'serve', '--http', '--port', '0', '--config', config],
      { env, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    instances[place] = child
    const ended = once(child, 'exit')
    const port = new Promise<number>((resolve, reject) => {
      child.stderr.on('data', (piece) => {
        stderr += String(piece)
        const [, listening] = /serves MCP at \S+:(\d+)\/mcp/.exec(String(piece)) ?? []
        if (listening) resolve(Number(listening))
      })
      void ended.then(() => reject(new Error(`an instance ended: ${stderr.slice(-2_000)}`)))
    })
    ports[place] = await port
  }

  async function kill(place: number, signal: NodeJS.Signals): Promise<void> {
    const child = instances[place]
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
    ports[place] = undefined
  }

  await Promise.all(skews.map((_, place) => start(place)))
  return {
    url: new URL('/mcp', proxy.url),
    /** Ends one with no time for anything, and starts another in its place. */
    async replace(place: number) {
      await kill(place, 'SIGKILL')
      await start(place)
    },
    stderr: () => stderr,
    async [Symbol.asyncDispose]() {
      await Promise.all(skews.map((_, place) => kill(place, 'SIGKILL')))
      await proxy[Symbol.asyncDispose]()
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
