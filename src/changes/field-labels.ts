import type { Words } from '../domain/briefing.ts'
import type { Headlined } from './define.ts'

const LABELS = new Map(
  Object.entries({
    id: 'Id',
    name: 'Name',
    status: 'Status',
    membership: 'Membership',
    sessions: 'Sessions',
    userName: 'User name',
    email: 'Email',
    givenName: 'First name',
    familyName: 'Family name',
    title: 'Title',
    department: 'Department',
    role: 'Role',
    licence: 'Licence',
    manager: 'Manager',
    externalId: 'External id',
    locale: 'Locale',
    timezone: 'Time zone',
    phone: 'Phone',
    admin: 'Administrator',
  }),
)

/** Our label for a field; undefined for an attribute of one app, which the agent named. */
export const fieldLabel = (field: string): string | undefined => LABELS.get(field)

const inSentence = (field: string): Words =>
  field === 'admin' ? ['administrator rights'] : [fieldLabel(field)?.toLowerCase() ?? { theirs: field }]

/** The fields that change, and the new value if it is one. */
export function fieldsHeadline({ accounts, who }: Headlined): Words {
  const sets = accounts.flatMap(({ alters }) => alters)
  const fields = [...new Set(sets.map(({ what }) => what))]
  const values = [...new Set(sets.map(({ after }) => after))]
  const [first, second] = fields
  const [value] = values
  if (first === undefined || fields.length > 2)
    return [`Change ${fields.length} fields of `, ...who(accounts)]
  const what = [...inSentence(first), ...(second === undefined ? [] : [' and ', ...inSentence(second)])]
  const to = second === undefined && values.length === 1 && value !== undefined
  return ['Change the ', ...what, ' of ', ...who(accounts), ...(to ? [' to ', { theirs: value }] : [])]
}
