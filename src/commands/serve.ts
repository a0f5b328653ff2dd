import type { Command } from 'commander'
import pkg from '../../package.json' with { type: 'json' }
import { serverFactory } from '../server.ts'
import { overStdio } from '../transports/stdio.ts'
import type { Io } from './io.ts'
import type { CommonOptions } from './place.ts'
import type { Running } from './start.ts'

/** `identity-mcp`: serves over stdio, until the client closes its end or the process is told to stop. */
export const serve =
  (io: Io, start: (options: CommonOptions) => Promise<Running>) =>
  async (_: unknown, command: Command): Promise<void> => {
    if (io.stdin.isTTY) {
      io.stderr.write(
        `${io.self} speaks MCP on standard input and output, for an MCP client to start.\n` +
          `For people: ${io.self} --help, ${io.self} check, ${io.self} approvals.\n`,
      )
    }
    const running = await start(command.optsWithGlobals())
    const { parts, log } = running
    // On stdio the one at the other end is whoever started this process.
    const factory = serverFactory({ ...parts, version: pkg.version }, () => `local:${io.user}`)
    await overStdio(factory, io.stdin, io.stdout, io.untilStopped(), (error) =>
      log.error('the protocol broke', { error }),
    )
    io.stdin.unref?.()
    await running.close()
  }
