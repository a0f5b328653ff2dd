import { randomUUID } from 'node:crypto'

/** An integer beyond 2^53 with its exact digits: ids and external ids can be that large, and a number rounds them. */
export class LargeInteger {
  readonly digits: string
  constructor(digits: string) {
    this.digits = digits
  }
}

/** Stands for a large integer where JSON of the language would round it. No app can know it. */
const MARK = randomUUID()

/** `JSON.parse`, with large integers as `LargeInteger`. Throws for invalid text. */
export function parseExact(text: string): unknown {
  // Few replies have one. Node 20 does not show a reviver the digits.
  if (!mayHaveLarge(text)) return JSON.parse(text)
  return JSON.parse(marked(text), (_, value: unknown) => largeIn(value) ?? value)
}

/** The fewest digits of an integer that a number can round. */
const LARGE_DIGITS = 16

/** Whether the text has so many digits in a row: then one of them is at every so manieth place. */
function mayHaveLarge(text: string): boolean {
  for (let at = LARGE_DIGITS - 1; at < text.length; at += LARGE_DIGITS) {
    if (!isDigit(text, at)) continue
    let [from, to] = [at, at + 1]
    while (isDigit(text, from - 1)) from--
    while (isDigit(text, to)) to++
    if (to - from >= LARGE_DIGITS) return true
  }
  return false
}

const isDigit = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code >= 0x30 && code <= 0x39
}

/** The text with a marked object in place of each large integer. */
function marked(text: string): string {
  const parts: string[] = []
  const token = /"|-?\d[\d.eE+-]*/g
  let done = 0
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [word] = found
    if (word === '"') token.lastIndex = endOfString(text, token.lastIndex)
    else if (isLarge(word)) {
      parts.push(text.slice(done, found.index), `{"${MARK}":"${word}"}`)
      done = token.lastIndex
    }
  }
  return parts.join('') + text.slice(done)
}

// Not a regular expression: on a long string it overflows the stack.
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0
    while (text[quote - 1 - escapes] === '\\') escapes++
    if (escapes % 2 === 0) return quote + 1
  }
  return text.length
}

const isLarge = (word: string): boolean => /^-?\d+$/.test(word) && !Number.isSafeInteger(Number(word))

function largeIn(value: unknown): LargeInteger | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, MARK)) return undefined
  const [digits] = Object.values(value)
  return typeof digits === 'string' ? new LargeInteger(digits) : undefined
}

/** `JSON.stringify`, with large integers as the numbers that they were. */
export function stringifyExact(value: unknown): string {
  let any = false
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (!(inner instanceof LargeInteger)) return inner
    any = true
    return MARK + inner.digits
  })
  return any ? text.replaceAll(new RegExp(`"${MARK}(-?\\d+)"`, 'g'), '$1') : text
}
