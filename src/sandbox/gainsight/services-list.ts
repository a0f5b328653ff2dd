import type { Directory, ScimUser } from '../directory.ts'
import { type Incoming, isObject, type Reply } from '../http-types.ts'
import { ENTERPRISE, type Values } from '../scim/schema.ts'
import { GAINSIGHT } from './account.ts'
import { emailOf } from './accounts.ts'
import { GainsightError, misasked, success } from './envelope.ts'
import { bodyOf } from './users-dialect.ts'
import { whereTest } from './where.ts'

const DEFAULT_ROWS_PER_PAGE = 100
const MAX_ROWS_PER_PAGE = 1_000

const STANDARD_FIELDS = [
  'Gsid',
  'Name',
  'FirstName',
  'LastName',
  'Email',
  'SFDCUserName',
  'IsActiveUser',
  'IsSuperAdmin',
  'Manager',
  'LicenseType',
  'SystemType',
  'Timezone',
  'Title',
  'Locale',
]

const recordOf = (user: ScimUser): Values => ({
  ...user[GAINSIGHT],
  Gsid: user.id,
  Name: user.displayName,
  FirstName: user.name?.givenName,
  LastName: user.name?.familyName,
  Email: emailOf(user),
  SFDCUserName: user.userName,
  IsActiveUser: user.active ?? false,
  Manager: user[ENTERPRISE]?.manager?.value,
  SystemType: user.userType ?? 'Internal',
  Timezone: user.timezone,
  Title: user.title,
  Locale: user.locale,
})

/** The rows for a list request. `custom` has the names of the custom fields. */
export function listUsers(incoming: Incoming, { users }: Directory, custom: readonly string[]): Reply {
  const fields = [...new Set([...STANDARD_FIELDS, ...custom])]
  const body = incoming.text === '' ? {} : bodyOf(incoming, 'GU_1101')
  const { limit = DEFAULT_ROWS_PER_PAGE, page = 0, select = fields, where, includeTotal, orderBy } = body
  if (!isWhole(limit) || limit < 1 || !isWhole(page)) throw misasked('limit and page must be whole numbers')
  if (!Array.isArray(select)) throw misasked('select must be a list')
  const unknown = select.find((name) => !fields.includes(String(name)))
  if (unknown !== undefined) throw misasked(`There is no field ${unknown}`)
  const found = [...users.values()].map(recordOf).filter(whereTest(where, fields)).sort(order(orderBy))
  const rows = Math.min(limit, MAX_ROWS_PER_PAGE)
  const shown = found.slice(page * rows, (page + 1) * rows)
  if (shown.length === 0) throw new GainsightError('GSOBJ_1011')
  const records = shown.map((row) => Object.fromEntries(select.map((name) => [name, row[name] ?? null])))
  return success({ records, ...(includeTotal === true && { totalRecords: found.length }) })
}

const isWhole = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0

function order(orderBy: unknown) {
  const [[name, direction] = []] = isObject(orderBy) ? Object.entries(orderBy) : []
  const sign = String(direction).toLowerCase() === 'desc' ? -1 : 1
  return (one: Values, other: Values) =>
    name === undefined ? 0 : sign * String(one[name] ?? '').localeCompare(String(other[name] ?? ''))
}
