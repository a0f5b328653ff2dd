import pkg from '../../package.json' with { type: 'json' }
import type { Settings } from '../config/settings.ts'
import { callerId } from '../domain/caller-names.ts'
import { EVERYTHING } from '../domain/scopes.ts'
import { overStdio } from '../mcp/stdio.ts'
import { serverFactory } from '../server.ts'
import { composeServer, reportStore } from './compose.ts'
import type { Io } from './io.ts'
import type { CommonOptions } from './stores.ts'

/** Serves over stdio until the client closes the connection or the process is asked to stop. */
export async function serve(io: Io, options: CommonOptions): Promise<void> {
  if (io.stdin.isTTY) {
    io.stderr.write(
      `${io.self} speaks MCP over standard input and output: let an MCP client start it.\n` +
        `Commands for people: ${io.self} --help, ${io.self} check, ${io.self} approvals.\n`,
    )
  }
  // Handled from the start: without a handler the signal ends the process.
  let reread = () => {}
  io.onReload(() => reread())
  const running = await composeServer(io, options)
  const { parts, log, settings } = running
  reread = () => io.stderr.write(rereadSecrets(settings))
  running.begin()
  for (const note of settings.notes) io.stderr.write(`note: ${note}\n`)
  void reportStore(running)
  // On stdio, the caller is the person who started this process.
  const principal = {
    caller: callerId.local(io.user),
    self: { names: [io.user], mayBe: [] },
    grant: EVERYTHING,
  }
  const factory = serverFactory({ ...parts, version: pkg.version }, () => principal)
  await overStdio(factory, io.stdin, io.stdout, io.untilStopped(), (error) =>
    log.error('MCP protocol error', { error }),
  )
  io.stdin.unref?.()
  await running.close()
}

/** Reads all secrets again that can be read again; returns what to say about it. */
function rereadSecrets({ keptSecrets }: Settings): string {
  const unusable = keptSecrets.flatMap(({ reference, secret }) => (secret.reread() ? [] : [reference]))
  return [
    ...new Set(
      unusable.map((reference) => `${reference} holds no usable secret: the former one stays in use\n`),
    ),
    'secrets read again\n',
  ].join('')
}

/**
 * The options of a plain start over stdio, or undefined for all other command lines, which go to the full parser. A client
 * waits for the server to start, so a plain start loads neither the commands for people nor the option parser.
 */
export function servingOptions(words: readonly string[]): CommonOptions | undefined {
  const options: CommonOptions = {}
  const rest = [...words]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, inline] = /^--config=(.+)$/s.exec(word) ?? []
    const config = inline ?? (word === '--config' ? rest.shift() : undefined)
    // The full parser handles a file name that looks like an option.
    if (config !== undefined && !config.startsWith('-')) options.config = config
    else if (word === '--read-only') options.readOnly = true
    else if (word === '--sandbox') options.sandbox = true
    else return undefined
  }
  return options
}
