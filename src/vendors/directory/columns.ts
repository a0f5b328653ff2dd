import { WrongAddress } from '../../errors.ts'
import { plainText } from '../../text/text.ts'

/** The fields that a file can tell of a person. */
export const COLUMNS = [
  ...(['id', 'userName', 'email', 'externalId', 'name', 'givenName', 'familyName', 'status'] as const),
  ...(['title', 'department', 'role', 'userType', 'location', 'manager', 'managerName', 'groups'] as const),
  ...(['phone', 'locale', 'timezone', 'createdAt', 'updatedAt', 'lastSignInAt'] as const),
] as const
export type Column = (typeof COLUMNS)[number]

/** The fields that can name a person, best first. */
const NAMING = ['id', 'userName', 'email'] as const satisfies readonly Column[]

/** `Given Name`, `given_name` and `givenName` are one header. */
const spelling = (header: string): string =>
  header
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\s_.-]+/g, '')

/**
 * Where each field stands in a row. A header that no field has is passed over. Throws where the headers do not tell: two for
 * one field, none for a field that the settings name, or none by which people can be told apart.
 */
export function placesOf(
  headers: readonly string[],
  named: Readonly<Partial<Record<Column, string>>>,
): ReadonlyMap<Column, number> {
  const places = new Map<Column, number>()
  const taken = new Set(Object.values(named).map(spelling))
  for (const column of COLUMNS) {
    const header = named[column]
    const wanted = spelling(header ?? column)
    // A header that the settings give to a field is not that of another.
    const isFree = header !== undefined || !taken.has(wanted)
    const found = headers.flatMap((one, at) => (isFree && spelling(one) === wanted ? [at] : []))
    if (found.length > 1) throw wrongFile(`has two columns ${plainText(header ?? column, 64)}`)
    if (header !== undefined && found.length === 0)
      throw wrongFile(`has no column ${plainText(header, 64)}, which \`columns\` names for ${column}`)
    const [at] = found
    if (at !== undefined) places.set(column, at)
  }
  if (NAMING.every((column) => !places.has(column)))
    throw wrongFile(`has no column for any of ${NAMING.join(', ')}, by which people are told apart`)
  return places
}

/** The error of a file that cannot be used as it is. */
export const wrongFile = (what: string): WrongAddress =>
  new WrongAddress(`The file of this tenant ${what}.`, 'Tell the person who runs this server.')
