import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { Declined } from '../errors.ts'
import { canPrompt, givenOrTyped } from './prompts.ts'

/**
 * Lets a person at a terminal type the required arguments and options that the command line lacks. Where nobody can be asked,
 * they are refused as Commander does it.
 */
export function askForMissing(io: Io, command: Command): void {
  keepTerms(command)
  for (const inner of command.commands) askForMissing(io, inner)
  const needed = command.registeredArguments.filter(({ required }) => required)
  const neededOptions = command.options.filter(({ mandatory }) => mandatory)
  // Its help still says what is needed.
  command.usage(command.usage())
  // Commander refuses before any hook runs, and cannot wait for an answer.
  for (const argument of needed) argument.required = false
  for (const option of neededOptions) option.mandatory = false
  command.hook('preAction', async (_, action) => {
    // A hook of a group is called for the commands in it as well.
    if (action !== command) return
    for (const argument of needed) {
      const at = action.registeredArguments.indexOf(argument)
      action.processedArgs[at] ??= await typed(io, action, {
        kind: `argument '${argument.name()}'`,
        message: inWords(argument.description || (MEANT[argument.name()] ?? argument.name())),
      })
    }
    for (const option of neededOptions) {
      if (action.getOptionValue(option.attributeName()) !== undefined) continue
      const missing = { kind: `option '${option.flags}'`, message: `${option.flags}: ${option.description}` }
      action.setOptionValue(option.attributeName(), await typed(io, action, missing))
    }
  })
}

/** Lets the list of the commands say which arguments each needs, although none is refused for want of one. */
function keepTerms(command: Command): void {
  const help = command.createHelp()
  const terms = new Map(command.commands.map((inner) => [inner, help.subcommandTerm(inner)]))
  command.configureHelp({
    ...command.configureHelp(),
    subcommandTerm: (inner) => terms.get(inner) ?? help.subcommandTerm(inner),
  })
}

async function typed(
  io: Io,
  action: Command,
  { kind, message }: { kind: string; message: string },
): Promise<string> {
  if (!canPrompt(io)) return action.error(`error: missing required ${kind}`, { exitCode: 2 })
  try {
    return await givenOrTyped(io, undefined, { message, option: kind })
  } catch (error) {
    if (error instanceof Declined) return action.error(error.message, { exitCode: 2 })
    throw error
  }
}

/** What is meant by arguments whose name alone says too little. */
const MEANT: Readonly<Record<string, string>> = {
  id: 'id, as the list shows it',
  tenant: 'name of the tenant, as `list` shows it',
  caller: 'caller, as the journal names it',
  tool: 'name of the tool, such as deactivate_user',
}

/** `call-or-number` as a question: "Call or number". */
const inWords = (text: string): string => {
  const words = /\s/.test(text) ? text : text.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
