import { differingFields } from '../domain/field-diff.ts'
import type { AccountFields, Operations, RequestContext } from '../domain/operations.ts'
import { inQuotes } from '../text/text.ts'
import type { NewNames, Observed } from './define.ts'

/** A field's old and new value, for a person to judge. */
export const changedTo = (name: string, from: unknown, to: unknown): string =>
  `${name}: ${valueText(from)} → ${valueText(to)}`

/** A field's value on a new account. */
export const setTo = (name: string, value: unknown): string => `${name}: ${valueText(value)}`

/** The whole value: a person who agrees to a list has seen each of its items. */
function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'not known'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (!Array.isArray(value)) return inQuotes(String(value), 1_000)
  return value.map((one) => inQuotes(String(one), 1_000)).join(', ')
}

/** The names among the values of an account. */
export const newNamesIn = (
  about: string,
  { userName, email, givenName, familyName }: AccountFields,
): NewNames[] => [
  {
    about,
    names: {
      'user name': userName,
      email,
      name: [givenName, familyName].filter((part) => part).join(' '),
    },
  },
]

/** Reads whether the account shows all values that were set. */
export async function readFieldsBack(
  id: string,
  set: AccountFields,
  app: Operations,
  context: RequestContext,
): Promise<Observed> {
  const read = await app.readFields?.({ id }, context)
  if (!read) return { problem: 'The app no longer shows this account.' }
  return { ...read, ...notShown(set, read.fields) }
}

/** Names the values of `set` that `shown` lacks; empty if there is none. */
export function notShown(set: AccountFields, shown: AccountFields): Pick<Observed, 'problem'> {
  const ignored = differingFields(set, shown)
  return ignored.length > 0
    ? { problem: `The app does not show the new ${ignored.join(', ')}; it may have ignored it.` }
    : {}
}
