import type { ScimUser } from '../directory.ts'
import { isObject } from '../http-types.ts'
import { ENTERPRISE } from '../scim/schema.ts'
import { invalid } from './errors.ts'
import { extrasOf, type GoogleExtras, type Workspace } from './workspace.ts'

type Values = Record<string, unknown>

/** A user as developers.google.com, Directory API, "REST Resource: users" has it. */
export function recordOf(workspace: Workspace, user: ScimUser, projection: string): Values {
  const extras = extrasOf(workspace, user)
  const { aliases = [], otherEmails = [], customSchemas } = extras
  const { givenName = '', familyName = '' } = user.name ?? {}
  const suspended = user.active === false
  const manager = user[ENTERPRISE]?.manager?.value
  const own = `${user.userName.split('@')[0]}@${workspace.domain}.test-google-a.com`
  return {
    kind: 'admin#directory#user',
    id: user.id,
    etag: `"${user.id}"`,
    primaryEmail: user.userName,
    name: { givenName, familyName, fullName: `${givenName} ${familyName}`.trim() },
    isAdmin: extras.isAdmin ?? false,
    isDelegatedAdmin: extras.isDelegatedAdmin ?? false,
    lastLoginTime: extras.lastLoginTime ?? '1970-01-01T00:00:00.000Z',
    creationTime: '2024-03-01T09:00:00.000Z',
    agreedToTerms: true,
    suspended,
    ...(suspended && { suspensionReason: extras.suspensionReason ?? 'ADMIN' }),
    archived: extras.archived ?? false,
    changePasswordAtNextLogin: false,
    ipWhitelisted: false,
    emails: [
      { address: user.userName, primary: true },
      ...aliases.map((address) => ({ address })),
      { address: own },
      ...otherEmails.map((address) => ({ address, type: 'home' })),
    ],
    ...(user.externalId !== undefined && { externalIds: [{ value: user.externalId, type: 'organization' }] }),
    ...(manager !== undefined && { relations: [{ value: manager, type: 'manager' }] }),
    ...(aliases.length > 0 && { aliases }),
    nonEditableAliases: [own],
    organizations: [
      {
        ...extras.organization,
        title: user.title ?? '',
        department: user[ENTERPRISE]?.department ?? '',
        primary: true,
      },
      ...(extras.otherOrganizations ?? []),
    ],
    phones: (user.phoneNumbers ?? []).map(({ value, type }) => ({ value, type })),
    languages: [{ languageCode: user.locale ?? 'en-GB', preference: 'preferred' }],
    customerId: 'C0sandbox',
    orgUnitPath: extras.orgUnitPath ?? '/',
    isMailboxSetup: true,
    isEnrolledIn2Sv: extras.isEnrolledIn2Sv ?? true,
    isEnforcedIn2Sv: extras.isEnforcedIn2Sv ?? false,
    includeInGlobalAddressList: true,
    ...(projection === 'full' && customSchemas && { customSchemas }),
  }
}

/** Applies a PATCH. Lists are replaced as a whole; a renamed user keeps the old address as an alias. */
export function patched(workspace: Workspace, user: ScimUser, body: Values): ScimUser {
  const extras = extrasOf(workspace, user)
  const unknown = Object.keys(body).find((key) => !PATCHABLE.has(key))
  if (unknown !== undefined) throw invalid(unknown)
  const { primaryEmail, suspended, archived } = body
  const next: ScimUser = { ...user }
  if (typeof primaryEmail === 'string') {
    if (!/^[^@\s]+@[^@\s]+$/.test(primaryEmail)) throw invalid('primary_user_email')
    if (primaryEmail.toLowerCase() !== user.userName.toLowerCase()) {
      extras.aliases = [...(extras.aliases ?? []).filter((alias) => alias !== primaryEmail), user.userName]
    }
    next.userName = primaryEmail
    next.emails = [{ type: 'work', value: primaryEmail, primary: true }]
  }
  if (typeof suspended === 'boolean') next.active = !suspended
  if (typeof archived === 'boolean') extras.archived = archived
  if (isObject(body.name)) next.name = { ...user.name, ...onlyTexts(body.name) }
  setLists(next, body, extras)
  return next
}

const PATCHABLE = new Set([
  ...['primaryEmail', 'suspended', 'archived', 'name', 'organizations', 'externalIds', 'relations', 'phones'],
  ...['languages', 'orgUnitPath'],
])

function setLists(user: ScimUser, body: Values, extras: GoogleExtras): void {
  const list = (name: string): Values[] | undefined => {
    const value = body[name]
    if (value === undefined) return undefined
    if (!Array.isArray(value)) throw invalid(name)
    return value.filter(isObject)
  }
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  const organizations = list('organizations')
  if (organizations) {
    const main = organizations.find(({ primary }) => primary === true) ?? organizations[0] ?? {}
    const { title, department, primary: _, ...organization } = main
    user.title = text(title)
    user[ENTERPRISE] = { ...user[ENTERPRISE], department: text(department) }
    extras.organization = organization
    extras.otherOrganizations = organizations.filter((one) => one !== main)
  }
  const externalIds = list('externalIds')
  if (externalIds) {
    user.externalId = text(externalIds.find(({ type }) => type === 'organization')?.value)
  }
  const relations = list('relations')
  if (relations) {
    const value = text(relations.find(({ type }) => type === 'manager')?.value)
    user[ENTERPRISE] = { ...user[ENTERPRISE], manager: { value } }
  }
  const phones = list('phones')
  if (phones) user.phoneNumbers = phones.map(({ value, type }) => ({ value: text(value), type: text(type) }))
  const languages = list('languages')
  if (languages) user.locale = text(languages[0]?.languageCode)
}

const onlyTexts = (values: Values) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === 'string'))
