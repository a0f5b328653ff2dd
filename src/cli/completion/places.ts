import type { Command, Option } from 'commander'

/** What can follow a command on its line. */
export interface Place {
  /** The words of the command behind the name of the program: `journal export`. */
  path: string
  commands: readonly Word[]
  options: readonly OptionWord[]
  /** Values of its arguments, where they are few. */
  values: readonly string[]
}

/** A word, and what it is for. */
interface Word {
  name: string
  about: string
}

export interface OptionWord extends Word {
  short: string | undefined
  takesValue: boolean
  values: readonly string[]
}

/** Every place of the command line, from the table of commands, and the options that can stand anywhere on it. */
export const placesIn = (root: Command): { places: Place[]; everywhere: OptionWord[] } => ({
  places: [{ ...placeOf(root, []), options: [] }, ...root.commands.flatMap((command) => within(command, []))],
  everywhere: [...optionsOf(root), HELP],
})

function within(command: Command, path: readonly string[]): Place[] {
  const here = [...path, command.name()]
  return [placeOf(command, here), ...command.commands.flatMap((inner) => within(inner, here))]
}

function placeOf(command: Command, path: readonly string[]): Place {
  const fallback = defaultOf(command)
  return {
    path: path.join(' '),
    commands: command.createHelp().visibleCommands(command).map(wordOf),
    options: [...optionsOf(command), ...(fallback ? optionsOf(fallback) : [])],
    values: (fallback ?? command).registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
  }
}

/** The command that stands for its group. */
const defaultOf = (group: Command): Command | undefined =>
  // Commander keeps the name in a field of its own, and shows it nowhere.
  group.commands.find(
    (one) => one.name() === (group as { _defaultCommandName?: string | null })._defaultCommandName,
  )

const HELP: OptionWord = {
  name: '--help',
  short: '-h',
  about: 'display help for command',
  takesValue: false,
  values: [],
}

const optionsOf = (command: Command): OptionWord[] =>
  command.options.filter(({ hidden }) => !hidden).map(optionOf)

const optionOf = ({ long, short, description, required, optional, argChoices }: Option): OptionWord => ({
  name: long ?? short ?? '',
  short: long === undefined ? undefined : short,
  about: firstClause(description),
  takesValue: required || optional,
  values: argChoices ?? [],
})

const wordOf = (command: Command): Word => ({
  name: command.name(),
  about: firstClause(command.description()),
})

/** As much as fits beside a word. */
const firstClause = (text: string): string => text.split(/[;:(]/, 1)[0]?.trim() ?? ''
