import { fold, sameText } from '../text/text.ts'

// How accounts are compared, everywhere: in look-ups, read-back, memberships and guards.

/**
 * User names: letter case does not count (`caseExact` is false, RFC 7643 §4.1.1), nor does the Unicode form of an accent
 * (NFC, as in RFC 8265), nor a blank around them.
 */
export const sameUserName = sameText

/**
 * Addresses: as user names. RFC 5321 lets a host distinguish letter case before the @; hosts of today do not, and two
 * people who differ only in that are one question too many, never a wrong target.
 */
export const sameAddress = sameText

/**
 * Ids and external ids. RFC 7643 §3.1 has them exact; apps change their letter case between a list and a record, and
 * UUIDs are written in both (RFC 9562 §4). So case does not count here, two ids that differ only in it are two
 * candidates, and a write is always pinned to the exact id.
 */
export const sameId = sameText

/** The form of a user name, an address or an id in which two are the same if they are equal; for comparing each with many. */
export const comparable = fold

/** The forms in which an app that compares letter by letter may keep a name: an accent can be a letter of its own. */
export const spellingsOf = (name: string): string[] => [
  ...new Set(['NFC', 'NFD'].map((form) => name.trim().normalize(form))),
]

/** A name in the other letter case: who comes by it shows that an app does not compare letter case. */
export const inOtherCase = (name: string): string =>
  name.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  )

/**
 * Whether apps surely compare a value as this server does, but for letter case: not one with blanks around it, or with
 * accents, which have two forms.
 */
export const isComparedAlike = (value: string): boolean => /^[!-~]+( [!-~]+)*$/.test(value)

/** Whether an id is among others: exactly, or in other letter case if only one of them is. */
export function amongIds(ids: readonly string[]): (id: string) => boolean {
  const exact = new Set(ids)
  const folded = new Map<string, number>()
  for (const id of exact) folded.set(fold(id), (folded.get(fold(id)) ?? 0) + 1)
  return (id) => exact.has(id) || folded.get(fold(id)) === 1
}

/** The usual form of ids (RFC 9562 §4). */
export const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** The words of a name, in the form to compare them in; accents do not count, since people leave them out. */
export const wordsOf = (name: string): string[] =>
  fold(name.normalize('NFD').replace(/\p{M}/gu, ''))
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
