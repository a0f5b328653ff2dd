import { inQuotes, plainText } from '../text/text.ts'
import type { Account } from './account.ts'

// Text that cannot be confused with the sentence around it.
const BARE = /^[\p{L}\p{M}\p{N}._%+@'’-]+$/u

/** A user name, an email or an id within a sentence that a person judges. */
export function bare(text: string): string {
  const plain = plainText(text, 320)
  return BARE.test(plain) ? plain : inQuotes(text, 320)
}

/** An account within such a sentence: `"Ada Lovelace" (ada@example.com)`. */
export const named = ({ name, userName }: Pick<Account, 'name' | 'userName'>): string =>
  `${name ? `${inQuotes(name)} ` : ''}(${bare(userName)})`
