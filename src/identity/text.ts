// Controls, bidi and zero-width marks, surrogates left alone, private use, unassigned, and all that shows as nothing.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/**
 * Text that came from an app or an agent, made safe to show: control, bidi and invisible characters out, white space
 * folded to single blanks, at most `max` characters.
 */
export function plainText(text: string, max = 256): string {
  const plain = text
    .slice(0, max * 8)
    .replace(/\s+/gu, ' ')
    .replace(INVISIBLE, '')
    .trim()
  const letters = Array.from(plain)
  return letters.length > max ? `${letters.slice(0, max - 1).join('')}…` : plain
}

/** Same text for comparing: user names and emails are not case-sensitive (RFC 7643 §4.1.1). */
export const sameText = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && a.normalize('NFC').toLowerCase() === b.normalize('NFC').toLowerCase()
