import { unlike } from '../domain/field-diff.ts'
import type { AccountFields, Operations, RequestContext } from '../domain/operations.ts'
import { inQuotes } from '../text/text.ts'
import type { Look, NewNames } from './define.ts'

/** How many items of a list a person is shown. */
const MAX_ITEMS_SHOWN = 20

/** What a field is and what it is to be, for a person to judge. */
export const changedTo = (name: string, from: unknown, to: unknown): string =>
  `${name}: ${shown(from)} → ${shown(to)}`

/** What a field is to be where there is nothing yet. */
export const setTo = (name: string, value: unknown): string => `${name}: ${shown(value)}`

/** Whole, as far as a person can take it in; a list that is longer says by how much. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return 'not known'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (!Array.isArray(value)) return inQuotes(String(value), 1_000)
  const texts = value.map((one) => inQuotes(String(one), 320))
  return texts.length > MAX_ITEMS_SHOWN
    ? `${texts.slice(0, MAX_ITEMS_SHOWN).join(', ')} and ${texts.length - MAX_ITEMS_SHOWN} more`
    : texts.join(', ')
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

/** Reads whether the account says all that was set. */
export async function readFieldsBack(
  id: string,
  set: AccountFields,
  app: Operations,
  context: RequestContext,
): Promise<Look> {
  const read = await app.readFields?.({ id }, context)
  if (!read) return { problem: 'The app no longer shows this account.' }
  const ignored = unlike(set, read.fields)
  return {
    ...read,
    ...(ignored.length > 0 && {
      problem: `The app does not show the new ${ignored.join(', ')}; it may have ignored it.`,
    }),
  }
}
