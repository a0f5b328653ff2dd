import type { AccountFields } from '../../domain/operations.ts'
import { Unsupported } from '../../errors.ts'
import { notTaken } from '../http/not-taken.ts'
import { asList, asText, definedOnly, field, isRecord, type Rec } from '../http/values.ts'
import type { AppBehaviour } from './behaviour.ts'
import type { Edit } from './edits.ts'
import { ENTERPRISE } from './facts.ts'
import { type PickItem, pickEmail, pickPhone, pickRole } from './primary.ts'
import { CORE, type ScimUser } from './read.ts'

export type FieldName = keyof AccountFields

/** Which fields an app accepts, and how it maps those that differ from RFC 7643. */
export interface FieldMapping {
  takes: readonly FieldName[]
  /** Fields that stay as they were when the account was created. */
  fixed?: readonly FieldName[]
  /** Edits for the fields outside RFC 7643. Throws for a value that the app does not accept. */
  write?: (fields: AccountFields, current: Rec) => readonly Edit[]
  /** The app's spelling of a PATCH path. */
  pathOf?: (path: string) => string
}

/** The fields of RFC 7643. */
type StandardField = Exclude<FieldName, 'licence' | 'admin' | 'custom'>

type FieldWriter = (value: string, current: Rec) => Edit

const at =
  (...place: Edit['at']): FieldWriter =>
  (value) => ({ at: place, value })

const FIELD_WRITERS: { readonly [Field in StandardField]: FieldWriter } = {
  userName: at('userName'),
  email: (value, current) => ({
    at: ['emails'],
    value: withValue(current, 'emails', pickEmail, value, { type: 'work', primary: true }),
  }),
  givenName: at('name', 'givenName'),
  familyName: at('name', 'familyName'),
  displayName: at('displayName'),
  formattedName: at('name', 'formatted'),
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

export const STANDARD_FIELDS = Object.keys(FIELD_WRITERS) as readonly StandardField[] // the type above names its keys

/**
 * The fields of an account that an app has, and those of them that it keeps as they were at creation. The user name and
 * the status are part of every account.
 */
export function fieldsTaken({ fields, changes }: NonNullable<AppBehaviour['takes']> = {}): {
  takes: readonly StandardField[]
  fixed: readonly StandardField[]
} {
  const always: readonly string[] = ['userName', 'status']
  const takes = STANDARD_FIELDS.filter(
    (name) => (fields ?? [name, ...always]).includes(name) || always.includes(name),
  )
  return { takes, fixed: changes ? takes.filter((name) => name !== 'status' && !changes.includes(name)) : [] }
}

/** Fields stored in lists: a change replaces one item and sends the others unchanged. */
const LIST_FIELDS: ReadonlySet<string> = new Set<FieldName>(['email', 'role', 'phone'])

export const changesList = (fields: AccountFields): boolean =>
  Object.entries(fields).some(([name, value]) => value !== undefined && LIST_FIELDS.has(name))

/** The edits that set these fields. Throws `Unsupported`, naming each field that the app does not accept. */
export function editsFor(
  mapping: FieldMapping | undefined,
  fields: AccountFields,
  current: Rec,
): readonly Edit[] {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  const takes: readonly string[] = mapping?.takes ?? STANDARD_FIELDS
  const unsupported = given.map(([name]) => name).filter((name) => !takes.includes(name))
  if (unsupported.length > 0) {
    throw notTaken('The app', unsupported, takes.filter((name) => name !== 'status').join(', '))
  }
  const standard = STANDARD_FIELDS.flatMap((name) => {
    const value = fields[name]
    return value === undefined ? [] : [FIELD_WRITERS[name](value, current)]
  })
  return [...standard, ...(mapping?.write?.(fields, current) ?? [])]
}

/** Throws `Unsupported` for a field that the app never changes. */
export function checkFixed({ fixed = [] }: Pick<FieldMapping, 'fixed'>, set: AccountFields): void {
  const kept = fixed.filter((name) => set[name] !== undefined)
  if (kept.length === 0) return
  throw new Unsupported(
    `The app keeps this as the account was created, and never changes it: ${kept.join(', ')}.`,
    'Leave it out. A person can create a new account under the other name.',
  )
}

/** Whether the app accepts this field. */
export const takesField = (mapping: Pick<FieldMapping, 'takes'> | undefined, name: FieldName): boolean =>
  mapping?.takes.includes(name) ?? true

/** The schemas of a user with these edits. */
export const schemasOf = (edits: readonly Edit[]): string[] => [
  ...new Set([CORE, ...edits.map(({ at: [first] }) => first).filter((first) => first.startsWith('urn:'))]),
]

/** The settable fields of a user's record. */
export function fieldsOf(
  mapping: Pick<FieldMapping, 'takes'> | undefined,
  { account, raw, givenName, familyName }: ScimUser,
): AccountFields {
  const { userName, email, title, department, role, licence, admin, externalId, status } = account
  const { manager, locale, timezone, phone, custom } = account
  return {
    userName,
    ...definedOnly({ email, givenName, familyName, title, department, role, licence, admin, externalId }),
    ...definedOnly({ manager, locale, timezone, phone, custom }),
    ...definedOnly({
      displayName: takesField(mapping, 'displayName') ? asText(field(raw, 'displayName')) : undefined,
      formattedName: takesField(mapping, 'formattedName')
        ? asText(field(field(raw, 'name'), 'formatted'))
        : undefined,
    }),
    ...(status !== 'unknown' && { status }),
  }
}

/** The list with the value of one item changed, or with a new item if there is none to change. */
function withValue(current: Rec, list: string, pick: PickItem, value: string, more: Rec): unknown[] {
  const items = asList(field(current, list)) ?? []
  const picked = pick(items)
  if (picked === undefined) return [...items, { value, ...more }]
  // `display` and `$ref` belong to the old value, so `revalued` drops them.
  return items.map((item) => (item !== picked ? item : isRecord(item) ? revalued(item, value) : value))
}

const revalued = (item: Rec, value: string): Rec => ({
  ...Object.fromEntries(Object.entries(item).filter(([name]) => !/^(value|display|\$ref)$/i.test(name))),
  value,
})
