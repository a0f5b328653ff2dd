import type { AccountFields } from '../../domain/operations.ts'
import { sameAddress } from '../../domain/same.ts'
import { Refused } from '../../errors.ts'
import { notTaken } from '../http/not-taken.ts'
import { isRecord, type Rec } from '../http/values.ts'
import type { FieldName } from '../scim/fields.ts'
import type { PickItem } from '../scim/primary.ts'
import { itemsOf, PICKS, pickExternalId } from './record.ts'

/** The fields that a change can set. */
export const TAKES: readonly FieldName[] = [
  ...(['userName', 'email', 'givenName', 'familyName', 'title', 'department', 'manager'] as const),
  ...(['externalId', 'locale', 'phone', 'status'] as const),
]

/** Throws `Unsupported`, naming each field that Google does not have here. */
export function checkFields(fields: AccountFields): void {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  const unknown = given.map(([name]) => name).filter((name) => !TAKES.some((known) => known === name))
  if (unknown.length > 0) {
    throw notTaken('Google', unknown, TAKES.filter((name) => name !== 'status').join(', '))
  }
  const { userName, email } = fields
  if (userName !== undefined && email !== undefined && !sameAddress(userName, email)) {
    throw new Refused(
      'At Google the user name and the email are one value, the primary address.',
      'Set only one of them, or both to the same address.',
    )
  }
}

/** A list with the values of one item changed, or with a new item: a list is replaced as a whole. */
function withItem(raw: Rec, list: string, pick: PickItem, values: Rec, fresh: Rec): unknown[] {
  const items = itemsOf(raw, list)
  const chosen = pick(items)
  if (!isRecord(chosen)) return [...items, { ...fresh, ...values }]
  return items.map((item) => (item === chosen ? { ...chosen, ...values } : item))
}

/** The body of a PATCH that sets these fields of a user as it is now (developers.google.com, "users.patch"). */
export function patchFor(set: AccountFields, raw: Rec, externalIdType: string): Rec {
  checkFields(set)
  const { givenName, familyName, title, department, manager, externalId, locale, phone, status } = set
  const primaryEmail = set.userName ?? set.email
  const organization = given({ title, department })
  const name = given({ givenName, familyName })
  const list = (key: keyof typeof PICKS, values: Rec, fresh: Rec) => ({
    [key]: withItem(raw, key, PICKS[key], values, fresh),
  })
  return {
    ...given({ primaryEmail }),
    ...(status !== undefined && { suspended: status === 'inactive' }),
    ...(Object.keys(name).length > 0 && { name }),
    ...(Object.keys(organization).length > 0 && list('organizations', organization, { primary: true })),
    ...(manager !== undefined && list('relations', { value: manager }, { type: 'manager' })),
    ...(phone !== undefined && list('phones', { value: phone }, { type: 'work', primary: true })),
    ...(locale !== undefined && list('languages', { languageCode: locale }, { preference: 'preferred' })),
    ...(externalId !== undefined && {
      externalIds: withItem(
        raw,
        'externalIds',
        pickExternalId(externalIdType),
        { value: externalId },
        { type: externalIdType },
      ),
    }),
  }
}

const given = (values: Readonly<Record<string, string | undefined>>): Rec =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
