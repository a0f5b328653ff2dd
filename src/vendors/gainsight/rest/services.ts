import type { AccountFields, Match, RequestContext, Target } from '../../../domain/operations.ts'
import { sameUserName } from '../../../domain/same.ts'
import { InvalidInput, Unsupported } from '../../../errors.ts'
import { refusesFilter } from '../../http/classify.ts'
import type { ApiRequest } from '../../http/client.ts'
import { inconclusive } from '../../http/collect.ts'
import { asId, asList, asText, definedOnly, field, isRecord, type Rec } from '../../http/values.ts'
import { accountChanged, accountGone } from '../changed.ts'
import { failedRecord } from '../envelope.ts'
import { BUNDLE_ACTION, BUNDLES } from '../rules.ts'
import type { Dialect } from './dialect.ts'
import { type FieldNames, recordOf } from './records.ts'
import { ask, type RestApp, readPage, readRows, refusal } from './request.ts'
import { type AnyOf, anyCase, where } from './where.ts'

/** From support.gainsight.com, "User Management APIs". */
const NAMES: FieldNames = {
  id: 'Gsid',
  userName: 'SFDCUserName',
  email: 'Email',
  givenName: 'FirstName',
  familyName: 'LastName',
  title: 'Title',
  licence: 'LicenseType',
  manager: 'Manager',
  locale: 'Locale',
  timezone: 'Timezone',
  status: 'IsActiveUser',
}
const WRITABLE = Object.entries(NAMES).flatMap(([name, key]) =>
  ['id', 'status'].includes(name) ? [] : [key],
)
const SELECT = [...Object.values(NAMES), 'Name', 'IsSuperAdmin', 'SystemType']

const SERVICES = '/v1/users/services'

const listing = (page: number, size: number, conditions: readonly AnyOf[], select = SELECT) =>
  ({
    method: 'POST',
    path: `${SERVICES}/list`,
    // The POST only reads.
    effect: 'reads',
    body: { includeTotal: true, limit: size, page, orderBy: { Name: 'asc' }, select, ...where(conditions) },
  }) as const satisfies ApiRequest

/** The smallest possible read. */
export const SERVICES_PROBE: ApiRequest = listing(0, 1, [])

