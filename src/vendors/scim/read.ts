import type { Account, AccountStatus, Group } from '../../domain/account.ts'
import { cautionOf } from '../../text/confusables.ts'
import { plainText } from '../../text/text.ts'
import { asBoolean, asId, asList, asText, asTime, field, isRecord, type Rec, some } from '../http/values.ts'

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
  const told = asList(field(raw, 'groups'))
  const groups = told?.flatMap((group) => nameIn(group)[0] ?? idIn(group))
  const shownName = nameOf(raw)
  return {
    raw,
    userName,
    emails: emails.all,
    groups: (told ?? []).flatMap((group) => [...idIn(group), ...nameIn(group)]),
    ...some({ givenName, familyName }),
    account: {
      tenant: origin.tenant,
      vendor: origin.vendor,
      id,
      userName: shownUserName,
      status: statusOf(field(raw, 'active')),
      ...some({
        email: asText(emails.primary, 320),
        name: asText(shownName),
        externalId: asId(field(raw, 'externalId')),
        groups: groups?.slice(0, MOST_GROUPS),
        moreGroups: groups && groups.length > MOST_GROUPS ? groups.length - MOST_GROUPS : undefined,
        title: asText(field(raw, 'title')),
        department: asText(field(field(raw, ENTERPRISE), 'department') ?? field(raw, 'department')),
        role: roleOf(raw),
        createdAt: asTime(field(meta, 'created')),
        updatedAt: asTime(field(meta, 'lastModified')),
        caution: cautionOf({ 'user name': userName, email: emails.primary, name: shownName }),
      }),
      ...some(origin.more?.(raw) ?? {}),
    },
  }
}

/** So many are named; an account in more of them than that says how many. */
const MOST_GROUPS = 100

/** A group without its members; the count is known only where the app sent them. */
export function toGroup(raw: unknown): Group | undefined {
  const id = asId(field(raw, 'id'))
  if (id === undefined) return undefined
  const members = field(raw, 'members')
  const name = field(raw, 'displayName')
  return {
    id,
    name: asText(name) ?? plainText(id),
    ...(Array.isArray(members) && { memberCount: members.length }),
    ...some({ caution: typeof name === 'string' ? cautionOf({ name }) : undefined }),
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

/** The name to show, as received. */
function nameOf(raw: Rec): string | undefined {
  const name = field(raw, 'name')
  const parts = [field(name, 'givenName'), field(name, 'familyName')].filter((part) => asText(part))
  return [field(name, 'formatted'), field(raw, 'displayName'), parts.join(' ')].find(
    (one): one is string => asText(one) !== undefined,
  )
}

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
