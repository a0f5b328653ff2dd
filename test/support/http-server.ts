import { once } from 'node:events'
import { type ProgramOptions, startProgram } from './program.ts'

export interface HttpServerOptions extends ProgramOptions {
  config: string
  args?: readonly string[]
}
export type HttpServer = Awaited<ReturnType<typeof startHttpServer>>

/** Starts the program serving over HTTP. Resolves when it listens. */
export async function startHttpServer({ config, args = [], ...options }: HttpServerOptions) {
  const words = ['serve', '--http', '--port', '0', '--config', config, ...args]
  const program = startProgram(words, options)
  const { ended } = program
  let stderr = ''
  program.stderr.on('data', (piece) => {
    stderr += String(piece)
  })
  const url = await new Promise<URL>((resolve, reject) => {
    const listen = () => {
      const [, address] = /serves MCP at (\S+)\n/.exec(stderr) ?? []
      if (!address) return
      program.stderr.off('data', listen)
      resolve(new URL(address))
    }
    program.stderr.on('data', listen)
    void ended.then(() => reject(new Error(`the server ended: ${stderr}`)))
  })
  return {
    url,
    pid: program.pid,
    stderr: () => stderr,
    /** Resolves with its exit code. */
    ended,
    /** Resolves with the stderr output from now on, as soon as it matches. */
    async says(wanted: RegExp) {
      const before = stderr.length
      const said = () => stderr.slice(before)
      while (!wanted.test(said())) await once(program.stderr, 'data')
      return said()
    },
    /** Does nothing if the program has ended. */
    kill(signal: NodeJS.Signals) {
      program.kill(signal)
      return ended
    },
  }
}
