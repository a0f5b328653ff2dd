import type { AccountFields, Match } from '../../domain/operations.ts'
import { Unsupported } from '../../errors.ts'
import { asId, asText, asWord, definedOnly, field, isRecord, type Rec } from '../http/values.ts'
import { ENTERPRISE } from '../scim/facts.ts'
import type { FieldName } from '../scim/fields.ts'

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

/**
 * What a state means for access (developer.okta.com, "User lifecycle"). Whoever is locked out, recovers or has an expired
 * password gets in again by themselves, and somebody provisioned can finish their enrolment. Nobody can sign in while
 * staged, suspended or deprovisioned.
 */
const MAY_SIGN_IN: Readonly<Record<string, boolean>> = {
  STAGED: false,
  PROVISIONED: true,
  ACTIVE: true,
  RECOVERY: true,
  PASSWORD_EXPIRED: true,
  LOCKED_OUT: true,
  SUSPENDED: false,
  DEPROVISIONED: false,
}

/** The state of a user, in Okta's word. */
export const stateOf = (raw: unknown): string | undefined => asWord(field(raw, 'status'))?.toUpperCase()

/** Where the state stands in what is shown of an account, so that an approval is bound to it. */
export const STATE = 'oktaStatus'

/** Standard attributes, which are no custom ones. */
const KNOWN = new Set<string>([
  ...Object.values(ATTRIBUTES),
  ...[
    'secondEmail',
    'middleName',
    'honorificPrefix',
    'honorificSuffix',
    'nickName',
    'profileUrl',
    'mobilePhone',
  ],
  ...[
    'streetAddress',
    'city',
    'state',
    'zipCode',
    'countryCode',
    'postalAddress',
    'preferredLanguage',
    'userType',
  ],
  ...['employeeNumber', 'costCenter', 'organization', 'division', 'manager'],
])

/** A user in SCIM form, with what else is known of it. */
export function asScim(externalIdAttribute: string) {
  return (raw: unknown): Rec | undefined => {
    const profile = field(raw, 'profile')
    if (!isRecord(raw) || !isRecord(profile)) return undefined
    const of = (name: string) => field(profile, name)
    const state = stateOf(raw)
    const groups = raw.groups
    return {
      id: raw.id,
      userName: of('login'),
      externalId: of(externalIdAttribute),
      active: state === undefined ? undefined : MAY_SIGN_IN[state],
      name: { givenName: of('firstName'), familyName: of('lastName') },
      displayName: of('displayName'),
      emails: [{ value: of('email'), primary: true }, { value: of('secondEmail') }],
      title: of('title'),
      userType: of('userType'),
      addresses: [{ locality: of('city'), region: of('state'), country: of('countryCode') }],
      phoneNumbers: [{ value: of('primaryPhone') }],
      locale: of('locale'),
      timezone: of('timezone'),
      ...(groups !== undefined && { groups }),
      lastLogin: raw.lastLogin,
      meta: { created: raw.created, lastModified: raw.lastUpdated },
      [ENTERPRISE]: {
        department: of('department'),
        manager: definedOnly({ value: asId(of('managerId')), displayName: asText(of('manager')) }),
      },
      custom: {
        ...Object.fromEntries(
          Object.entries(profile).filter(([name]) => !KNOWN.has(name) && name !== externalIdAttribute),
        ),
        ...definedOnly({ [STATE]: state }),
      },
      administrator: raw.administrator,
    }
  }
}

const MAX_CUSTOM = 50

/** What an account shows beyond RFC 7643. */
export function readMore(raw: Rec) {
  const administrator = raw.administrator
  const custom = Object.entries(isRecord(raw.custom) ? raw.custom : {}).flatMap(([name, value]) => {
    const told =
      typeof value === 'boolean' ? value : Array.isArray(value) ? textsIn(value) : asText(asWord(value))
    return told === undefined ? [] : [[name, told] as const]
  })
  return {
    ...(typeof administrator === 'boolean' && { admin: administrator }),
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
  const unknown = given.map(([name]) => name).filter((name) => names[name] === undefined)
  if (unknown.length > 0) {
    throw new Unsupported(
      `Okta does not accept: ${unknown.join(', ')}.`,
      `It accepts ${TAKES.filter((name) => name !== 'status').join(', ')}. Leave the others out.`,
    )
  }
  return {
    ...Object.fromEntries(given.map(([name, value]) => [names[name], value])),
    ...(externalId !== undefined && { [externalIdAttribute]: externalId }),
    ...custom,
  }
}

/** The attributes that can be searched for a value of `match`. */
const SEARCHED: Partial<Record<keyof Match, string>> = {
  userName: 'profile.login',
  email: 'profile.email',
  givenName: 'profile.firstName',
  familyName: 'profile.lastName',
  title: 'profile.title',
  department: 'profile.department',
  userType: 'profile.userType',
}

/** A search expression for what Okta can search of a match; undefined if that is nothing. */
export function searchFor(match: Match): string | undefined {
  const terms = Object.entries(SEARCHED).flatMap(([name, attribute]) => {
    const value = match[name as keyof Match]
    // A second email cannot be told from the first one here.
    return typeof value === 'string' && name !== 'email' ? [`${attribute} eq ${quoted(value)}`] : []
  })
  const email =
    match.email === undefined ? [] : [anyOf(['profile.email', 'profile.secondEmail'], match.email)]
  const status =
    match.status === undefined
      ? []
      : [
          `(${statesOf(match.status === 'active')
            .map((state) => `status eq ${quoted(state)}`)
            .join(' or ')})`,
        ]
  const all = [...terms, ...email, ...status]
  return all.length > 0 ? all.join(' and ') : undefined
}

/** `(profile.login eq "a" or profile.email eq "a")` */
export const anyOf = (attributes: readonly string[], value: string): string =>
  `(${attributes.map((attribute) => `${attribute} eq ${quoted(value)}`).join(' or ')})`

const statesOf = (active: boolean): string[] =>
  Object.entries(MAY_SIGN_IN).flatMap(([state, may]) => (may === active ? [state] : []))

/** SCIM's string literal (RFC 7644 §3.4.2.2), which is JSON's. */
const quoted = (value: string): string => JSON.stringify(value)
