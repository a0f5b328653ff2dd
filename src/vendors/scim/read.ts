import type { Account, AccountStatus, Group } from '../../identity/account.ts'
import { plainText } from '../../identity/text.ts'
import { asBoolean, asId, asList, asText, asTime, field, isRecord, type Rec, some } from './values.ts'

export const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

/** A user as the app told it: the account we show, and what else can be compared with a question. */
export interface ScimUser {
  account: Account
  /** As received, before anything was made safe to show. */
  raw: Rec
  userName: string
  emails: string[]
  groups: string[]
  givenName?: string
  familyName?: string
}

/** Whose users these are, and what the app says beyond RFC 7643. */
export interface Origin {
  tenant: string
  vendor: string
  more?: (raw: Rec) => Partial<Pick<Account, 'admin' | 'licence' | 'role'>>
}

/** Reads a user from any shape that was seen in the wild; undefined when it has no usable id or user name. */
export function toUser(origin: Origin, raw: unknown): ScimUser | undefined {
  if (!isRecord(raw)) return undefined
  const id = asId(field(raw, 'id'))
  const userName = field(raw, 'userName')
  const shownUserName = asText(userName, 320)
  if (id === undefined || typeof userName !== 'string' || shownUserName === undefined) return undefined
  const name = field(raw, 'name')
  const givenName = asText(field(name, 'givenName'))
  const familyName = asText(field(name, 'familyName'))
  const meta = field(raw, 'meta')
  const emails = emailsOf(raw)
  const groups = asList(field(raw, 'groups'))
  return {
    raw,
    userName,
    emails: emails.all,
    groups: (groups ?? []).flatMap((group) => [...idIn(group), ...nameIn(group)]),
    ...some({ givenName, familyName }),
    account: {
      tenant: origin.tenant,
      vendor: origin.vendor,
      id,
      userName: shownUserName,
      status: statusOf(field(raw, 'active')),
      ...some({
        email: asText(emails.primary, 320),
        name: nameOf(raw, givenName, familyName),
        externalId: asId(field(raw, 'externalId')),
        groups: groups?.flatMap((group) => nameIn(group)[0] ?? idIn(group)),
        title: asText(field(raw, 'title')),
        department: asText(field(field(raw, ENTERPRISE), 'department') ?? field(raw, 'department')),
        role: roleOf(raw),
        createdAt: asTime(field(meta, 'created')),
        updatedAt: asTime(field(meta, 'lastModified')),
      }),
      ...some(origin.more?.(raw) ?? {}),
    },
  }
}

/** A group without its members; the count is known only where the app sent them. */
export function toGroup(raw: unknown): Group | undefined {
  const id = asId(field(raw, 'id'))
  if (id === undefined) return undefined
  const members = field(raw, 'members')
  return {
    id,
    name: asText(field(raw, 'displayName')) ?? plainText(id),
    ...(Array.isArray(members) && { memberCount: members.length }),
  }
}

/** The members a group was sent with; undefined when it was sent without, which does not mean that it has none. */
export function membersOf(raw: unknown): Group['members'] {
  const members = field(raw, 'members')
  if (!Array.isArray(members)) return undefined
  return members.flatMap((member) => {
    const id = asId(isRecord(member) ? field(member, 'value') : member)
    const display = asText(field(member, 'display'), 320)
    // `display` holds the user name at some apps and a person's name at others; only the first is one word.
    const userName = display && !display.includes(' ') ? display : undefined
    return id === undefined ? [] : [{ id, ...some({ userName }) }]
  })
}

/** RFC 7643 §4.1.1 leaves the meaning of a missing `active` to the app, so it is unknown. */
function statusOf(active: unknown): AccountStatus {
  const value = asBoolean(active)
  return value === undefined ? 'unknown' : value ? 'active' : 'inactive'
}

function emailsOf(raw: Rec): { all: string[]; primary?: string } {
  const emails = (asList(field(raw, 'emails')) ?? []).flatMap((email) => {
    const value = isRecord(email) ? field(email, 'value') : email
    return typeof value === 'string' && value.trim() ? [{ email, value: value.trim() }] : []
  })
  const primary =
    emails.find(({ email }) => asBoolean(field(email, 'primary'))) ??
    emails.find(({ email }) => asText(field(email, 'type'))?.toLowerCase() === 'work') ??
    emails[0]
  return { all: emails.map(({ value }) => value), ...(primary && { primary: primary.value }) }
}

const nameOf = (raw: Rec, givenName?: string, familyName?: string): string | undefined =>
  asText(field(field(raw, 'name'), 'formatted')) ??
  asText(field(raw, 'displayName')) ??
  asText([givenName, familyName].filter((part) => part).join(' '))

function roleOf(raw: Rec): string | undefined {
  const roles = asList(field(raw, 'roles')) ?? []
  const role = roles.find((one) => asBoolean(field(one, 'primary'))) ?? roles[0]
  return asText(isRecord(role) ? (field(role, 'value') ?? field(role, 'display')) : role)
}

const nameIn = (group: unknown): string[] => {
  const name = asText(isRecord(group) ? field(group, 'display') : group)
  return name === undefined ? [] : [name]
}
const idIn = (group: unknown): string[] => {
  const id = asId(field(group, 'value'))
  return id === undefined ? [] : [id]
}
