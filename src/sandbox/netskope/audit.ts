import { seeded } from '../people.ts'
import { parseTerms, type Term } from '../scim/filter.ts'
import type { Change } from '../scim/records.ts'

/** An event of Netskope's audit log, as netskopeoss/netskope-py-sdk and demisto's NetskopeAPIv2 read it. */
export type AuditEvent = {
  _id: string
  /** Epoch seconds. */
  timestamp: number
  type: string
  user: string
  ur_normalized: string
  audit_log_event: string
  audit_category: string
  severity_level: number | string
  supporting_data: { data_type: string; data_values: string[] }
  organization_unit: string
  count: number
  insertion_epoch_timestamp: number
  category: null
  appcategory: null
  ccl: string
}

// The log covers only what console administrators do, not how people use their apps.
const ADMINISTRATORS = [
  'grace@example.com',
  'kim.admin@example.com',
  'lee.admin@example.com',
  'noor.admin@example.com',
  'sam.admin@example.com',
]

/** What administrators do: event, category, severity, and the type and value of the object. */
const ADMIN_ACTIONS: readonly [string, string, number | string, string, string][] = [
  ['Login Successful', 'Login', 2, 'user', '192.0.2.10'],
  ['Login Successful', 'Login', 2, 'user', '198.51.100.7'],
  ['Login Failed', 'Login', 'medium', 'user', '203.0.113.99'],
  ['Logout Successful', 'Login', 1, 'user', '192.0.2.10'],
  ['Edit Policy', 'Policy', 'high', 'policy', 'Block uploads'],
  ['Created Inline Policy', 'Policy', 'high', 'policy', 'Coach on personal storage'],
  ['Deleted Inline Policy', 'Policy', 3, 'policy', 'Old rule'],
  ['Edit Profile', 'Profiles', 2, 'profile', 'Payment cards'],
  ['Created RESTful API Token', 'Tools', 'high', 'token', 'Identity automation'],
  ['Download Report', 'Reports', 1, 'report', 'Weekly summary'],
  ['Edit Admin', 'Administrators', 'high', 'admin', 'lee.admin@example.com'],
]

const MONTH_S = 30 * 86_400

/** `count` events from the 30 days before `now` (epoch milliseconds), oldest first. Same at every start. */
export function makeEvents(count: number, now: number): AuditEvent[] {
  const random = seeded(1906)
  const end = Math.floor(now / 1000)
  const times = Array.from({ length: count }, () => end - 1 - Math.floor(random() * MONTH_S)).sort(
    (one, other) => one - other,
  )
  return times.map((timestamp, place) => {
    const user = ADMINISTRATORS[Math.floor(random() * ADMINISTRATORS.length)] ?? ''
    const action = ADMIN_ACTIONS[Math.floor(random() * ADMIN_ACTIONS.length)]
    const [event, category, severity, dataType, value] = action ?? ['', '', 1, '', '']
    // A sign-in has an address and who signed in; all else has only what it is about.
    const values = dataType === 'user' ? [value, user] : [value]
    return makeEvent(`${936_301 + place}`, timestamp, user, event, category, severity, dataType, values)
  })
}

/** The event that a change through the API creates. */
export const eventOf = ({ done, what, name }: Change, by: string, now: number): AuditEvent =>
  makeEvent(
    crypto.randomUUID().replaceAll('-', '').slice(0, 24),
    Math.floor(now / 1000),
    by,
    `SCIM ${what} ${done}`,
    'SCIM',
    2,
    what.toLowerCase(),
    [name],
  )

function makeEvent(
  id: string,
  timestamp: number,
  user: string,
  event: string,
  category: string,
  severity: number | string,
  dataType: string,
  values: string[],
): AuditEvent {
  return {
    _id: id,
    timestamp,
    type: 'admin_audit_logs',
    user,
    ur_normalized: user,
    audit_log_event: event,
    audit_category: category,
    severity_level: severity,
    supporting_data: { data_type: dataType, data_values: values },
    organization_unit: '',
    count: 1,
    insertion_epoch_timestamp: timestamp + 7,
    category: null,
    appcategory: null,
    ccl: 'unknown',
  }
}

const MAX_EVENTS_PER_PAGE = 5_000

/** One page of the log, newest first, or the error text for an invalid query. */
export function askEvents(
  events: readonly AuditEvent[],
  query: URLSearchParams,
  offsetName: 'offset' | 'skip',
): AuditEvent[] | string {
  const limit = wholeNumber(query, 'limit', 100)
  const offset = wholeNumber(query, offsetName, 0)
  const from = wholeNumber(query, 'starttime', 0)
  const to = wholeNumber(query, 'endtime', Number.MAX_SAFE_INTEGER)
  const terms = parseQuery(query.get('query'))
  if (limit === undefined || limit < 1 || limit > MAX_EVENTS_PER_PAGE)
    return `limit must be 1 to ${MAX_EVENTS_PER_PAGE}`
  if (offset === undefined) return `${offsetName} must be a whole number`
  if (from === undefined || to === undefined) return 'starttime and endtime must be epoch seconds'
  if (!terms) return 'query is not valid'
  return events
    .filter(({ timestamp }) => timestamp >= from && timestamp <= to)
    .filter((event) => terms.every(({ path, value }) => event[path] === value))
    .reverse()
    .slice(offset, offset + limit)
}

const QUERY_FIELDS = [
  '_id',
  'type',
  'user',
  'ur_normalized',
  'audit_log_event',
  'audit_category',
  'severity_level',
] as const
type QueryField = (typeof QUERY_FIELDS)[number]

interface FieldTerm {
  path: QueryField
  value: unknown
}

/** The terms of a query such as `user eq "a@example.com" and type eq "admin"`. */
function parseQuery(text: string | null): FieldTerm[] | undefined {
  const terms = text === null ? [] : parseTerms(text)
  return terms?.every(isFieldTerm) ? terms : undefined
}

const isFieldTerm = (term: Term): term is FieldTerm => QUERY_FIELDS.some((field) => field === term.path)

function wholeNumber(query: URLSearchParams, name: string, fallback: number): number | undefined {
  const given = query.get(name)
  if (given === null) return fallback
  return /^\d{1,15}$/.test(given) ? Number(given) : undefined
}
