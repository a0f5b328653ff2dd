import type { Match } from '../../domain/operations.ts'
import { ALL_STATES, statesWhere } from './states.ts'

// developer.okta.com, "List all users": names of attributes are case-sensitive, values of a search are not, and letters
// with marks differ from those without. A filter compares exactly.

/** The attributes that can be searched for a value of `match`. */
const SEARCHED: Partial<Record<keyof Match, readonly string[]>> = {
  userName: ['profile.login'],
  email: ['profile.email', 'profile.secondEmail'],
  givenName: ['profile.firstName'],
  familyName: ['profile.lastName'],
  title: ['profile.title'],
  department: ['profile.department'],
  userType: ['profile.userType'],
}

/** A search for what Okta can search of a match; undefined if that is nothing. */
export function searchFor(match: Match): string | undefined {
  const terms = Object.entries(SEARCHED).flatMap(([name, attributes]) => {
    const value = match[name as keyof Match]
    return typeof value === 'string' && isComparedAlike(value) ? [anyOf(attributes, [value])] : []
  })
  const all = match.status ? [...terms, anyOf(['status'], statesWhere(match.status === 'active'))] : terms
  return all.length > 0 ? all.join(' and ') : undefined
}

/** What Okta and this server surely compare in the same way; all else is compared here alone. */
const isComparedAlike = (value: string): boolean => /^[!-~]+( [!-~]+)*$/.test(value)

/** Everybody. Without a filter or a search Okta leaves deprovisioned users out. */
export const EVERYBODY = ALL_STATES.map((state) => equals('status', state)).join(' or ')

/** `(profile.login eq "a" or profile.email eq "a")` */
export const anyOf = (attributes: readonly string[], values: readonly string[]): string =>
  `(${attributes.flatMap((attribute) => values.map((value) => equals(attribute, value))).join(' or ')})`

/** With a string literal as in SCIM (RFC 7644 §3.4.2.2), which is JSON's. */
export function equals(attribute: string, value: string): string {
  return `${attribute} eq ${JSON.stringify(value.normalize('NFC').trim())}`
}
