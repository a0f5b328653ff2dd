import { Refusal, unsupportedQuery } from './graph-error.ts'

type Test = (row: unknown) => boolean

/** The value at a path such as `initiatedBy/user/id`. */
const valueAt = (row: unknown, path: string): unknown =>
  path.split('/').reduce((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], row)
// An id, a text, a list of names, a number, a time, an operator or a bracket.
const WORD =
  /\s*([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|'(?:[^']|'')*'|[()[\],]|[A-Za-z_$][\w./:]*|[\d:.TZ+-]+)/iy
const ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/**
 * The filter of learn.microsoft.com/graph/filter-query-parameter, as far as directories have it. Texts are compared
 * without case. Throws for what needs an advanced query, unless it is one.
 */
export function parseFilter(text: string, { advanced }: { advanced: boolean }): Test {
  const words = wordsIn(text)
  let place = 0
  const next = () => words[place++] ?? fail('The filter ends too early.')
  const eat = (word: string) => words[place] === word && ++place > 0
  const expect = (word: string) => {
    if (!eat(word)) fail(`Expected ${word} in the filter.`)
  }

  const either = (): Test => {
    const tests = [both()]
    while (eat('or')) tests.push(both())
    if (tests.length > 15) fail('Too many child clauses specified in search filter expression containing OR.')
    return (row) => tests.some((one) => one(row))
  }
  const both = (): Test => {
    const tests = [single()]
    while (eat('and')) tests.push(single())
    return (row) => tests.every((one) => one(row))
  }
  const single = (): Test => {
    if (eat('(')) {
      const test = either()
      expect(')')
      return test
    }
    const path = next()
    if (path.endsWith('/any') && eat('(')) return any(path.slice(0, -'/any'.length))
    if (path === 'startsWith' || path === 'startswith') return startsWith()
    return comparison(path, next())
  }
  const any = (path: string): Test => {
    const variable = next().replace(/:.*$/, '')
    // The colon can be part of the word: `x:x` is one.
    const rest = words[place - 1]?.slice(variable.length + 1) ?? ''
    if (rest !== '') words.splice(place, 0, rest)
    const test = either()
    expect(')')
    return (row) => {
      const items = valueAt(row, path)
      return Array.isArray(items) && items.some((item) => test({ [variable]: item }))
    }
  }
  const startsWith = (): Test => {
    expect('(')
    const path = next()
    expect(',')
    const start = String(literal(next())).toLowerCase()
    expect(')')
    return (row) =>
      String(valueAt(row, path) ?? '')
        .toLowerCase()
        .startsWith(start)
  }
  const comparison = (path: string, operator: string): Test => {
    if (operator === 'in') {
      expect('(')
      const values = [literal(next())]
      while (eat(',')) values.push(literal(next()))
      expect(')')
      if (values.length > 15) fail('Too many values in one filter.')
      return (row) => values.some((value) => compare(valueAt(row, path), value) === 0)
    }
    if (operator === 'ne' && !advanced) fail('Operator ne needs an advanced query.')
    const holds = OPERATORS[operator] ?? fail(`Unknown operator ${operator}.`)
    const value = literal(next())
    return (row) => {
      const order = compare(valueAt(row, path), value)
      return order !== undefined && holds(order)
    }
  }

  const test = either()
  if (place < words.length) fail('The filter has something behind its end.')
  return test
}

const OPERATORS: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
}

const fail = (message: string): never => {
  throw new Refusal(unsupportedQuery(message))
}

function wordsIn(text: string): string[] {
  const words: string[] = []
  WORD.lastIndex = 0
  while (WORD.lastIndex < text.trimEnd().length) {
    const [, word] = WORD.exec(text) ?? fail('Invalid filter clause.')
    words.push(word ?? '')
  }
  return words
}

type Literal = string | boolean | null | Date

function literal(word: string): Literal {
  if (word.startsWith("'")) return word.slice(1, -1).replaceAll("''", "'")
  if (word === 'true' || word === 'false') return word === 'true'
  if (word === 'null') return null
  if (ID.test(word)) return word
  const time = new Date(word)
  return Number.isNaN(time.getTime()) ? fail(`Invalid value ${word}.`) : time
}

/** Undefined for what cannot be compared. */
function compare(value: unknown, with_: Literal): number | undefined {
  if (with_ instanceof Date) {
    return typeof value === 'string' ? Math.sign(Date.parse(value) - with_.getTime()) : undefined
  }
  if (typeof value === 'string' && typeof with_ === 'string') {
    const [one, other] = [value.toLowerCase(), with_.toLowerCase()]
    return one < other ? -1 : one > other ? 1 : 0
  }
  return value === with_ || (value === undefined && with_ === null) ? 0 : 1
}

/** `"displayName:ada" AND ("mail:a" OR …)` (learn.microsoft.com/graph/search-query-parameter). */
export function parseSearch(text: string): Test {
  const words = text.match(/"[^"]*"|[()]|AND|OR/g) ?? []
  let place = 0
  const either = (): Test => {
    const tests = [both()]
    while (words[place] === 'OR' && ++place) tests.push(both())
    return (row) => tests.some((one) => one(row))
  }
  const both = (): Test => {
    const tests = [single()]
    while (words[place] === 'AND' && ++place) tests.push(single())
    return (row) => tests.every((one) => one(row))
  }
  const single = (): Test => {
    if (words[place] === '(') {
      place++
      const test = either()
      if (words[place++] !== ')') fail('Syntax error in the search.')
      return test
    }
    const [, property = '', value = ''] =
      /^"(\w+):(.+)"$/.exec(words[place++] ?? '') ?? fail('Syntax error in the search.')
    return (row) => {
      const held = plain(String(valueAt(row, property) ?? ''))
      // Only a display name is searched word by word; other properties by how they start.
      const starts = property === 'displayName' ? held.split(/[^\p{L}\p{N}]+/u) : [held]
      return starts.some((one) => one.startsWith(plain(value)))
    }
  }
  const test = either()
  if (place < words.length) fail('Syntax error in the search.')
  return test
}

const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
