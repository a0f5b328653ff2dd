import type { Match } from '../../domain/operations.ts'
import { isComparedAlike, spellingsOf } from '../../domain/same.ts'
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

/**
 * A search for what Okta can search of a match. It names the states in any case: without a search Okta leaves deprovisioned
 * users out.
 */
export function searchFor(match: Match): string {
  const terms = Object.entries(SEARCHED).flatMap(([name, attributes]) => {
    const value = match[name as keyof Match]
    return typeof value === 'string' && isComparedAlike(value) ? [anyOf(attributes, [value])] : []
  })
  const states = match.status === undefined ? ALL_STATES : statesWhere(match.status === 'active')
  return [...terms, anyOf(['status'], states)].join(' and ')
}

/** `(profile.login eq "a" or profile.email eq "a")` */
export const anyOf = (attributes: readonly string[], values: readonly string[]): string =>
  `(${attributes.flatMap((attribute) => values.map((value) => equals(attribute, value))).join(' or ')})`

/** With a string literal as in SCIM (RFC 7644 §3.4.2.2), which is JSON's. */
export const equals = (attribute: string, value: string): string =>
  spellingsOf(value)
    .map((spelled) => `${attribute} eq ${JSON.stringify(spelled)}`)
    .join(' or ')
