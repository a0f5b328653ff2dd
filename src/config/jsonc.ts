/** Text that is not JSON. The message tells where, and quotes nothing: the text can hold a secret. */
export class JsonFault extends Error {
  constructor(before: string) {
    const lines = before.split('\n')
    super(`is not valid JSON (line ${lines.length} column ${(lines.at(-1)?.length ?? 0) + 1})`)
    this.name = 'JsonFault'
  }
}

/** Some editors of Windows begin each file with a byte order mark. */
export const withoutBom = (text: string): string => text.replace(/^\uFEFF/, '')

/** Parses JSON with comments, trailing commas and a byte order mark. Throws `JsonFault`. */
export function parseJsonc(text: string): unknown {
  const plain = toJson(withoutBom(text))
  try {
    return JSON.parse(plain)
  } catch {
    // Not every version of Node tells where.
    throw new JsonFault(plain.slice(0, faultIn(plain)))
  }
}

const STRING = /"(?:[^"\\\n]|\\.)*"?/
const COMMENTS = new RegExp(`(${STRING.source})|//[^\\n]*|/\\*[^]*?\\*/`, 'g')
const TRAILING = new RegExp(`(${STRING.source})|(?<![[{,]\\s*),(?=\\s*[}\\]])`, 'g')

/** The same text with blanks for what is not JSON, so that each position stays what it was. */
const toJson = (text: string): string => blanked(blanked(text, COMMENTS), TRAILING)

const blanked = (text: string, pattern: RegExp): string =>
  text.replace(pattern, (found, kept?: string) => kept ?? found.replace(/[^\n]/g, ' '))

const TOKEN =
  /[ \t\r\n]*([{}[\],:]|"(?:[^"\\\r\n\t]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))?/y

/** Position of the first token that cannot stand where it does (RFC 8259 §2). */
function faultIn(text: string): number {
  const open: string[] = []
  let expected = 'value'
  TOKEN.lastIndex = 0
  for (;;) {
    const [, token] = TOKEN.exec(text) ?? []
    const next = token === undefined ? undefined : afterToken(token, expected, open)
    if (next === undefined) return TOKEN.lastIndex - (token?.length ?? 0)
    expected = next
  }
}

/** What can follow a token; undefined if the token cannot stand here. Keeps the brackets that are open. */
function afterToken(token: string, expected: string, open: string[]): string | undefined {
  const closes = { '{': '}', '[': ']' }[open.at(-1) ?? '']
  if (token === closes && /first|comma/.test(expected)) {
    open.pop()
    return open.length > 0 ? 'comma' : 'end'
  }
  if (expected === 'comma') return token === ',' ? (closes === '}' ? 'key' : 'value') : undefined
  if (expected === 'colon') return token === ':' ? 'value' : undefined
  const isText = token.startsWith('"')
  if (/key/.test(expected)) return isText ? 'colon' : undefined
  if (expected === 'end' || /^[}\],:]$/.test(token)) return undefined
  if (token === '{' || token === '[') {
    open.push(token)
    return token === '{' ? 'first key' : 'first value'
  }
  return open.length > 0 ? 'comma' : 'end'
}
