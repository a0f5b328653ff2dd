import type { Command } from 'commander'
import { nearNames } from '../text/near.ts'
import { plainText } from '../text/text.ts'

/**
 * Lets every command that takes no arguments name what is near to a word that it does not know. Commander counts such words,
 * and compares them with nothing, where a command stands for its group.
 */
export function refuseUnknownWords(command: Command): void {
  for (const inner of command.commands) refuseUnknownWords(inner)
  if (command.registeredArguments.length > 0) return
  command
    .allowExcessArguments()
    .allowUnknownOption()
    .hook('preAction', (_, action) => {
      const [word] = action.args
      // A hook of a group is called for the commands in it as well.
      if (action === command && word !== undefined) throw unknownWord(action, word)
    })
}

function unknownWord(action: Command, word: string): never {
  const kind = word.startsWith('-') ? 'option' : 'command'
  const groups = parents(action)
  const known =
    kind === 'option'
      ? groups.flatMap(({ options }) => options.map(({ long }) => long ?? ''))
      : groups.slice(0, 2).flatMap(({ commands }) => commands.map((one) => one.name()))
  const near = nearNames(word, known)
  const hint =
    near.length > 0
      ? `Did you mean ${near.join(' or ')}?`
      : `See ${pathOf(kind === 'command' ? (action.parent ?? action) : action)} --help.`
  return action.error(`error: unknown ${kind} '${plainText(word, MAX_WORD)}'\n${hint}`, {
    code: 'commander.unknownCommand',
    exitCode: 2,
  })
}

const MAX_WORD = 64

/** A command and those that it is in, from the inside. */
const parents = (command: Command): Command[] => [command, ...(command.parent ? parents(command.parent) : [])]

/** How a command is typed: `identity-mcp journal`. */
const pathOf = (command: Command): string =>
  parents(command)
    .map((one) => one.name())
    .reverse()
    .join(' ')
