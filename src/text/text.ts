// Controls, bidi and zero-width marks, lone surrogates, private use, unassigned, and all else that shows as nothing.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
// More combining marks on one letter than any language uses (UTS #39 §5.4): they would cover other lines.
const HEAPED = /([\p{Mn}\p{Me}]{4})[\p{Mn}\p{Me}]+/gu

/** Printable ASCII, with single spaces within. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/

/**
 * Text from an app or an agent, made safe to show: control, bidi and invisible characters removed, whitespace
 * collapsed, at most `max` characters.
 */
export function plainText(text: string, max = 256): string {
  // Most text is this plain already.
  if (text.length <= max && PLAIN.test(text)) return text
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

/** `plainText` in quotes that the text cannot close, for a sentence that a person judges. */
export const inQuotes = (text: string, max?: number): string =>
  `"${plainText(text, max).replaceAll('"', '”')}"`

// Joiners where they are legitimate: within scripts without case, and between emoji.
const JOINING = /(?<=[\p{Lo}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}])(?:\u200c|\u200d|\ufe0f)+/gu

/** Whether the text has invisible characters, apart from the joiners that some languages need. */
export const hidesText = (text: string): boolean =>
  !PLAIN.test(text) && text.replace(JOINING, '').search(INVISIBLE) >= 0

/** Whether `plainText` shows other blanks or fewer marks than the text has. */
export const showsOtherwise = (text: string): boolean => /[^\S ]| {2}/u.test(text) || text.search(HEAPED) >= 0

// JSON does not escape these, but a terminal may act on them or hide their neighbours.
const UNSEEN = /[\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u007f-\u009f]/gu

/** Escapes invisible characters in JSON text: the same JSON, safe to show. */
export const escapeUnseen = (json: string): string =>
  json.replace(UNSEEN, (letter) =>
    letter
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )

/** Text in the form to compare it in: Unicode NFC, lower case, without blanks around it. */
export const fold = (text: string): string => text.normalize('NFC').toLowerCase().trim()

/** Whether two texts are the same to a person: letter case, the form of accents and blanks around them do not count. */
export const sameText = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && fold(a) === fold(b)

/** Whether a field of this name may hold a secret; its value is never kept. */
export const namesSecret = (name: string): boolean =>
  /passw|pwd|pass(phrase|code)|secret|token|credential|(api|private)[-_. ]?key/i.test(name)
