import type { AccountFields } from '../../../domain/operations.ts'
import { notTaken } from '../../http/not-taken.ts'
import { asBoolean, asText, asWord, definedOnly, field, isRecord, type Rec } from '../../http/values.ts'
import { ENTERPRISE, isLastSignIn } from '../../scim/facts.ts'
import type { FieldName } from '../../scim/fields.ts'
import { EXTENSION } from '../extension.ts'
import { SUPER_ADMIN } from '../rules.ts'

/** A dialect's names for the fields of a user. A field it lacks is absent. */
export interface FieldNames
  extends Partial<Record<Exclude<FieldName, 'status' | 'admin' | 'custom'>, string>> {
  id: string
  status: string
  email: string
}

/** The user in SCIM form, so that the same code reads and compares it. */
export function asScim(names: FieldNames, raw: unknown): Rec | undefined {
  if (!isRecord(raw)) return undefined
  const valueIn = (name: keyof FieldNames) => {
    const key = names[name]
    return key === undefined ? undefined : field(raw, key)
  }
  return {
    ...Object.fromEntries(Object.entries(raw).filter(([name]) => isLastSignIn(name))),
    id: valueIn('id'),
    userName: asText(asWord(valueIn('userName')), 320) ? valueIn('userName') : valueIn('email'),
    externalId: valueIn('externalId'),
    active: valueIn('status'),
    // Everybody has one: a record without it does not tell it.
    ...((valueIn('email') ?? '') !== '' && { emails: [{ value: valueIn('email'), primary: true }] }),
    displayName: field(raw, 'name'),
    name: { givenName: valueIn('givenName'), familyName: valueIn('familyName') },
    title: valueIn('title'),
    roles: [{ value: valueIn('role') }],
    locale: valueIn('locale'),
    timezone: valueIn('timezone'),
    phoneNumbers: [{ value: valueIn('phone') }],
    userType: field(raw, 'userType'),
    location: field(raw, 'location'),
    groups: field(raw, 'groups'),
    [ENTERPRISE]: { department: valueIn('department'), manager: valueIn('manager') },
    [EXTENSION]: {
      ...customOf(names, raw),
      ...definedOnly({ LicenseType: valueIn('licence'), IsSuperAdmin: isSuperAdmin(raw) }),
    },
  }
}

/** The dialect `users` has no separate field for it. */
const isSuperAdmin = (raw: Rec): boolean | undefined =>
  asBoolean(field(raw, 'isSuperAdmin') ?? field(field(raw, 'customAttributes'), 'isSuperAdmin')) ??
  (SUPER_ADMIN.test(asText(field(raw, 'role')) ?? '') || undefined)

const NON_CUSTOM_KEYS = [
  ...['name', 'isSuperAdmin', 'systemType', 'userType', 'location', 'customAttributes', 'groups'],
]

/** Custom attributes, in a separate object or next to the standard fields. */
function customOf(names: FieldNames, raw: Rec): Rec {
  const known = new Set([...Object.values(names), ...NON_CUSTOM_KEYS].map((name) => name.toLowerCase()))
  const own = field(raw, 'customAttributes')
  const rest = Object.entries(raw).filter(([name]) => !known.has(name.toLowerCase()))
  return { ...(isRecord(own) ? own : Object.fromEntries(rest)) }
}

/** The fields under the dialect's names, without custom attributes. Throws `Unsupported` for a field it lacks. */
export function recordOf(names: FieldNames, fields: AccountFields): Rec {
  const { custom: _, status, ...plain } = fields
  const given = Object.entries(plain).filter(([, value]) => value !== undefined)
  const keys: Readonly<Record<string, string | undefined>> = { ...names, id: undefined }
  const unsupported = given.map(([name]) => name).filter((name) => !keys[name])
  if (unsupported.length > 0) {
    const takes = Object.keys(names).filter((name) => name !== 'id' && name !== 'status')
    throw notTaken("Gainsight's REST API", unsupported, `${takes.join(', ')} and custom attributes`)
  }
  return {
    ...Object.fromEntries(given.map(([name, value]) => [keys[name], value])),
    ...(status && { [names.status]: status === 'active' }),
  }
}

/** The names of groups on a record; undefined if it has none that can be read. */
export function namesIn(row: unknown): string[] | undefined {
  const groups = field(row, 'groups')
  if (!Array.isArray(groups)) return undefined
  const names = groups.map((one) => asText(one, 320))
  return names.every((name) => name !== undefined) ? names : undefined
}
