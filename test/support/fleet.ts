import { CHEAP_HASHING } from './approvers.ts'
import { type HttpServer, startHttpServer } from './http-server.ts'
import type { RoundRobin } from './round-robin.ts'

export interface FleetOptions {
  proxy: RoundRobin
  config: string
  env: Record<string, string>
  /** Clock skew of each instance, milliseconds. One instance starts per entry. */
  skews: readonly number[]
}

/** Instances that serve over HTTP with the same settings, behind a proxy. */
export async function openFleet({ proxy, config, env, skews }: FleetOptions) {
  const instances: HttpServer[] = []

  async function start(at: number): Promise<void> {
    const instance = await startHttpServer({
      config,
      env,
      ownProcess: true,
      node: [...clockSkewArgs(skews[at] ?? 0), ...CHEAP_HASHING],
    })
    instances[at] = instance
    proxy.targets[at] = Number(instance.url.port)
  }

  async function kill(at: number): Promise<void> {
    await instances[at]?.kill('SIGKILL')
    proxy.targets[at] = undefined
  }

  await Promise.all(skews.map((_, at) => start(at)))
  return {
    url: new URL('/mcp', proxy.url),
    /** Kills one with SIGKILL and starts another in its place. */
    async replace(at: number) {
      await kill(at)
      await start(at)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(skews.map((_, at) => kill(at)))
    },
  }
}

/** Node options that put the clock ahead by so many milliseconds. */
const clockSkewArgs = (ms: number): string[] =>
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
