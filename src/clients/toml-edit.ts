import { Uneditable } from './uneditable.ts'

/** A value that our tables have. */
export type TomlValue = string | readonly string[]

/** One statement of a TOML file: whole lines. */
interface Statement {
  kind: 'table' | 'pair' | 'blank'
  /** Of the table, or of the pair within its table. */
  key: readonly string[]
  isList: boolean
  text: string
}

/**
 * TOML text in which the table at `path` has these values; nothing else changes. Other values of the table stay, those that
 * are undefined go. Throws `Uneditable` where the table is written in another form.
 */
export function setTable(
  text: string,
  path: readonly string[],
  values: Readonly<Record<string, TomlValue | undefined>>,
): string {
  const statements = read(text)
  refuseOtherForms(statements, path)
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const pairs = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} = ${toToml(value)}${eol}`],
  )
  const at = statements.findIndex((one) => isTable(one, path))
  if (at < 0) {
    const before = text === '' || text.endsWith('\n') ? text : text + eol
    return `${before}${before === '' ? '' : eol}[${path.map(toKey).join('.')}]${eol}${pairs.join('')}`
  }
  const own = new Set(membersOf(statements, at))
  const isReplaced = (one: Statement) => own.has(one) && one.key.length === 1 && (one.key[0] ?? '') in values
  return statements
    .map((one, index) =>
      isReplaced(one) ? '' : index === at ? ensureEol(one.text, eol) + pairs.join('') : one.text,
    )
    .join('')
}

/** The text without the table at `path` and those below it. Throws `Uneditable` where it is written in another form. */
export function removeTable(text: string, path: readonly string[]): string {
  const statements = read(text)
  refuseOtherForms(statements, path)
  const gone = new Set<Statement>()
  for (const [at, one] of statements.entries()) {
    if (one.kind !== 'table' || !startsWith(one.key, path)) continue
    const members = membersOf(statements, at)
    // Comments and blanks after its last value belong to what follows.
    while (members.at(-1)?.kind === 'blank') members.pop()
    for (const member of [one, ...members]) gone.add(member)
    const before = statements[at - 1]
    if (before?.kind === 'blank' && before.text.trim() === '') gone.add(before)
  }
  return statements.map((one) => (gone.has(one) ? '' : one.text)).join('')
}

/** The lines of the table at `path`; undefined if it is not there. Throws `Uneditable`. */
export function tableAt(text: string, path: readonly string[]): string | undefined {
  const statements = read(text)
  refuseOtherForms(statements, path)
  const at = statements.findIndex((one) => isTable(one, path))
  return at < 0
    ? undefined
    : membersOf(statements, at)
        .map((one) => one.text)
        .join('')
}

const isTable = ({ kind, key }: Statement, path: readonly string[]): boolean =>
  kind === 'table' && key.length === path.length && startsWith(key, path)

const startsWith = (key: readonly string[], path: readonly string[]): boolean =>
  path.every((name, at) => key[at] === name)

/** The statements of a table, up to the next. */
function membersOf(statements: readonly Statement[], at: number): Statement[] {
  const next = statements.findIndex(({ kind }, index) => index > at && kind === 'table')
  return statements.slice(at + 1, next < 0 ? statements.length : next)
}

/** An inline table, a dotted key or a list of tables means the same, but is not edited. */
function refuseOtherForms(statements: readonly Statement[], path: readonly string[]): void {
  let table: readonly string[] = []
  for (const { kind, key, isList } of statements) {
    if (kind === 'table') table = key
    const whole = kind === 'pair' ? [...table, ...key] : key
    const isOther = kind === 'pair' && table.length < path.length && overlaps(whole, path) && whole.length > 0
    if (isOther || (isList && overlaps(key, path)))
      throw new Uneditable(`writes \`${path.join('.')}\` in a form that is not edited from here`)
  }
}

const overlaps = (one: readonly string[], other: readonly string[]): boolean =>
  one.length <= other.length ? startsWith(other, one) : startsWith(one, other)

const KEY_PART = /"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+)/
const KEY = new RegExp(`(?:${KEY_PART.source})(?:[ \\t]*\\.[ \\t]*(?:${KEY_PART.source}))*`)
const TABLE = new RegExp(`^[ \\t]*(\\[\\[?)[ \\t]*(${KEY.source})[ \\t]*\\]\\]?[ \\t]*(?:#.*)?$`)
const PAIR = new RegExp(`^[ \\t]*(${KEY.source})[ \\t]*=`)

const partsOf = (key: string): string[] =>
  [...key.matchAll(new RegExp(KEY_PART.source, 'g'))].map(([, quoted, literal, bare = '']) =>
    quoted === undefined ? (literal ?? bare) : unescaped(quoted),
  )

const unescaped = (text: string): string => {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return text
  }
}

/** Every line of the text, as part of one statement. Throws `Uneditable`. */
function read(text: string): Statement[] {
  const statements: Statement[] = []
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  for (let at = 0; at < lines.length; ) {
    const line = (lines[at] ?? '').replace(/\r?\n$/, '')
    const [, brackets, table] = TABLE.exec(line) ?? []
    const [, pair] = PAIR.exec(line) ?? []
    const more = pair === undefined ? 0 : linesOfValue(lines, at)
    const piece = lines.slice(at, at + more + 1).join('')
    if (table !== undefined)
      statements.push({ kind: 'table', key: partsOf(table), isList: brackets === '[[', text: piece })
    else if (pair !== undefined)
      statements.push({ kind: 'pair', key: partsOf(pair), isList: false, text: piece })
    else if (/^\s*(#.*)?$/.test(line)) statements.push({ kind: 'blank', key: [], isList: false, text: piece })
    else throw new Uneditable('is not valid TOML')
    at += more + 1
  }
  return statements
}

const VALUE_TOKEN =
  /"""(?:[^\\]|\\[\s\S])*?"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|[[\]{}]|\n|[^"'#[\]{}\n]+/y

/** How many lines more than one the pair takes that begins in a line. */
function linesOfValue(lines: readonly string[], at: number): number {
  const rest = lines.slice(at).join('')
  let end = PAIR.exec(rest)?.[0].length ?? 0
  let depth = 0
  while (end < rest.length) {
    VALUE_TOKEN.lastIndex = end
    const [token = ''] = VALUE_TOKEN.exec(rest) ?? []
    if (token === '') throw new Uneditable('is not valid TOML')
    if (token === '\n' && depth === 0) break
    if (/^[[{]$/.test(token)) depth += 1
    else if (/^[\]}]$/.test(token)) depth -= 1
    end += token.length
  }
  if (depth !== 0) throw new Uneditable('is not valid TOML')
  return rest.slice(0, end).split('\n').length - 1
}

const ensureEol = (text: string, eol: string): string => (text.endsWith('\n') ? text : text + eol)

const toKey = (name: string): string => (/^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name))

// JSON text is a TOML string: the same escapes, but for DEL, which no path has.
const toToml = (value: TomlValue): string =>
  typeof value === 'string'
    ? JSON.stringify(value)
    : `[${value.map((one) => JSON.stringify(one)).join(', ')}]`
