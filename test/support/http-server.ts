import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { MAIN } from './world.ts'

export interface HttpServerOptions {
  config: string
  env: Record<string, string>
  args?: readonly string[]
  /** What Node itself is told. */
  node?: readonly string[]
}
export type HttpServer = Awaited<ReturnType<typeof startHttpServer>>

/** The program in a process of its own that serves over HTTP, from when it listens. */
export async function startHttpServer({ config, env, args = [], node = [] }: HttpServerOptions) {
  const child = spawn(
    process.execPath,
    [...node, MAIN, 'serve', '--http', '--port', '0', '--config', config, ...args],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = once(child, 'close').then(([code]) => code as number | null)
  let stderr = ''
  child.stderr.on('data', (piece) => {
    stderr += String(piece)
  })
  const url = await new Promise<URL>((resolve, reject) => {
    const listen = () => {
      const [, address] = /serves MCP at (\S+)\n/.exec(stderr) ?? []
      if (!address) return
      child.stderr.off('data', listen)
      resolve(new URL(address))
    }
    child.stderr.on('data', listen)
    void ended.then(() => reject(new Error(`the server ended: ${stderr}`)))
  })
  return {
    url,
    pid: child.pid,
    stderr: () => stderr,
    /** Resolves with its exit code. */
    ended,
    /** Resolves when it has said something that fits, from now on, with all that it has said meanwhile. */
    async says(wanted: RegExp) {
      const before = stderr.length
      const said = () => stderr.slice(before)
      while (!wanted.test(said())) await once(child.stderr, 'data')
      return said()
    },
    /** Does nothing to a process that has ended. */
    kill(signal: NodeJS.Signals) {
      child.kill(signal)
      return ended
    },
  }
}
