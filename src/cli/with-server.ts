import type { Command } from 'commander'
import type { Running } from '../app/compose.ts'
import type { Io } from '../app/io.ts'
import type { CommonOptions, DataFolder } from '../app/stores.ts'
import { type OpenData, withData } from './with-data.ts'

/** Builds a server that serves nobody, for commands that ask the apps. */
export type Start = (options: CommonOptions) => Promise<Running>

/** Runs `work` with a server and its data folder, and closes both. An `IdentityError` is printed, as by `withData`. */
export const withServer = (
  io: Io,
  { start, open }: { start: Start; open: OpenData },
  command: Command,
  work: (running: Running, data: DataFolder) => Promise<void>,
): Promise<void> =>
  withData(io, open, command, async (data) => {
    const running = await start(command.optsWithGlobals())
    try {
      await work(running, data)
    } finally {
      await running.close()
    }
  })
