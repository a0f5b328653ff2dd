import { wordsOf } from '../../domain/same.ts'
import { type IdentityError, Unsupported } from '../../errors.ts'
import type { ScimUser } from './read.ts'

/** Whether each word of a name is in the user's name, or in an address before the @. */
export function bearsName(user: ScimUser, name: string): boolean {
  const { account, userName, emails, givenName, familyName, names } = user
  const own = [account.name, givenName, familyName, ...names, ...[userName, ...emails].map(localPart)]
  const words = new Set(own.flatMap((one) => (one === undefined ? [] : wordsOf(one))))
  const wanted = wordsOf(name)
  return wanted.length > 0 && wanted.every((word) => words.has(word))
}

const localPart = (address: string): string => address.split('@')[0] ?? address

/** What "Ada Lovelace", "Lovelace, Ada" or one of the two can be; a single word can be either. */
export function partsOf(name: string): { whole: string; family: string; given?: string } {
  const [family, given] = name.includes(',') ? name.split(',', 2) : []
  const words = name.split(/\s+/)
  const last = (family ?? words.at(-1) ?? name).trim()
  const whole = given === undefined ? name : `${given.trim()} ${last}`
  return { whole, family: last, ...(words.length === 1 && { given: name }) }
}

/** Why a search by name proves nothing at an app with this many users. */
export const notByName = (total: number | undefined): IdentityError =>
  new Unsupported(
    `The app cannot be searched by name: ${total === undefined ? 'not all of its users' : `its ${total} users`} can be read.`,
    'Look the person up by email, user name or id.',
  )
