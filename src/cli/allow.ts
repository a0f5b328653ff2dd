import type { Command } from 'commander'
import { acceptFound, allow, sendingText, strangeSendings } from '../app/found-settings.ts'
import type { Io } from '../app/io.ts'
import { type CommonOptions, settingsFile } from '../app/stores.ts'
import { SettingsError } from '../config/problems.ts'
import { canPrompt, readYes } from './prompts.ts'
import { newCommand, print } from './terminal.ts'

/** `identity-mcp allow`: a person's yes to the settings in the working folder. */
export const allowCommand = (io: Io): Command =>
  newCommand(
    io,
    'allow',
    'Allow the settings file in this folder to send secrets where your own settings do not',
  ).action(async (_: unknown, command: Command) => {
    const { file, found } = settingsFile(io, command.optsWithGlobals<CommonOptions>())
    const strange = found ? strangeSendings(file) : []
    if (strange.length === 0) return print(io, 'There is nothing to allow here.')
    // No option says yes: whoever can only pass arguments is not asked.
    if (!canPrompt(io)) {
      throw new SettingsError('allow', ['takes a person: run it in a terminal'])
    }
    print(io, `${file} sends:`, ...strange.map((one) => `  ${sendingText(one)}`), '')
    if ((await readYes(io, 'Is that what you want?')) !== true) {
      io.exit(1)
      return print(io, 'Not allowed.')
    }
    allow(file)
    acceptFound(io, file)
    return print(io, 'Allowed, until the file changes.')
  })
