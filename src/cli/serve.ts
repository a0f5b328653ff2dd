import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Io } from '../app/io.ts'
import { serve } from '../app/serve-stdio.ts'
import type { CommonOptions } from '../app/stores.ts'
import { newCommand } from './terminal.ts'

interface ServeOptions extends CommonOptions {
  http?: true
  host: string
  port: number
}

/** `identity-mcp serve`: over stdio, or over HTTP. */
export const serveCommand = (io: Io): Command =>
  newCommand(io, 'serve', 'Serve MCP over standard input and output, or over HTTP')
    .option('--http', 'over HTTP, at /mcp, for callers that `auth` in the settings admits')
    .addOption(
      new Option('--host <host>', 'address to listen on').default('127.0.0.1').implies({ http: true }),
    )
    .addOption(
      new Option('--port <port>', 'port to listen on; 0 for any free port')
        .default(3910)
        .argParser(toPort)
        .implies({ http: true }),
    )
    .action(async (_: unknown, command: Command) => {
      const { http, host, port, ...options } = command.optsWithGlobals<ServeOptions>()
      if (http) await (await import('../app/serve-http.ts')).serveHttp(io, options, { host, port })
      else await serve(io, options)
    })

function toPort(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port < 65_536) return port
  throw new InvalidArgumentError('A port is a number from 0 to 65535.')
}
