import type { AccountFields } from '../../domain/operations.ts'
import { notTaken } from '../http/not-taken.ts'
import { asText, asWord, definedOnly, field, isRecord, type Rec } from '../http/values.ts'
import { ENTERPRISE } from '../scim/facts.ts'
import type { FieldName } from '../scim/fields.ts'

/**
 * Properties that can be set (learn.microsoft.com/graph/api/user-update). Exchange keeps `mail` and the aliases. Phones and
 * other emails are not among them: who holds them can reset the password
 * (learn.microsoft.com/entra/identity/authentication/howto-sspr-authenticationdata).
 */
const PROPERTIES = {
  userName: 'userPrincipalName',
  givenName: 'givenName',
  familyName: 'surname',
  displayName: 'displayName',
  title: 'jobTitle',
  department: 'department',
  externalId: 'employeeId',
  locale: 'preferredLanguage',
} as const satisfies Partial<Record<FieldName, string>>

/** Properties that can be set as custom attributes, by their own names. */
const CUSTOM = ['companyName', 'officeLocation', 'employeeType', 'usageLocation']

export const TAKES: readonly FieldName[] = [
  ...(Object.keys(PROPERTIES) as (keyof typeof PROPERTIES)[]), // the object literal names its keys
  'custom',
  'status',
]

/** What is shown of where an account comes from; an approval is bound to it. */
export const SYNCED = 'onPremisesSyncEnabled'
const DOMAIN = 'onPremisesDomainName'
const SHOWN = [
  ...CUSTOM,
  SYNCED,
  DOMAIN,
  'onPremisesImmutableId',
  'onPremisesSamAccountName',
  'externalUserState',
]

/** What is read of a user. Without `$select` Graph leaves most of it out (learn.microsoft.com/graph/api/resources/user). */
export const SELECT = [
  ...[
    'id',
    'accountEnabled',
    'mail',
    'otherMails',
    'proxyAddresses',
    'userType',
    'createdDateTime',
    'mobilePhone',
  ],
  ...['city', 'state', 'country'],
  ...Object.values(PROPERTIES),
  ...SHOWN,
].join(',')

export const isSynced = (raw: unknown): boolean => field(raw, SYNCED) === true

/** B2B guests sign in at their own directory (learn.microsoft.com/entra/external-id/user-properties). */
export const isGuest = ({ userType }: { userType?: string | undefined }): boolean =>
  userType?.toLowerCase() === 'guest'

/** A user in SCIM form, with what else is known of it. */
export function asScim(raw: unknown): Rec | undefined {
  if (!isRecord(raw)) return undefined
  const of = (name: string) => field(raw, name)
  const manager = of('manager')
  return {
    id: raw.id,
    userName: of('userPrincipalName'),
    externalId: of('employeeId'),
    active: of('accountEnabled'),
    name: { givenName: of('givenName'), familyName: of('surname') },
    displayName: of('displayName'),
    emails: emailsOf(raw),
    title: of('jobTitle'),
    userType: of('userType'),
    addresses: [{ locality: of('city'), region: of('state'), country: of('country') }],
    phoneNumbers: [{ value: of('mobilePhone') }],
    locale: of('preferredLanguage'),
    ...(of('groups') !== undefined && { groups: of('groups') }),
    lastLogin: field(of('signInActivity'), 'lastSuccessfulSignInDateTime'),
    meta: { created: of('createdDateTime') },
    [ENTERPRISE]: {
      department: of('department'),
      ...(isRecord(manager) && { manager: { value: manager.id, displayName: manager.displayName } }),
    },
    custom: Object.fromEntries(
      SHOWN.flatMap((name) => {
        const value = of(name)
        const told = typeof value === 'boolean' ? value : asText(asWord(value))
        return told === undefined || told === false ? [] : [[name, told] as const]
      }),
    ),
    administrator: of('administrator'),
  }
}

/** `mail`, then the aliases (`SMTP:` marks the main one), then what else a person is reached by. */
function emailsOf(raw: Rec): unknown[] {
  const texts = (name: string): string[] => {
    const listed = field(raw, name)
    return Array.isArray(listed) ? listed.filter((one) => typeof one === 'string') : []
  }
  const aliases = texts('proxyAddresses').flatMap((alias) => {
    const [, main, address] = /^(?:(SMTP)|smtp):(.+)$/.exec(alias) ?? []
    return address === undefined ? [] : [{ value: address, main: main !== undefined }]
  })
  const primary = asWord(raw.mail) ?? aliases.find(({ main }) => main)?.value
  const others = [...aliases.map(({ value }) => value), ...texts('otherMails')]
  return [
    ...(primary === undefined ? [] : [{ value: primary, primary: true }]),
    ...others.filter((address) => address !== primary).map((value) => ({ value })),
  ]
}

/** Ids that people know somebody by, beside the external id. */
export const otherIdsOf = (raw: unknown): string[] =>
  ['onPremisesImmutableId'].flatMap((name) => asWord(field(raw, name)) ?? [])

/** What an account shows beyond RFC 7643. */
export function readMore(raw: Rec) {
  const { administrator, custom } = raw
  return {
    ...(typeof administrator === 'boolean' && { admin: administrator }),
    // `asScim` made it, of texts and true values.
    ...(isRecord(custom) &&
      Object.keys(custom).length > 0 && { custom: custom as Record<string, string | boolean> }),
  }
}

/** The properties that set these fields. Throws `Unsupported`, naming each field that Entra ID does not take. */
export function propertiesOf({ status: _, custom = {}, ...fields }: AccountFields): Rec {
  const names: Readonly<Record<string, string>> = PROPERTIES
  const given = Object.entries(definedOnly(fields))
  const unknown = [
    ...given.map(([name]) => name).filter((name) => names[name] === undefined),
    ...Object.keys(custom).filter((name) => !CUSTOM.includes(name)),
  ]
  if (unknown.length > 0) {
    const taken = `${Object.keys(PROPERTIES).join(', ')}, and as custom attributes ${CUSTOM.join(', ')}`
    throw notTaken('Entra ID', unknown, taken)
  }
  return { ...Object.fromEntries(given.map(([name, value]) => [names[name], value])), ...custom }
}
