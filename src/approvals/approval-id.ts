import { randomBytes } from 'node:crypto'
import { plainText } from '../text/text.ts'

// Crockford's letters: none is taken for another when read out or typed.
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

const hyphened = (letters: string) => [letters.slice(0, 4), letters.slice(4, 8), letters.slice(8)].join('-')

/** An id for people to read out and type, such as "K7Q2-M9XD-41"; 50 random bits. */
export const newApprovalId = (): string =>
  hyphened(Array.from(randomBytes(10), (byte) => LETTERS[byte & 31]).join(''))

/** The id as it was made, from one typed in small letters, without hyphens, or with O for 0 and I or L for 1. */
export function readApprovalId(text: string): string {
  const letters = text
    .slice(0, 40)
    .toUpperCase()
    .replace(/[\s-]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
  return /^[0-9A-Z]{10}$/.test(letters) ? hyphened(letters) : plainText(text, 40)
}
