import type { Account, AccountStatus, Group } from '../../domain/account.ts'
import { cautionOf } from '../../text/confusables.ts'
import { fold, plainText } from '../../text/text.ts'
import {
  asBoolean,
  asId,
  asList,
  asText,
  asTime,
  asWord,
  definedOnly,
  field,
  isRecord,
  type Rec,
} from '../http/values.ts'
import { ENTERPRISE, lastSignInOf, locationOf, managerOf } from './facts.ts'
import { pickEmail, pickPhone, pickRole } from './primary.ts'

export const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User'

/** A user from the app: the account to show, and the values to compare with a search. */
export interface ScimUser {
  account: Account
  /** As received; not safe to show. */
  raw: Rec
  userName: string
  emails: string[]
  groups: string[]
  /** Its whole names: formatted and display name. */
  names: string[]
  givenName?: string
  familyName?: string
}

/** The tenant and vendor of the users, and what the app says beyond RFC 7643. */
export interface Origin {
  tenant: string
  vendor: string
  more?: (raw: Rec) => Partial<Pick<Account, 'admin' | 'licence' | 'custom' | 'state'>>
  /** Which of these `more` reads. */
  tells?: readonly ('admin' | 'licence')[]
}

/** Reads a user from any shape seen in real apps; undefined without a usable id or user name. */
export function toUser(origin: Origin, raw: unknown): ScimUser | undefined {
  if (!isRecord(raw)) return undefined
  const id = asId(field(raw, 'id'))
  const userName = asWord(field(raw, 'userName'))
  const shownUserName = asText(userName, 320)
  if (id === undefined || userName === undefined || shownUserName === undefined) return undefined
  const emails = emailsOf(raw)
  // Letters that were lost on the way: nobody can be told apart by such a name, so the row counts as unreadable.
  if ([id, userName, ...emails.all].some((one) => one.includes('\uFFFD'))) return undefined
  const name = field(raw, 'name')
  const givenName = asText(field(name, 'givenName'))
  const familyName = asText(field(name, 'familyName'))
  const meta = field(raw, 'meta')
  const listed = asList(field(raw, 'groups'))
  const groups = listed?.flatMap((group) => nameIn(group)[0] ?? idIn(group))
  const shownName = nameOf(raw)
  const otherEmails = othersIn(emails)
  return {
    raw,
    userName,
    emails: emails.all,
    groups: (listed ?? []).flatMap((group) => [...idIn(group), ...nameIn(group)]),
    names: [field(name, 'formatted'), field(raw, 'displayName')].flatMap((one) => asText(one) ?? []),
    ...definedOnly({ givenName, familyName }),
    account: {
      tenant: origin.tenant,
      vendor: origin.vendor,
      id,
      userName: shownUserName,
      status: accountStatus(field(raw, 'active')),
      ...definedOnly({
        email: asText(emails.primary, 320),
        otherEmails: otherEmails.length > 0 ? otherEmails : undefined,
        name: asText(shownName),
        givenName: untold(givenName, shownName),
        familyName: untold(familyName, shownName),
        externalId: asId(field(raw, 'externalId')),
        groups: groups?.slice(0, MAX_GROUPS_SHOWN),
        moreGroups: groups && groups.length > MAX_GROUPS_SHOWN ? groups.length - MAX_GROUPS_SHOWN : undefined,
        title: asText(field(raw, 'title')),
        department: asText(field(field(raw, ENTERPRISE), 'department') ?? field(raw, 'department')),
        role: roleOf(raw),
        userType: asText(field(raw, 'userType')),
        location: locationOf(raw),
        ...managerOf(raw),
        phone: asText(field(pickPhone(asList(field(raw, 'phoneNumbers')) ?? []), 'value')),
        locale: asText(field(raw, 'locale')),
        timezone: asText(field(raw, 'timezone')),
        lastSignInAt: lastSignInOf(raw),
        createdAt: asTime(field(meta, 'created')),
        updatedAt: asTime(field(meta, 'lastModified')),
        caution: cautionOf({ 'user name': userName, email: emails.primary, name: shownName }),
      }),
      ...definedOnly(origin.more?.(raw) ?? {}),
    },
  }
}

/** More than anybody is in: a question names every group. Answers are shorter by their own bound. */
const MAX_GROUPS_SHOWN = 10_000

