/** Replaces a value in texts, in every spelling in which a reply may hold it. */
export type Redact = (text: string) => string

/**
 * Finds `value` as it is; with characters escaped as in JSON, JavaScript, URLs or HTML, several times over; with characters
 * in between that are not shown; and in base64, base64url or hexadecimal, also as a part of a longer text.
 */
export function redactor(value: string, replacement: string): Redact {
  const encoded = base64Parts(value)
  const plain = value === '' ? [] : [...readingsOf(value), ...hexForms(value)]
  return (text) => {
    const found: Range[] = []
    let spelled: Spelled = { text, original: (at) => at }
    for (let level = 0; level <= MAX_LEVELS; level++) {
      const ranges = [
        ...plain.flatMap((form) => rangesOf(form, spelled.text)),
        // What stands around it is of the same value, or was encoded with it.
        ...encoded.flatMap((form) => rangesOf(form, spelled.text, BASE64_LETTER)),
      ]
      for (const { from, to } of ranges)
        found.push({ from: spelled.original(from), to: spelled.original(to) })
      const next = unescaped(spelled)
      if (!next) break
      spelled = next
    }
    return found.length > 0 ? without(text, found, replacement) : text
  }
}

interface Range {
  from: number
  to: number
}

function rangesOf(form: string, text: string, around?: RegExp): Range[] {
  const ranges: Range[] = []
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, ranges.at(-1)?.to)) {
    let [from, to] = [at, at + form.length]
    const least = ranges.at(-1)?.to ?? 0
    while (around && from > least && around.test(text.charAt(from - 1))) from -= 1
    while (around?.test(text.charAt(to))) to += 1
    ranges.push({ from, to })
  }
  return ranges
}

function without(text: string, ranges: Range[], replacement: string): string {
  const pieces: string[] = []
  let done = 0
  for (const { from, to } of ranges.sort((a, b) => a.from - b.from || b.to - a.to)) {
    if (from >= done) pieces.push(text.slice(done, from), replacement)
    done = Math.max(done, to)
  }
  return pieces.join('') + text.slice(done)
}

/** A text of which escapes were read, and where a place in it was originally. */
interface Spelled {
  text: string
  original(at: number): number
}

/** How often escapes are read that became visible by reading others: %252B, &amp;#43;, \u0026#43;. */
const MAX_LEVELS = 5

const NAMED: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  sol: '/',
  bsol: '\\',
  plus: '+',
  equals: '=',
  period: '.',
  hyphen: '-',
  dash: '-',
  lowbar: '_',
  colon: ':',
  semi: ';',
  comma: ',',
  excl: '!',
  num: '#',
  dollar: '$',
  percnt: '%',
  ast: '*',
  quest: '?',
  commat: '@',
  Hat: '^',
  vert: '|',
  tilde: '~',
}

/** The escapes that begin with a character: a pattern whose groups are a code in hexadecimal or decimal, and a letter or name. */
const ESCAPES: Record<string, RegExp> = {
  // JSON within JSON has two backslashes, and so on.
  '\\': /\\+(?:u([0-9a-f]{4})|u\{0*([0-9a-f]{1,5})\}|x([0-9a-f]{2})|[bfnrt]|([!-/:-@[\]^`{-~]))/iy,
  '%': /%([0-9a-f]{2})/iy,
  '&': /&(?:#0*(\d{1,6});?|#x0*([0-9a-f]{1,5});?|([a-z]{2,6});)/iy,
}
// One class and no alternatives: most texts are long and have none.
const SPECIAL = /[^\t\n\r !-$'-[\]-~]/gu
/** What `plainText` takes out of texts before they are shown. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/u
const BACKSLASHES = /\\*/y

/** The escape at a place, and what it stands for: nothing, if that is not shown. */
function escapeAt(text: string, at: number, sign: string): { letter: string; end: number } | undefined {
  const pattern = ESCAPES[sign]
  if (!pattern) return UNSEEN.test(sign) ? { letter: '', end: at + sign.length } : undefined
  pattern.lastIndex = at
  const match = pattern.exec(text)
  if (!match && sign !== '\\') return undefined
  // Backslashes before anything else stand for fewer of them; a value that holds some is read in the same way.
  if (!match) return { letter: '', end: endOfRun(text, at) }
  const end = pattern.lastIndex
  const [, one, two, three, mark] = match
  if (sign === '&') {
    const name = three === undefined ? undefined : (NAMED[three] ?? NAMED[three.toLowerCase()])
    if (three !== undefined) return name === undefined ? undefined : { letter: name, end }
    return { letter: letterWith(one === undefined ? Number.parseInt(two ?? '', 16) : Number(one)), end }
  }
  const hex = one ?? two ?? three
  return { letter: hex === undefined ? (mark ?? '') : letterWith(Number.parseInt(hex, 16)), end }
}

/** Nothing for what is not shown, as if it were not there. */
const letterWith = (code: number): string => (code > 0x20 && code < 0x7f ? String.fromCharCode(code) : '')

/** The text with its escapes read once; undefined when it has none. */
function unescaped({ text, original }: Spelled): Spelled | undefined {
  const pieces: string[] = []
  // Of each escape: where its letter stands now, and where what follows it stood before.
  const [places, ends]: [number[], number[]] = [[], []]
  let [done, length] = [0, 0]
  const next = new RegExp(SPECIAL)
  for (let match = next.exec(text); match; match = next.exec(text)) {
    const { 0: sign, index } = match
    const read = escapeAt(text, index, sign)
    if (!read) continue
    pieces.push(text.slice(done, index), read.letter)
    length += index - done
    places.push(length)
    length += read.letter.length
    done = read.end
    ends.push(done)
    next.lastIndex = done
  }
  if (pieces.length === 0) return undefined
  pieces.push(text.slice(done))
  return {
    text: pieces.join(''),
    original(at) {
      // The last escape whose letter stands before this place.
      let [low, high] = [0, places.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if ((places[middle] ?? 0) < at) low = middle + 1
        else high = middle
      }
      return original(before(at, low - 1))
    },
  }

  function before(at: number, last: number): number {
    const place = places[last]
    if (place === undefined) return at
    const letters = pieces[2 * last + 1]?.length ?? 0
    return (ends[last] ?? 0) + at - place - letters
  }
}

function endOfRun(text: string, at: number): number {
  BACKSLASHES.lastIndex = at
  BACKSLASHES.test(text)
  return BACKSLASHES.lastIndex
}

const BASE64_LETTER = /[\w+/=-]/
/** Shorter parts could stand anywhere by chance. */
const SHORTEST_PART = 8
const SHORTEST_READING = 6

/** The value, and what is left of it where parts of it look like escapes and are read as such. */
function readingsOf(value: string): string[] {
  const readings: string[] = []
  for (let read: string | undefined = value; read !== undefined && readings.length <= MAX_LEVELS; ) {
    readings.push(read)
    read = unescaped({ text: read, original: (at) => at })?.text
  }
  return readings.filter((reading) => reading === value || reading.length >= SHORTEST_READING)
}

/** The part of `value` in base64 that does not depend on what was encoded before and after it, for each alignment. */
function base64Parts(value: string): string[] {
  const parts = [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)])
    const part = bytes
      .toString('base64')
      .slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6))
    return [part, part.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [...new Set(parts)].filter((part) => part.length >= SHORTEST_PART)
}

function hexForms(value: string): string[] {
  const hex = Buffer.from(value).toString('hex')
  return hex.length < 2 * SHORTEST_PART ? [] : [hex, hex.toUpperCase()]
}
