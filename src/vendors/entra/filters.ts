import type { Match } from '../../domain/operations.ts'
import { isComparedAlike, spellingsOf, wordsOf } from '../../domain/same.ts'
import { quoted } from './api.ts'

/** Which properties bear a name, each filterable without an advanced query. */
export const bearing = (name: string): string => spellingsOf(name).flatMap(spelledOut).join(' or ')

function spelledOut(name: string): string[] {
  const text = quoted(name)
  return [
    ...['userPrincipalName', 'mail', 'employeeId', 'onPremisesImmutableId'].map((one) => `${one} eq ${text}`),
    `otherMails/any(x:x eq ${text})`,
    ...aliasIs(name),
  ]
}

/** `SMTP:` is the main address, `smtp:` another one. */
const aliasIs = (address: string): string[] =>
  ['SMTP', 'smtp'].map((kind) => `proxyAddresses/any(x:x eq ${quoted(`${kind}:${address}`)})`)

/** Each word in one of the names (learn.microsoft.com/graph/search-query-parameter). */
export function searchFor(name: string): string | undefined {
  const words = wordsOf(name)
  if (words.length === 0) return undefined
  const properties = ['displayName', 'givenName', 'surname', 'userPrincipalName', 'mail']
  return words
    .map((word) => `(${properties.map((property) => `"${property}:${word}"`).join(' OR ')})`)
    .join(' AND ')
}

/** The properties that a list can be filtered by. */
const FILTERED: { readonly [Field in keyof Match]?: string } = {
  userName: 'userPrincipalName',
  givenName: 'givenName',
  familyName: 'surname',
  title: 'jobTitle',
  department: 'department',
  userType: 'userType',
  externalId: 'employeeId',
}

/** What Graph can narrow a list down by; undefined if that is nothing. All else is compared here alone. */
export function filterFor(match: Match): string | undefined {
  const terms = Object.entries(FILTERED).flatMap(([name, property]) => {
    const value = match[name as keyof Match] // the object literal names fields of a match
    return typeof value === 'string' && isComparedAlike(value) ? [`${property} eq ${quoted(value)}`] : []
  })
  const { email, status } = match
  const all = [
    ...terms,
    ...(email === undefined || !isComparedAlike(email)
      ? []
      : [
          `(${[`mail eq ${quoted(email)}`, `otherMails/any(x:x eq ${quoted(email)})`, ...aliasIs(email)].join(' or ')})`,
        ]),
    ...(status === undefined ? [] : [`accountEnabled eq ${status === 'active'}`]),
  ]
  return all.length > 0 ? all.join(' and ') : undefined
}