/** A group without its members. The count is known only if the app sent them. */
export function toGroup(raw: unknown): Group | undefined {
  const id = asId(field(raw, 'id'))
  if (id === undefined) return undefined
  const members = field(raw, 'members')
  const name = field(raw, 'displayName')
  return {
    id,
    name: asText(name) ?? plainText(id),
    ...(Array.isArray(members) && { memberCount: members.length }),
    ...definedOnly({ caution: typeof name === 'string' ? cautionOf({ name }) : undefined }),
  }
}

/** The members in a group's record. None of these if they are missing, which does not mean an empty group. */
export function membersOf(raw: unknown): Pick<Group, 'memberCount' | 'members' | 'unreadableMembers'> {
  const listed = field(raw, 'members')
  if (!Array.isArray(listed)) return {}
  const members = listed.flatMap((member) => toMember(member) ?? [])
  const unreadable = listed.length - members.length
  return { memberCount: listed.length, members, ...(unreadable > 0 && { unreadableMembers: unreadable }) }
}

function toMember(member: unknown): NonNullable<Group['members']>[number] | undefined {
  const id = asId(isRecord(member) ? field(member, 'value') : member)
  if (id === undefined) return undefined
  const display = asText(field(member, 'display'), 320)
  // RFC 7643 §4.2: a group can be a member. Some apps tell it by the reference alone.
  const reference = field(member, '$ref')
  const isGroup =
    asText(field(member, 'type'))?.toLowerCase() === 'group' ||
    (typeof reference === 'string' && /\/Groups\/[^/]*$/i.test(reference))
  if (isGroup) return { id, type: 'group', ...definedOnly({ name: display }) }
  // `display` is the user name at some apps and a person's name at others. Only a user name is one word.
  return { id, ...(display && !display.includes(' ') && { userName: display }) }
}

/** RFC 7643 §4.1.1 leaves the meaning of a missing `active` to the app, so the status is unknown. */
function accountStatus(active: unknown): AccountStatus {
  const value = asBoolean(active)
  return value === undefined ? 'unknown' : value ? 'active' : 'inactive'
}

/** More than a person has; the answer must stay bounded. */
const MAX_OTHER_EMAILS = 100

/** Each address but the primary one, once. */
function othersIn({ all, primary }: ReturnType<typeof emailsOf>): string[] {
  const others = new Map(all.map((email) => [fold(email), email]))
  others.delete(fold(primary ?? ''))
  return [...others.values()].slice(0, MAX_OTHER_EMAILS).flatMap((email) => asText(email, 320) ?? [])
}

/** What apps without `emails` have for it. */
const FLAT_EMAILS = ['email', 'mail']

/** Skips entries without a usable value. */
function emailsOf(raw: Rec): { all: string[]; primary?: string } {
  const listed = field(raw, 'emails') ?? FLAT_EMAILS.map((name) => field(raw, name)).find(emailIn)
  const emails = (asList(listed) ?? []).filter((email) => emailIn(email) !== undefined)
  const primary = emailIn(pickEmail(emails))
  return { all: emails.flatMap((email) => emailIn(email) ?? []), ...(primary !== undefined && { primary }) }
}

function emailIn(email: unknown): string | undefined {
  const value = isRecord(email) ? (field(email, 'value') ?? field(email, 'email')) : email
  return (typeof value === 'string' && value.trim()) || undefined
}

/** The name to show, as received. */
function nameOf(raw: Rec): string | undefined {
  const name = field(raw, 'name')
  const parts = [field(name, 'givenName'), field(name, 'familyName')].filter((part) => asText(part))
  return [field(name, 'formatted'), field(raw, 'displayName'), parts.join(' ')].find(
    (one): one is string => asText(one) !== undefined,
  )
}

/** The part of a name, unless the shown name has it as it is. */
const untold = (part: string | undefined, shown: string | undefined): string | undefined =>
  part !== undefined && shown?.includes(part) ? undefined : part

function roleOf(raw: Rec): string | undefined {
  const role = pickRole(asList(field(raw, 'roles')) ?? [])
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

/** Reads a row of a user list, for `collect`. */
export function readRow(origin: Origin, row: unknown): { id: string; item: ScimUser } | undefined {
  const user = toUser(origin, row)
  return user && { id: user.account.id, item: user }
}