/** The REST API at /v1/users/services, which can search. */
export function servicesDialect({ client }: RestApp): Dialect {
  /** Custom attributes set by this server, and whether they were read. A listing returns only what it selects. */
  const custom = new Map<string, 'set' | 'read'>()

  const one = async (id: string, context: RequestContext): Promise<Rec | undefined> => {
    const byId = [[{ name: NAMES.id, value: id }]]
    const read = () => ask(client, listing(0, 2, byId, [...SELECT, ...custom.keys()]), context)
    let answer = await read()
    const unread = [...custom].flatMap(([name, state]) => (state === 'set' ? [name] : []))
    if (!answer.ok && unread.length > 0 && refusesFilter(answer.failure)) {
      // One of the new attributes does not exist.
      for (const name of unread) custom.delete(name)
      answer = await read()
    }
    if (answer.ok) for (const name of custom.keys()) custom.set(name, 'read')
    const { rows } = readRows(answer)
    const found = rows.filter(isRecord).find((row) => asId(field(row, NAMES.id)) === id)
    if (!found && rows.length > 0) throw inconclusive()
    return found
  }

  const noteCustom = (set: AccountFields) => {
    for (const name of Object.keys(set.custom ?? {})) custom.set(name, custom.get(name) ?? 'set')
  }

  const send = async (request: ApiRequest, context: RequestContext): Promise<unknown> => {
    const answer = await ask(client, { method: 'PUT', ...request }, context)
    const failure = answer.ok ? failedRecord(answer.body) : answer.failure
    if (failure) throw refusal(failure, 'writes')
    return answer.ok ? answer.body : undefined
  }
  const setActive = async ({ id }: Target, active: boolean, context: RequestContext): Promise<void> => {
    await send({ path: `${SERVICES}/status`, query: { status: String(active) }, body: [id] }, context)
  }

  return {
    name: 'services',
    names: NAMES,
    one,
    filters: ['userName', 'email', 'status', 'admin'],
    async page({ page, size, match = {} }, context) {
      const conditions = conditionsFor(match)
      const answer = await ask(client, listing(page, size, conditions), context)
      return readPage(answer, { page, filtered: conditions.length > 0 })
    },
    async search(either, size, context) {
      return readPage(await ask(client, listing(0, size, [either]), context), { page: 0, filtered: true })
    },
    check(operation, { status, ...fields }) {
      if (operation === 'createAccount' && status === 'inactive') throw separateStatusChange()
      if (operation === 'updateAccount') checkSeparate(status, fields)
      recordFrom(fields)
      return []
    },
    async create(fields, context) {
      if (fields.status === 'inactive') throw separateStatusChange()
      const { email, userName = email } = fields
      const { status: _, ...rest } = fields
      const { record, action } = recordFrom({ ...rest, ...(userName !== undefined && { userName }) })
      const body = { records: [record], lookups: {}, ...action }
      const reply = await send({ method: 'POST', path: SERVICES, query: { notify: 'false' }, body }, context)
      noteCustom(fields)
      return definedOnly({ id: createdIn(reply) })
    },
    async update(target, { status, ...set }, context) {
      checkSeparate(status, set)
      if (status !== undefined) return setActive(target, status === 'active', context)
      const { record, action } = recordFrom(set)
      const raw = await one(target.id, context)
      if (!raw) throw accountGone()
      const userName = asText(field(raw, 'SFDCUserName'), 320) ?? asText(field(raw, NAMES.email), 320)
      if (!sameUserName(userName, target.userName)) {
        throw accountChanged()
      }
      const body = {
        records: [{ ...writableFields(raw), ...record, [NAMES.id]: target.id }],
        lookups: {},
        ...action,
      }
      await send({ path: SERVICES, query: { key: NAMES.id }, body }, context)
      noteCustom(set)
    },
    setActive,
    // This API has no deletion. Gainsight's other APIs only deactivate on a deletion.
    remove: (target, context) => setActive(target, false, context),
  }
}

/** The id of the only record that was created; the documented reply has just a count. */
function createdIn(reply: unknown): string | undefined {
  const data = field(reply, 'data')
  const [record] = asList(field(data, 'records') ?? data) ?? []
  return asId(field(record, NAMES.id))
}

const conditionsFor = ({ userName, email, status, admin }: Match): AnyOf[] => [
  // The email is the user name of a user without one.
  ...(userName === undefined ? [] : [[...anyCase('SFDCUserName', userName), ...anyCase('Email', userName)]]),
  ...(email === undefined ? [] : [anyCase('Email', email)]),
  ...(status === undefined ? [] : [[{ name: NAMES.status, value: status === 'active' }]]),
  ...(admin === undefined ? [] : [[{ name: 'IsSuperAdmin', value: admin }]]),
]

/** The user's current writable fields, sent along in case an update replaces the whole user. */
const writableFields = (raw: Rec): Rec =>
  Object.fromEntries(
    WRITABLE.flatMap((key) => {
      const value = field(raw, key)
      return typeof value === 'string' && value !== '' ? [[key, value]] : []
    }),
  )

function recordFrom(fields: AccountFields): { record: Rec; action: Rec } {
  if (fields.admin !== undefined) {
    throw new Unsupported(
      "Gainsight's REST API cannot grant or remove super admin.",
      'This needs a SCIM token, or a super admin in Gainsight.',
    )
  }
  const { [BUNDLE_ACTION]: action, ...custom } = fields.custom ?? {}
  // Without an action the app might replace the existing bundles.
  const bundleAction = action ?? (BUNDLES in custom ? 'append' : undefined)
  return {
    record: { ...recordOf(NAMES, fields), ...custom },
    action: bundleAction ? { [BUNDLE_ACTION]: bundleAction } : {},
  }
}

function checkSeparate(status: AccountFields['status'], others: AccountFields): void {
  const some = Object.values(others).some((value) => value !== undefined)
  if (status !== undefined && some) throw separateStatusChange()
}

const separateStatusChange = () =>
  new InvalidInput(
    'Gainsight cannot change the status together with other fields.',
    'Use deactivate_user or reactivate_user, and change the other fields in a separate call.',
  )
