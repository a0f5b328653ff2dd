import type { Match } from '../../domain/operations.ts'
import { wordsOf } from '../../domain/same.ts'
import { quoted } from './api.ts'

/** Which properties bear a name, each filterable without an advanced query. */
export function bearing(name: string): string {
  const text = quoted(name)
  return [
    ...['userPrincipalName', 'mail', 'employeeId', 'onPremisesImmutableId'].map((one) => `${one} eq ${text}`),
    `otherMails/any(x:x eq ${text})`,
    ...aliasIs(name),
  ].join(' or ')
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

/** What Graph can narrow a list down by; undefined if that is nothing. */
export function filterFor(match: Match): string | undefined {
  const terms = Object.entries(FILTERED).flatMap(([name, property]) => {
    const value = match[name as keyof Match] // the object literal names fields of a match
    return typeof value === 'string' ? [`${property} eq ${quoted(value)}`] : []
  })
  const { email, status } = match
  const all = [
    ...terms,
    ...(email === undefined
      ? []
      : [
          `(${[`mail eq ${quoted(email)}`, `otherMails/any(x:x eq ${quoted(email)})`, ...aliasIs(email)].join(' or ')})`,
        ]),
    ...(status === undefined ? [] : [`accountEnabled eq ${status === 'active'}`]),
  ]
  return all.length > 0 ? all.join(' and ') : undefined
}
