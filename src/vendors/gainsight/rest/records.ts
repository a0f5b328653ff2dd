import type { AccountFields } from '../../../domain/operations.ts'
import { Unsupported } from '../../../errors.ts'
import { asBoolean, asText, field, isRecord, type Rec, some } from '../../http/values.ts'
import type { FieldName } from '../../scim/fields.ts'
import { ENTERPRISE } from '../../scim/read.ts'
import { EXTENSION } from '../extension.ts'
import { SUPER_ADMIN } from '../rules.ts'

/** What a dialect calls the fields of a user; one it lacks is absent. */
export interface Names extends Partial<Record<Exclude<FieldName, 'status' | 'admin' | 'custom'>, string>> {
  id: string
  status: string
  email: string
}

/** The user in the form of SCIM, so that it is read and compared in the same way. */
export function asScim(names: Names, raw: unknown): Rec | undefined {
  if (!isRecord(raw)) return undefined
  const told = (name: keyof Names) => {
    const key = names[name]
    return key === undefined ? undefined : field(raw, key)
  }
  return {
    id: told('id'),
    userName: asText(told('userName'), 320) ? told('userName') : told('email'),
    externalId: told('externalId'),
    active: told('status'),
    emails: [{ value: told('email'), primary: true }],
    displayName: field(raw, 'name'),
    name: { givenName: told('givenName'), familyName: told('familyName') },
    title: told('title'),
    roles: [{ value: told('role') }],
    locale: told('locale'),
    timezone: told('timezone'),
    phoneNumbers: [{ value: told('phone') }],
    [ENTERPRISE]: { department: told('department'), manager: told('manager') },
    [EXTENSION]: {
      ...customOf(names, raw),
      ...some({ LicenseType: told('licence'), IsSuperAdmin: isSuperAdmin(raw) }),
    },
  }
}

/** The dialect `users` has no field of its own for it. */
const isSuperAdmin = (raw: Rec): boolean | undefined =>
  asBoolean(field(raw, 'isSuperAdmin') ?? field(field(raw, 'customAttributes'), 'isSuperAdmin')) ??
  (SUPER_ADMIN.test(asText(field(raw, 'role')) ?? '') || undefined)

const OTHERS = ['name', 'isSuperAdmin', 'systemType', 'userType', 'customAttributes', 'groups']

/** Custom attributes: in an object of their own, or among the others. */
function customOf(names: Names, raw: Rec): Rec {
  const known = new Set([...Object.values(names), ...OTHERS].map((name) => name.toLowerCase()))
  const own = field(raw, 'customAttributes')
  const rest = Object.entries(raw).filter(([name]) => !known.has(name.toLowerCase()))
  return { ...(isRecord(own) ? own : Object.fromEntries(rest)) }
}

/** The fields under the names of the dialect, without custom attributes. Throws `Unsupported` for one it lacks. */
export function recordOf(names: Names, fields: AccountFields): Rec {
  const { custom: _, status, ...plain } = fields
  const given = Object.entries(plain).filter(([, value]) => value !== undefined)
  const keys: Readonly<Record<string, string | undefined>> = { ...names, id: undefined }
  const others = given.map(([name]) => name).filter((name) => !keys[name])
  if (others.length > 0) {
    const takes = Object.keys(names).filter((name) => name !== 'id' && name !== 'status')
    throw new Unsupported(
      `Gainsight's REST API does not take: ${others.join(', ')}.`,
      `It takes ${takes.join(', ')} and custom attributes. Leave the others out.`,
    )
  }
  return {
    ...Object.fromEntries(given.map(([name, value]) => [keys[name], value])),
    ...(status && { [names.status]: status === 'active' }),
  }
}
