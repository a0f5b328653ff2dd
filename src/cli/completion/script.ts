import type { Command } from 'commander'
import { type OptionWord, type Place, placesIn } from './places.ts'

type Table = ReturnType<typeof placesIn>

/** The script for each shell, made of the table of commands. */
export const completionScript = {
  bash: (root: Command): string => bash(placesIn(root)),
  zsh: (root: Command): string => zsh(placesIn(root)),
  fish: (root: Command): string => fish(placesIn(root)),
}

/** A text as one word of a shell; in single quotes nothing is special but the quote. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const alternatives = (patterns: readonly string[]): string => patterns.join('|')

const pathsOf = ({ places }: Table): string[] =>
  places.flatMap(({ path }) => (path === '' ? [] : [quoted(path)]))

interface Valued {
  /** What stands before the value: a place and an option, or an option at any place. */
  pattern: string
  values: readonly string[]
}

/** Where a value is written, and no command. */
function valuedIn({ places, everywhere }: Table): Valued[] {
  const within = (options: readonly OptionWord[], patternOf: (flag: string) => string): Valued[] =>
    options
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ name, short, values }) =>
        [name, ...(short === undefined ? [] : [short])].map((flag) => ({ pattern: patternOf(flag), values })),
      )
  return [
    ...within(everywhere, (flag) => `*${quoted(` ${flag}`)}`),
    ...places.flatMap(({ path, options }) => within(options, (flag) => quoted(`${path} ${flag}`))),
  ]
}

/** For bash and zsh, which share these lines: finds the command on the line, and whether a value comes next. */
const findPlace = (table: Table, words: string): string => `  local word previous='' place=''
  for word in ${words}; do
    case "$place $previous" in
      ${alternatives(valuedIn(table).map(({ pattern }) => pattern))}) previous=''; continue ;;
    esac
    previous="$word"
    case "\${place:+$place }$word" in
      ${alternatives(pathsOf(table))}) place="\${place:+$place }$word" ;;
    esac
  done`

const cases = (of: string, lines: readonly string[]): string =>
  [`  case ${of} in`, ...lines.map((line) => `    ${line} ;;`), '  esac'].join('\n')

function bash(table: Table): string {
  const { places, everywhere } = table
  const wordsOf = (words: readonly { name: string }[]) => words.map(({ name }) => name).join(' ')
  const offered = (words: string) => `COMPREPLY=($(compgen -W ${words} -- "$current"))`
  return `# bash completion for identity-mcp; written by \`identity-mcp completion bash\`
_identity_mcp() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words='' options=''
${findPlace(table, `"\${COMP_WORDS[@]:1:COMP_CWORD-1}"`)}
${cases(
  '"$place $previous"',
  valuedIn(table).map(({ pattern, values }) => `${pattern}) ${offered(quoted(values.join(' ')))}; return`),
)}
${cases(
  '"$place"',
  places.map(
    ({ path, commands, options, values }) =>
      `${quoted(path)}) words=${quoted([wordsOf(commands), ...values].join(' '))} options=${quoted(wordsOf(options))}`,
  ),
)}
  [[ "$current" == -* ]] && words="$options "${quoted(wordsOf(everywhere))}
  ${offered('"$words"')}
}
# What is no command or option may be a file.
complete -o default -F _identity_mcp identity-mcp
`
}

function zsh(table: Table): string {
  const { places, everywhere } = table
  // For `_describe`, a colon ends the word.
  const described = (words: readonly { name: string; about: string }[]) =>
    words.map(({ name, about }) => quoted(`${name}:${about.replaceAll(':', '\\:')}`)).join(' ')
  return `#compdef identity-mcp
# zsh completion for identity-mcp; written by \`identity-mcp completion zsh\`
_identity-mcp() {
  local -a offered options
${findPlace(table, `"\${(@)words[2,CURRENT-1]}"`)}
${cases(
  '"$place $previous"',
  valuedIn(table).map(
    ({ pattern, values }) =>
      `${pattern}) ${values.length > 0 ? `compadd -- ${values.map(quoted).join(' ')}` : '_files'}; return`,
  ),
)}
${cases(
  '"$place"',
  places.map(
    ({ path, commands, options, values }) =>
      `${quoted(path)}) offered=(${[described(commands), ...values.map(quoted)].join(' ')}) options=(${described(options)})`,
  ),
)}
  [[ "$words[CURRENT]" == -* ]] && offered=("\${options[@]}" ${described(everywhere)})
  if (( $#offered )); then _describe identity-mcp offered; else _files; fi
}
# Loaded from a folder of functions this file is the function; sourced it only defines it.
if [[ "$funcstack[1]" == '_identity-mcp' ]]; then _identity-mcp "$@"; else compdef _identity-mcp identity-mcp; fi
`
}

function fish(table: Table): string {
  const { places, everywhere } = table
  // In quotes, an asterisk is no file name but still a pattern.
  const patterns = valuedIn(table).map(({ pattern }) => pattern.replace(/^\*'/, "'*"))
  return `# fish completion for identity-mcp; written by \`identity-mcp completion fish\`
function __identity_mcp_at
  set -l place ''
  set -l previous ''
  for word in (commandline -opc)[2..-1]
    switch "$place $previous"
      case ${patterns.join(' ')}
        set previous ''
        continue
    end
    set previous $word
    if contains -- (string trim "$place $word") ${pathsOf(table).join(' ')}
      set place (string trim "$place $word")
    end
  end
  test "$place" = "$argv[1]"
end
${everywhere.map((option) => `complete -c identity-mcp ${fishOption(option)}`).join('\n')}
${places.flatMap(fishLines).join('\n')}
`
}

function fishLines({ path, commands, options, values }: Place): string[] {
  const at = `complete -c identity-mcp -n ${quoted(`__identity_mcp_at "${path}"`)}`
  return [
    // Where a command comes next, no file does.
    ...(commands.length > 0 ? [`${at} -f`] : []),
    ...commands.map(({ name, about }) => `${at} -a ${quoted(name)} -d ${quoted(about)}`),
    ...values.map((value) => `${at} -f -a ${quoted(value)}`),
    ...options.map((option) => `${at} ${fishOption(option)}`),
  ]
}

const fishOption = ({ name, short, about, takesValue, values }: OptionWord): string =>
  [
    `-l ${name.replace(/^--/, '')}`,
    ...(short === undefined ? [] : [`-s ${short.replace(/^-/, '')}`]),
    `-d ${quoted(about)}`,
    // A value that is none of a few may be a file.
    ...(takesValue ? [values.length > 0 ? `-x -a ${quoted(values.join(' '))}` : '-r -F'] : []),
  ].join(' ')
