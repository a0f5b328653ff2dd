import { asId, asList, asText, asWord, definedOnly, field, isRecord, type Rec } from '../http/values.ts'
import { ENTERPRISE } from '../scim/facts.ts'
import type { PickItem } from '../scim/primary.ts'

/** The states of an account, in Google's words (developers.google.com, Directory API, "REST Resource: users"). */
export const STATE = 'googleStatus'
/** What kind of administrator it is. */
const ADMINISTRATOR = 'googleAdministrator'

const isTrue = (value: unknown): boolean => value === true

/** Undefined if the record does not tell. */
export function stateOf(raw: unknown): string | undefined {
  const [suspended, archived] = [field(raw, 'suspended'), field(raw, 'archived')]
  if (suspended === undefined && archived === undefined) return undefined
  const reason = asText(field(raw, 'suspensionReason'), 64)
  // An administrator did it, unless Google did; the word would look like a privilege here.
  if (isTrue(suspended))
    return reason === undefined || reason === 'ADMIN' ? 'SUSPENDED' : `SUSPENDED (${reason})`
  return isTrue(archived) ? 'ARCHIVED' : 'ACTIVE'
}

/** Google's delegated administrators are administrators with some privileges; super administrators have all. */
export function administratorOf(raw: unknown): 'super' | 'delegated' | undefined {
  if (isTrue(field(raw, 'isAdmin'))) return 'super'
  return isTrue(field(raw, 'isDelegatedAdmin')) ? 'delegated' : undefined
}

/** Undefined if the record does not tell. */
export const isAdministrator = (raw: unknown): boolean | undefined =>
  field(raw, 'isAdmin') === undefined && field(raw, 'isDelegatedAdmin') === undefined
    ? undefined
    : administratorOf(raw) !== undefined

const isPrimary = (item: unknown) => isTrue(field(item, 'primary'))
const isPreferred = (item: unknown) => field(item, 'preference') === 'preferred'
const ofType =
  (type: string): PickItem =>
  (items) =>
    items.find((item) => field(item, 'type') === type)

/**
 * Which item of a list stands for a field. Reading and writing pick the same one (developers.google.com, Directory API,
 * "REST Resource: users": organizations, phones, languages, relations, externalIds).
 */
export const PICKS = {
  organizations: (items) => items.find(isPrimary) ?? items[0],
  phones: (items) => items.find(isPrimary) ?? ofType('work')(items),
  languages: (items) => items.find(isPreferred) ?? items[0],
  relations: ofType('manager'),
} as const satisfies Record<string, PickItem>

export const itemsOf = (raw: unknown, list: string): readonly unknown[] => asList(field(raw, list)) ?? []

/** The item of a list that stands for a field. */
export const picked = (raw: unknown, list: keyof typeof PICKS): unknown => PICKS[list](itemsOf(raw, list))

export const pickExternalId = (type: string): PickItem => ofType(type)

/** A user in SCIM form, with what else is known of it. */
export const asScim =
  (externalIdType: string) =>
  (raw: unknown): Rec | undefined => {
    if (!isRecord(raw)) return undefined
    const state = stateOf(raw)
    const name = field(raw, 'name')
    const organization = picked(raw, 'organizations')
    return {
      id: raw.id,
      userName: raw.primaryEmail,
      externalId: asId(field(pickExternalId(externalIdType)(itemsOf(raw, 'externalIds')), 'value')),
      active: state === undefined ? undefined : state === 'ACTIVE',
      name: {
        givenName: field(name, 'givenName'),
        familyName: field(name, 'familyName'),
        formatted: field(name, 'fullName'),
      },
      emails: emailsOf(raw),
      title: field(organization, 'title'),
      addresses: raw.addresses,
      phoneNumbers:
        itemsOf(raw, 'phones').length > 0 ? [{ value: field(picked(raw, 'phones'), 'value') }] : [],
      locale: field(picked(raw, 'languages'), 'languageCode'),
      ...(raw.groups !== undefined && { groups: raw.groups }),
      // The year 1970 for somebody who never signed in.
      lastLogin: raw.lastLoginTime,
      meta: { created: raw.creationTime },
      [ENTERPRISE]: {
        department: field(organization, 'department'),
        manager: definedOnly({ value: asId(field(picked(raw, 'relations'), 'value')) }),
      },
      administrator: raw.administrator ?? isAdministrator(raw),
      custom: {
        ...customOf(raw.customSchemas),
        ...definedOnly({
          [STATE]: state,
          [ADMINISTRATOR]: administratorOf(raw),
          orgUnitPath: asText(raw.orgUnitPath, 512),
        }),
      },
    }
  }

/** Ids of every kind, beside the one that is the external id here: the search finds somebody by any of them. */
export const otherIdsOf = (raw: unknown): string[] =>
  itemsOf(raw, 'externalIds').flatMap((one) => asId(field(one, 'value')) ?? [])

/** All addresses: the primary one, aliases, those that Google adds by itself, and others that the person is known by. */
function emailsOf(raw: Rec): unknown[] {
  const others = [
    ...itemsOf(raw, 'aliases'),
    ...itemsOf(raw, 'nonEditableAliases'),
    ...itemsOf(raw, 'emails').map((email) => field(email, 'address')),
  ]
  return [{ value: raw.primaryEmail, primary: true }, ...others.map((value) => ({ value }))]
}

const MAX_CUSTOM = 50

/** The fields of custom schemas as `Schema.field`. */
function customOf(schemas: unknown): Record<string, unknown> {
  if (!isRecord(schemas)) return {}
  const fields = Object.entries(schemas).flatMap(([schema, values]) =>
    isRecord(values)
      ? Object.entries(values).map(([name, value]) => [`${schema}.${name}`, value] as const)
      : [],
  )
  return Object.fromEntries(fields.slice(0, MAX_CUSTOM))
}

/** What an account shows beyond RFC 7643. */
export function readMore(raw: Rec) {
  const custom = Object.entries(isRecord(raw.custom) ? raw.custom : {}).flatMap(([name, value]) => {
    const told =
      typeof value === 'boolean' ? value : Array.isArray(value) ? textsIn(value) : asText(asWord(value), 512)
    return told === undefined ? [] : [[name, told] as const]
  })
  const { administrator } = raw
  return {
    ...(typeof administrator === 'boolean' && { admin: administrator }),
    custom: Object.fromEntries(custom),
  }
}

/** The values of a field that has several: `[{ value }]`. */
const textsIn = (values: readonly unknown[]): string[] =>
  values.slice(0, MAX_CUSTOM).flatMap((value) => asText(asWord(isRecord(value) ? value.value : value)) ?? [])
