import type { AccountFields } from '../../domain/operations.ts'
import { Unsupported } from '../../errors.ts'
import { asBoolean, asId, asList, asText, field, isRecord, type Rec, some } from '../http/values.ts'
import type { Edit } from './edits.ts'
import { CORE, ENTERPRISE, type ScimUser } from './read.ts'

export type FieldName = keyof AccountFields

/** Which fields an app takes, and where it has its own mapping with them. */
export interface FieldMapping {
  takes: readonly FieldName[]
  /** Changes for the fields that RFC 7643 has no place for; throws for a value that the app can't take. */
  write?: (fields: AccountFields, current: Rec) => readonly Edit[]
  /** Those fields, as the app tells them. */
  read?: (raw: Rec) => AccountFields
  /** The app's own spelling of a path in a PATCH. */
  pathOf?: (path: string) => string
}

/** The fields that RFC 7643 has a place for. */
export type StandardField = Exclude<FieldName, 'licence' | 'admin' | 'custom'>

type Write = (value: string, current: Rec) => Edit

const at =
  (...place: Edit['at']): Write =>
  (value) => ({ at: place, value })

const WRITES: { readonly [Field in StandardField]: Write } = {
  userName: at('userName'),
  email: (value, current) => ({
    at: ['emails'],
    value: withValue(current, 'emails', pickEmail, value, { type: 'work', primary: true }),
  }),
  givenName: at('name', 'givenName'),
  familyName: at('name', 'familyName'),
  title: at('title'),
  department: at(ENTERPRISE, 'department'),
  role: (value, current) => ({
    at: ['roles'],
    value: withValue(current, 'roles', pickRole, value, { primary: true }),
  }),
  manager: (value) => ({ at: [ENTERPRISE, 'manager'], value: { value } }),
  externalId: at('externalId'),
  locale: at('locale'),
  timezone: at('timezone'),
  phone: (value, current) => ({
    at: ['phoneNumbers'],
    value: withValue(current, 'phoneNumbers', pickPhone, value, { type: 'work' }),
  }),
  status: (value) => ({ at: ['active'], value: value === 'active' }),
}

export const STANDARD_FIELDS = Object.keys(WRITES) as readonly StandardField[] // its keys are named above

/** The fields that are kept in lists, of which one item is changed and the others are sent as they are. */
const LISTED: ReadonlySet<string> = new Set<FieldName>(['email', 'role', 'phone'])

export const changesAList = (fields: AccountFields): boolean =>
  Object.entries(fields).some(([name, value]) => value !== undefined && LISTED.has(name))

/** The changes that give a user these fields. Throws `Unsupported`, naming each field that the app can't take. */
export function editsFor(
  mapping: FieldMapping | undefined,
  fields: AccountFields,
  current: Rec,
): readonly Edit[] {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  const takes: readonly string[] = mapping?.takes ?? STANDARD_FIELDS
  const others = given.map(([name]) => name).filter((name) => !takes.includes(name))
  if (others.length > 0) {
    throw new Unsupported(
      `The app does not take: ${others.join(', ')}.`,
      `It takes ${takes.filter((name) => name !== 'status').join(', ')}. Leave the others out.`,
    )
  }
  const standard = STANDARD_FIELDS.flatMap((name) => {
    const value = fields[name]
    return value === undefined ? [] : [WRITES[name](value, current)]
  })
  return [...standard, ...(mapping?.write?.(fields, current) ?? [])]
}

/** A new user's record with these fields, and the schemas that they belong to. */
export const schemasOf = (edits: readonly Edit[]): string[] => [
  ...new Set([CORE, ...edits.map(({ at: [first] }) => first).filter((first) => first.startsWith('urn:'))]),
]

/** All that a user's record tells of the fields that can be set. */
export function fieldsOf(mapping: FieldMapping | undefined, user: ScimUser): AccountFields {
  const { account, raw, givenName, familyName } = user
  const { email, title, department, role, licence, admin, externalId, status } = account
  return {
    userName: account.userName,
    ...some({ email, givenName, familyName, title, department, role, licence, admin, externalId }),
    ...some({
      manager: managerOf(raw),
      locale: asText(field(raw, 'locale')),
      timezone: asText(field(raw, 'timezone')),
      phone: asText(field(pickPhone(asList(field(raw, 'phoneNumbers')) ?? []), 'value')),
    }),
    ...(status !== 'unknown' && { status }),
    ...some(mapping?.read?.(raw) ?? {}),
  }
}

function managerOf(raw: Rec): string | undefined {
  const manager = field(field(raw, ENTERPRISE), 'manager')
  return asId(isRecord(manager) ? field(manager, 'value') : manager)
}

type Pick = (items: readonly unknown[]) => unknown

const isPrimary = (item: unknown) => asBoolean(field(item, 'primary')) === true
const isOfWork = (item: unknown) => asText(field(item, 'type'))?.toLowerCase() === 'work'

export const pickEmail: Pick = (emails) => emails.find(isPrimary) ?? emails.find(isOfWork) ?? emails[0]
export const pickRole: Pick = (roles) => roles.find(isPrimary) ?? roles[0]
/** A number of another kind, such as that of a mobile, is not taken for the one at work. */
const pickPhone: Pick = (phones) =>
  phones.find(isPrimary) ??
  phones.find(isOfWork) ??
  phones.find((phone) => field(phone, 'type') === undefined)

/** The list as it is, with the value of one item changed, or with a new item where there is none to change. */
function withValue(current: Rec, list: string, pick: Pick, value: string, more: Rec): unknown[] {
  const items = asList(field(current, list)) ?? []
  const picked = pick(items)
  if (picked === undefined) return [...items, { value, ...more }]
  // What is shown in its place belongs to the old value.
  return items.map((item) => (item !== picked ? item : isRecord(item) ? revalued(item, value) : value))
}

const revalued = (item: Rec, value: string): Rec => ({
  ...Object.fromEntries(Object.entries(item).filter(([name]) => !/^(value|display|\$ref)$/i.test(name))),
  value,
})
