import type { Account } from '../../domain/account.ts'
import type { AccountFields } from '../../domain/operations.ts'
import { bare } from '../../domain/quoting.ts'
import { notTaken } from '../http/not-taken.ts'
import { asId, asText, asWord, definedOnly, field, isRecord, type Rec } from '../http/values.ts'
import { ENTERPRISE } from '../scim/facts.ts'
import type { FieldName } from '../scim/fields.ts'
import { maySignIn, stateOf } from './states.ts'

/** Attributes of the base profile (developer.okta.com, "Users": default profile properties). */
const ATTRIBUTES = {
  userName: 'login',
  email: 'email',
  givenName: 'firstName',
  familyName: 'lastName',
  displayName: 'displayName',
  title: 'title',
  department: 'department',
  manager: 'managerId',
  locale: 'locale',
  timezone: 'timezone',
  phone: 'primaryPhone',
} as const satisfies Partial<Record<FieldName, string>>

export const TAKES: readonly FieldName[] = [
  ...(Object.keys(ATTRIBUTES) as (keyof typeof ATTRIBUTES)[]), // the object literal names its keys
  'externalId',
  'custom',
  'status',
]

/** Where it stands in what is shown of an account who keeps its password, unless it is Okta. */
const PROVIDER = 'oktaProvider'

/**
 * Attributes that are no custom ones: they have fields of their own, or let somebody into the account by recovery, as
 * the second email and the phones do.
 */
const NOT_CUSTOM = new Set(
  [
    ...Object.values(ATTRIBUTES),
    ...['secondEmail', 'mobilePhone', 'manager', 'userType', 'city', 'state', 'countryCode', PROVIDER],
  ].map((name) => name.toLowerCase()),
)
const isCustom = (name: string, externalIdAttribute: string): boolean =>
  !NOT_CUSTOM.has(name.toLowerCase()) && name.toLowerCase() !== externalIdAttribute.toLowerCase()

/** A user in SCIM form, with what else is known of it. A profile is whole: what it lacks has no value. */
export function asScim(externalIdAttribute: string) {
  return (raw: unknown): Rec | undefined => {
    const profile = field(raw, 'profile')
    if (!isRecord(raw) || !isRecord(profile)) return undefined
    const of = (name: string) => profile[name] ?? null
    const state = stateOf(raw)
    return {
      id: raw.id,
      userName: of('login'),
      externalId: of(externalIdAttribute),
      active: maySignIn(state),
      name: { givenName: of('firstName'), familyName: of('lastName') },
      displayName: of('displayName'),
      emails: [{ value: of('email'), primary: true }, { value: of('secondEmail') }],
      title: of('title'),
      userType: of('userType'),
      addresses: [{ locality: of('city'), region: of('state'), country: of('countryCode') }],
      phoneNumbers: [{ value: of('primaryPhone') }],
      locale: of('locale'),
      timezone: of('timezone'),
      ...(raw.groups !== undefined && { groups: raw.groups }),
      lastLogin: raw.lastLogin,
      meta: { created: raw.created, lastModified: raw.lastUpdated },
      [ENTERPRISE]: {
        department: of('department'),
        manager: definedOnly({ value: asId(of('managerId')), displayName: asText(of('manager')) }),
      },
      custom: {
        ...Object.fromEntries(
          Object.entries(profile).filter(([name]) => isCustom(name, externalIdAttribute)),
        ),
        ...definedOnly({ [PROVIDER]: otherProvider(raw) }),
      },
      state,
      administrator: raw.administrator,
    }
  }
}

/** Who keeps the password, unless it is Okta (developer.okta.com, "Users": credentials, provider). */
export const otherProvider = (raw: unknown): string | undefined => {
  const provider = asWord(field(field(field(raw, 'credentials'), 'provider'), 'type'))
  return provider === 'OKTA' ? undefined : provider
}

/** The directory that an account is synchronised from; undefined for one that Okta keeps. */
export const directoryIn = (account: Account): string | undefined =>
  directoryOf(asWord(account.custom?.[PROVIDER]))

/** The directory behind a provider's name; a provider that only signs people in is none. */
export const directoryOf = (provider: string | undefined): string | undefined =>
  provider === 'ACTIVE_DIRECTORY'
    ? 'Active Directory'
    : provider === 'LDAP'
      ? 'the LDAP directory'
      : undefined

const MAX_CUSTOM = 50
const MAX_STATE = 40

/** What an account shows beyond RFC 7643. */
export function readMore(raw: Rec) {
  const { administrator, state } = raw
  const custom = Object.entries(isRecord(raw.custom) ? raw.custom : {}).flatMap(([name, value]) => {
    const told =
      typeof value === 'boolean' ? value : Array.isArray(value) ? textsIn(value) : asText(asWord(value))
    return told === undefined ? [] : [[name, told] as const]
  })
  return {
    ...(typeof administrator === 'boolean' && { admin: administrator }),
    ...definedOnly({ state: asText(state, MAX_STATE) }),
    // The last one is what this server decides by.
    custom: Object.fromEntries(custom.slice(-MAX_CUSTOM)),
  }
}

const textsIn = (values: readonly unknown[]): string[] =>
  values.slice(0, MAX_CUSTOM).flatMap((value) => asText(asWord(value)) ?? [])

/** The profile that sets these fields. Throws `Unsupported`, naming each field that Okta does not have. */
export function profileOf(fields: AccountFields, externalIdAttribute: string): Rec {
  const { status: _, custom = {}, externalId, ...rest } = fields
  const names: Readonly<Record<string, string>> = ATTRIBUTES
  const given = Object.entries(rest).filter(([, value]) => value !== undefined)
  const unknown = [
    ...given.map(([name]) => name).filter((name) => names[name] === undefined),
    ...Object.keys(custom)
      .filter((name) => !isCustom(name, externalIdAttribute) || !/^[A-Za-z]\w*$/.test(name))
      .map((name) => `custom.${bare(name)}`),
  ]
  if (unknown.length > 0) {
    throw notTaken('Okta', unknown, TAKES.filter((name) => name !== 'status').join(', '))
  }
  return {
    ...Object.fromEntries(given.map(([name, value]) => [names[name], value])),
    ...(externalId !== undefined && { [externalIdAttribute]: externalId }),
    ...custom,
  }
}
