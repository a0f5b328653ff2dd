import { asId, asList, asText, type Rec } from '../http/values.ts'
import { ENTERPRISE } from '../scim/facts.ts'
import type { Column } from './columns.ts'
import { textIn } from './rows.ts'

/** What a file tells of one person. */
export interface Entry {
  /** Where it stands in the file, in words. */
  at: string
  fields: Readonly<Partial<Record<Exclude<Column, 'groups'>, string>>>
  groups?: readonly string[]
}

/** A row as an entry. */
export function entryOf(
  { at, cells }: { at: string; cells: readonly unknown[] },
  places: ReadonlyMap<Column, number>,
): Entry {
  const fields: Partial<Record<Column, string>> = {}
  for (const [column, place] of places) {
    const text = column === 'groups' ? undefined : textIn(cells[place])
    if (text !== undefined) fields[column] = text
  }
  const place = places.get('groups')
  const groups = place === undefined ? undefined : groupsIn(cells[place])
  return { at, fields, ...(groups && { groups }) }
}

/** A list, or the names in one cell. */
function groupsIn(cell: unknown): string[] | undefined {
  const parts = typeof cell === 'string' ? cell.split(/[;|]/) : asList(cell)
  return parts?.flatMap((part) => textIn(part) || [])
}

/** What a person is known by in the file: its id, else the name that it has. */
export const idOf = ({ fields: { id, userName, email } }: Entry): string | undefined =>
  id || userName || email

/** What somebody can be looked up by. */
export const namesOf = (entry: Entry): string[] => {
  const { userName, email, externalId } = entry.fields
  return [idOf(entry), userName, email, externalId].flatMap((name) => name || [])
}

/** Whether an account can be shown of it: it has an id and a name, and no letter of them was lost on the way. */
export function isUsable(entry: Entry): boolean {
  const [id, ...names] = namesOf(entry)
  return (
    asId(id) !== undefined &&
    names.every((name) => asText(name) !== undefined) &&
    !namesOf(entry).join().includes('\uFFFD')
  )
}

// Whatever else it says is not known: a guess would give or take access.
const ACTIVE = new Set(['active', 'enabled', 'employed', 'true', 'yes', '1'])
const INACTIVE = new Set([
  ...['inactive', 'disabled', 'terminated', 'deactivated', 'suspended', 'left'],
  ...['false', 'no', '0'],
])

function activeIn(status: string | undefined): boolean | undefined {
  const word = status?.toLowerCase() ?? ''
  return ACTIVE.has(word) ? true : INACTIVE.has(word) ? false : undefined
}

/** An entry in SCIM form (RFC 7643 §4.1). */
export function asScim(entry: Entry): Rec {
  const { fields, groups } = entry
  const { email, userName, givenName, familyName, name, status, role, location, manager, managerName } =
    fields
  return {
    id: idOf(entry),
    userName: userName || email || idOf(entry),
    externalId: fields.externalId,
    active: activeIn(status),
    name: { givenName, familyName, formatted: name },
    ...(email !== undefined && { emails: email === '' ? [] : [{ value: email, primary: true }] }),
    title: fields.title,
    userType: fields.userType,
    ...(role !== undefined && { roles: role === '' ? [] : [{ value: role, primary: true }] }),
    ...(location !== undefined && { addresses: location === '' ? [] : [{ locality: location }] }),
    ...(fields.phone && { phoneNumbers: [{ value: fields.phone }] }),
    ...(groups && { groups: groups.map((display) => ({ display })) }),
    locale: fields.locale,
    timezone: fields.timezone,
    lastLogin: fields.lastSignInAt,
    meta: { created: fields.createdAt, lastModified: fields.updatedAt },
    [ENTERPRISE]: {
      department: fields.department,
      ...(manager !== undefined && { manager: { value: manager, displayName: managerName } }),
    },
  }
}
