import pkg from '../../package.json' with { type: 'json' }
import { EVERYTHING } from '../domain/scopes.ts'
import { overStdio } from '../mcp/stdio.ts'
import { serverFactory } from '../server.ts'
import { start } from './compose.ts'
import type { Io } from './io.ts'
import type { CommonOptions } from './stores.ts'

/** Serves over stdio, until the client closes its end or the process is told to stop. */
export async function serve(io: Io, options: CommonOptions): Promise<void> {
  if (io.stdin.isTTY) {
    io.stderr.write(
      `${io.self} speaks MCP on standard input and output, for an MCP client to start.\n` +
        `For people: ${io.self} --help, ${io.self} check, ${io.self} approvals.\n`,
    )
  }
  const running = await start(io, options)
  const { parts, log } = running
  // On stdio the one at the other end is whoever started this process.
  const principal = { caller: `local:${io.user}`, grant: EVERYTHING }
  const factory = serverFactory({ ...parts, version: pkg.version }, () => principal)
  await overStdio(factory, io.stdin, io.stdout, io.untilStopped(), (error) =>
    log.error('the protocol broke', { error }),
  )
  io.stdin.unref?.()
  await running.close()
}

/**
 * What a client typed that only wants to be served; undefined for everything else, which the whole command line looks
 * after. A client waits for the start, so that it does not pay for the commands of people, nor for a parser of options.
 */
export function servingOptions(words: readonly string[]): CommonOptions | undefined {
  const options: CommonOptions = {}
  const rest = [...words]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, inline] = /^--config=(.+)$/s.exec(word) ?? []
    const config = inline ?? (word === '--config' ? rest.shift() : undefined)
    // A word that begins like an option is for the command line to judge.
    if (config !== undefined && !config.startsWith('-')) options.config = config
    else if (word === '--read-only') options.readOnly = true
    else if (word === '--sandbox') options.sandbox = true
    else return undefined
  }
  return options
}
