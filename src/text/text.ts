// Controls, bidi and zero-width marks, surrogates left alone, private use, unassigned, and all that shows as nothing.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
// More marks on one letter than any language has (UTS #39 §5.4): they would spill over the lines around.
const HEAPED = /([\p{Mn}\p{Me}]{4})[\p{Mn}\p{Me}]+/gu

/**
 * Text that came from an app or an agent, made safe to show: control, bidi and invisible characters out, white space
 * folded to single blanks, at most `max` characters.
 */
export function plainText(text: string, max = 256): string {
  const plain = text
    .slice(0, max * 8)
    .replace(/\s+/gu, ' ')
    .replace(INVISIBLE, '')
    .replace(/ {2,}/g, ' ')
    .replace(HEAPED, '$1')
    .trim()
  const letters = Array.from(plain)
  return letters.length > max ? `${letters.slice(0, max - 1).join('')}…` : plain
}

/** The same between quotes that it can't close, for a sentence that a person judges. */
export const inQuotes = (text: string, max?: number): string =>
  `"${plainText(text, max).replaceAll('"', '”')}"`

// What ties letters or pictures together where it belongs: within scripts without case, and between emoji.
const JOINING = /(?<=[\p{Lo}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}])(?:\u200c|\u200d|\ufe0f)+/gu

/** Whether part of the text would not be seen, beyond what some languages need. */
export const hidesText = (text: string): boolean => text.replace(JOINING, '').search(INVISIBLE) >= 0

// JSON leaves these as they are, and a terminal may act on them or hide what stands next to them.
const UNSEEN = /[\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u007f-\u009f]/gu

/** JSON in which characters that can't be seen are written as escapes: the same JSON, safe to show. */
export const escapeUnseen = (json: string): string =>
  json.replace(UNSEEN, (letter) =>
    letter
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )

/** Same text for comparing: user names and emails are not case-sensitive (RFC 7643 §4.1.1). */
export const sameText = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && a.normalize('NFC').toLowerCase() === b.normalize('NFC').toLowerCase()

/** Whether something of this name may be a secret, whose value is then kept nowhere. */
export const namesSecret = (name: string): boolean =>
  /passw|pwd|pass(phrase|code)|secret|token|credential|(api|private)[-_. ]?key/i.test(name)
