import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { newCommand } from './data.ts'

/** `identity-mcp demo`: the main story on simulated apps. Exit code 1 when anything went otherwise than it tells. */
export const demoCommand = (io: Io): Command =>
  newCommand(io, 'demo', 'see in half a minute what this does, on simulated apps, no settings needed')
    .option('--fast', 'without pauses for reading')
    .action(async ({ fast }: { fast?: true }) => {
      // It brings an MCP client of its own, which no other command needs.
      const { play } = await import('./demo/play.ts')
      io.exit((await play(io, { fast })) ? 0 : 1)
    })
