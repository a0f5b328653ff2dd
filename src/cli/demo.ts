import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { newCommand } from './terminal.ts'

/** `identity-mcp demo`: the main features on simulated apps. Exit code 1 if any step fails. */
export const demoCommand = (io: Io): Command =>
  newCommand(io, 'demo', 'See the main features in half a minute, on simulated apps; needs no settings')
    .option('--fast', 'without pauses for reading')
    .option('--page', 'decide yourself, on the approval page: opens it in a browser and waits for you')
    .action(async (options: { fast?: true; page?: true }) => {
      // Imported here: no other command needs an MCP client.
      const { play } = await import('./demo/play.ts')
      io.exit((await play(io, options)) ? 0 : 1)
    })
