import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import type { DataFolder } from '../app/stores.ts'
import { IdentityError, InvalidInput, NotFound, UnknownTenant } from '../errors.ts'
import { plainText } from '../text/text.ts'
import { inCommands } from './in-commands.ts'

/** Opens the data folder that the settings name. */
export type OpenData = (command: Command) => Promise<DataFolder>

/** Runs `work` on the data folder and closes it. An `IdentityError` is printed on stderr and sets the exit code. */
export async function withData(
  io: Io,
  open: OpenData,
  command: Command,
  work: (data: DataFolder) => Promise<void>,
): Promise<void> {
  let data: DataFolder | undefined
  try {
    data = await open(command)
    await work(data)
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    io.stderr.write(`${[error.message, error.hint].map((text) => inCommands(io, text)).join('\n')}\n`)
    for (const { tenant, userName, id } of error.details.candidates ?? [])
      io.stderr.write(`  ${plainText(userName)} in ${tenant}, id ${plainText(id)}\n`)
    io.exit([InvalidInput, NotFound, UnknownTenant].some((usage) => error instanceof usage) ? 2 : 1)
  } finally {
    await data?.close()
  }
}
