import { sameAddress, sameId, sameUserName, spellingsOf } from '../../domain/same.ts'
import { field, type Rec } from '../http/values.ts'
import type { FilterAttribute } from './capabilities.ts'
import type { ScimUser } from './read.ts'

/** One way to look users up: `by` equals `value`. */
export interface Term {
  by: FilterAttribute
  value: string
}

/** A user's values of an attribute; none if the record does not show it. */
export function valuesOf(user: ScimUser, by: FilterAttribute): readonly string[] {
  if (by === 'emails.value') return user.emails
  const value = {
    userName: user.userName,
    externalId: user.account.externalId,
    displayName: textIn(user.raw, 'displayName'),
    'name.givenName': user.givenName,
    'name.familyName': user.familyName,
    active: textIn(user.raw, 'active'),
  }[by]
  return value === undefined ? [] : [value]
}

const textIn = (raw: Rec, name: string): string | undefined => {
  const value = field(raw, name)
  return typeof value === 'string' ? value : undefined
}

export const fitsTerm = (user: ScimUser, { by, value }: Term): boolean => {
  const same = by === 'externalId' ? sameId : by === 'emails.value' ? sameAddress : sameUserName
  return valuesOf(user, by).some((one) => same(one, value))
}

/** The attributes that could hold one of the names, apart from the id, with the spellings worth a question. */
export const termsFor = (names: readonly string[]): readonly Term[] =>
  names.flatMap(spellingsOf).flatMap(termsOf)

function termsOf(who: string): readonly Term[] {
  if (!who.includes('@')) return [...equal('userName', who), ...equal('externalId', who)]
  // Some apps store addresses in lower case and compare case-sensitively (langfuse#13528).
  const spellings = [...new Set([who, who.toLowerCase()])]
  return [
    ...spellings.flatMap((value) => equal('userName', value)),
    ...spellings.flatMap((value) => equal('emails.value', value)),
    ...equal('externalId', who),
  ]
}

const equal = (by: FilterAttribute, value: string): Term[] => [{ by, value }]
