const COMBINING = /[\p{Mn}\p{Me}\p{Emoji_Modifier}]/u
/** The vowels and final consonants of a Korean syllable that is written letter by letter (NFD, as macOS names files). */
const CONJOINING = /[\u1160-\u11ff\ud7b0-\ud7ff]/
const HALF_WIDTH = /[\uff61-\uffdc\p{Regional_Indicator}]/u
const WIDE =
  /[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\p{scx=Yiii}\p{scx=Tang}\p{scx=Nshu}\p{scx=Kits}\p{Emoji_Presentation}]/u
const ONE_COLUMN_EACH = /^[ -~]*$/
const FIRST_COMBINING = '\u0300'
const FIRST_WIDE = '\u1100'

const isZeroWidth = (letter: string): boolean => COMBINING.test(letter) || CONJOINING.test(letter)

const letterWidth = (letter: string, isFirst: boolean): number => {
  if (letter < FIRST_COMBINING) return 1
  // A mark or a skin tone takes columns of its own only where there is nothing to put it on.
  if (!isFirst && isZeroWidth(letter)) return 0
  if (letter < FIRST_WIDE) return COMBINING.test(letter) ? 0 : 1
  return WIDE.test(letter) && !HALF_WIDTH.test(letter) ? 2 : 1
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

const graphemeWidth = (grapheme: string): number =>
  Array.from(grapheme).reduce((width, letter, at) => width + letterWidth(letter, at === 0), 0)

/** Columns that `text` takes in a terminal, approximating UAX #11: wide characters and emoji 2, combining marks 0. */
export function displayWidth(text: string): number {
  if (ONE_COLUMN_EACH.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment)
  return width
}

/** `text` in at most `room` columns, with an ellipsis where it was cut, and no character cut in two. */
export function cut(text: string, room: number): string {
  if (displayWidth(text) <= room) return text
  if (room < 1) return ''
  let kept = ''
  let width = 0
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment)
    if (width > room - 1) break
    kept += segment
  }
  return `${kept}…`
}

/** A word in pieces of at most `room` columns, if it has wide letters: their scripts break anywhere. Other words stay whole. */
export function broken(word: string, room: number): string[] {
  if (displayWidth(word) <= room || !WIDE.test(word)) return [word]
  const pieces: string[] = []
  let piece = ''
  for (const { segment } of graphemes.segment(word)) {
    if (piece && displayWidth(piece + segment) > room) {
      pieces.push(piece)
      piece = segment
    } else piece += segment
  }
  return [...pieces, piece]
}

/** `text` with blanks behind it up to `width` columns. */
export const pad = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - displayWidth(text)))
