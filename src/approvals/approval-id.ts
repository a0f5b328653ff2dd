import { randomBytes } from 'node:crypto'
import { plainText } from '../text/text.ts'

// Crockford's Base32 alphabet: no two characters look or sound alike.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

const hyphenated = (letters: string) => [letters.slice(0, 4), letters.slice(4, 8), letters.slice(8)].join('-')

/** An id for people to read out and type, such as "K7Q2-M9XD-41"; 50 random bits. */
export const newApprovalId = (): string =>
  hyphenated(Array.from(randomBytes(10), (byte) => ALPHABET[byte & 31]).join(''))

/** Normalises a typed id: case, hyphens, O for 0, and I or L for 1. */
export function readApprovalId(text: string): string {
  const letters = text
    .slice(0, 40)
    .toUpperCase()
    .replace(/[\s-]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
  return /^[0-9A-Z]{10}$/.test(letters) ? hyphenated(letters) : plainText(text, 40)
}
