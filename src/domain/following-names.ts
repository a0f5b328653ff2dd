import type { AccountFields } from './operations.ts'

/**
 * The fields to set so that the names which an app keeps beside given and family name follow them. A display name follows
 * only if it is the old full name; any other is one that somebody chose. `name.formatted` is the full name with titles and
 * middle names (RFC 7643 §4.1.1), so the old names in it are replaced.
 */
export function withFollowingNames(set: AccountFields, shown: AccountFields): AccountFields {
  const { givenName = '', familyName = '', displayName, formattedName } = shown
  const to = { given: set.givenName ?? givenName, family: set.familyName ?? familyName }
  const from = { given: givenName, family: familyName }
  if (!givenName || !familyName || (to.given === givenName && to.family === familyName)) return set
  const display = displayName && fullNames(to)[fullNames(from).indexOf(plain(displayName))]
  const formatted =
    formattedName &&
    (fullNames(to)[fullNames(from).indexOf(plain(formattedName))] ?? replaced(formattedName, from, to))
  return {
    ...(display && display !== displayName && { displayName: display }),
    ...(formatted && formatted !== formattedName && { formattedName: formatted }),
    ...set,
  }
}

interface Names {
  given: string
  family: string
}

/** A full name in each order in which it is written, always in the same sequence. */
const fullNames = ({ given, family }: Names): string[] =>
  [`${given} ${family}`, `${family} ${given}`, `${family}, ${given}`].map(plain)

const plain = (text: string): string => text.trim().replace(/\s+/gu, ' ')

/** The text with both names replaced; undefined unless it has each of them once, as words of their own. */
function replaced(text: string, from: Names, to: Names): string | undefined {
  const words = plain(text).split(' ')
  const [given, family] = [from.given, from.family].map((name) =>
    words.filter((word) => bareWord(word) === name),
  )
  if (given?.length !== 1 || family?.length !== 1 || from.given === from.family) return undefined
  return words
    .map((word) => {
      if (bareWord(word) === from.given) return word.replace(from.given, () => to.given)
      return bareWord(word) === from.family ? word.replace(from.family, () => to.family) : word
    })
    .join(' ')
}

const bareWord = (word: string): string => word.replace(/,$/, '')
