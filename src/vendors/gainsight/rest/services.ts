import type { AccountFields, Match, RequestContext, Target } from '../../../domain/operations.ts'
import { InvalidInput, Unsupported } from '../../../errors.ts'
import { sameText } from '../../../text/text.ts'
import { refusesFilter } from '../../http/classify.ts'
import type { ApiRequest } from '../../http/client.ts'
import { asText, field, isRecord, type Rec } from '../../http/values.ts'
import { gone, renamed } from '../changed.ts'
import { failedRecord } from '../envelope.ts'
import { BUNDLE_ACTION, BUNDLES } from '../rules.ts'
import type { Dialect } from './dialect.ts'
import { type Names, recordOf } from './records.ts'
import { ask, type RestApp, type Rows, readRows, refusal } from './request.ts'
import { type Either, where } from './where.ts'

/** As support.gainsight.com, "User Management APIs", has them. */
const NAMES: Names = {
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

const listing = (page: number, size: number, conditions: readonly Either[], select = SELECT) =>
  ({
    method: 'POST',
    path: `${SERVICES}/list`,
    // Nothing is changed by it.
    effect: 'reads',
    body: { includeTotal: true, limit: size, page, orderBy: { Name: 'asc' }, select, ...where(conditions) },
  }) as const satisfies ApiRequest

/** The smallest read there is. */
export const SERVICES_PROBE: ApiRequest = listing(0, 1, [])

/** The REST API at /v1/users/services, which can search. */
export function servicesDialect({ client }: RestApp): Dialect {
  /** Custom attributes that were set from here; a listing tells what it is asked for and no more. */
  const custom = new Set<string>()

  const one = async (id: string, context: RequestContext): Promise<Rec | undefined> => {
    const byId = [[{ name: NAMES.id, value: id }]]
    let answer = await ask(client, listing(0, 2, byId, [...SELECT, ...custom]), context)
    if (!answer.ok && custom.size > 0 && refusesFilter(answer.failure)) {
      // One of the attributes does not exist.
      custom.clear()
      answer = await ask(client, listing(0, 2, byId), context)
    }
    return readRows(answer)
      .rows.filter(isRecord)
      .find((row) => field(row, NAMES.id) === id)
  }

  const send = async (request: ApiRequest, context: RequestContext): Promise<void> => {
    const answer = await ask(client, { method: 'PUT', ...request }, context)
    const failure = answer.ok ? failedRecord(answer.body) : answer.failure
    if (failure) throw refusal(failure, 'writes')
  }
  const setActive = ({ id }: Target, active: boolean, context: RequestContext): Promise<void> =>
    send({ path: `${SERVICES}/status`, query: { status: String(active) }, body: [id] }, context)

  return {
    names: NAMES,
    one,
    async page({ page, size, match = {} }, context): Promise<Rows> {
      const conditions = conditionsFor(match)
      const answer = await ask(client, listing(page, size, conditions), context)
      if (answer.ok || conditions.length === 0 || !refusesFilter(answer.failure)) return readRows(answer)
      return { ...readRows(await ask(client, listing(page, size, []), context)), unfiltered: true }
    },
    async search(who, size, context) {
      const known = who.includes('@') ? [] : [{ name: NAMES.id, value: who }]
      const condition = [...anyCase('Email', who), ...anyCase('SFDCUserName', who), ...known]
      const answer = await ask(client, listing(0, size, [condition]), context)
      return !answer.ok && refusesFilter(answer.failure) ? undefined : readRows(answer)
    },
    async create(fields, context) {
      if (fields.status === 'inactive') throw apart()
      const { email, userName = email } = fields
      const { status: _, ...rest } = fields
      const { record, action } = recordFrom({ ...rest, ...(userName !== undefined && { userName }) })
      const body = { records: [record], lookups: {}, ...action }
      await send({ method: 'POST', path: SERVICES, query: { notify: 'false' }, body }, context)
      for (const name of Object.keys(fields.custom ?? {})) custom.add(name)
    },
    async update(target, { status, ...set }, context) {
      const others = Object.values(set).some((value) => value !== undefined)
      if (status !== undefined && others) throw apart()
      if (status !== undefined) return setActive(target, status === 'active', context)
      const { record, action } = recordFrom(set)
      const raw = await one(target.id, context)
      if (!raw) throw gone()
      const userName = asText(field(raw, 'SFDCUserName'), 320) ?? asText(field(raw, NAMES.email), 320)
      if (!sameText(userName, target.userName)) {
        throw renamed()
      }
      const body = { records: [{ ...held(raw), ...record, [NAMES.id]: target.id }], lookups: {}, ...action }
      await send({ path: SERVICES, query: { key: NAMES.id }, body }, context)
      for (const name of Object.keys(set.custom ?? {})) custom.add(name)
    },
    setActive,
    // There is no deletion by this API; what is called so elsewhere at Gainsight deactivates.
    remove: (target, context) => setActive(target, false, context),
  }
}

const anyCase = (name: string, value: string): Either =>
  [...new Set([value, value.toLowerCase()])].map((one) => ({ name, value: one }))

const conditionsFor = ({ userName, email, status, admin }: Match): Either[] => [
  // A user without a user name of its own has the email for one.
  ...(userName === undefined ? [] : [[...anyCase('SFDCUserName', userName), ...anyCase('Email', userName)]]),
  ...(email === undefined ? [] : [anyCase('Email', email)]),
  ...(status === undefined ? [] : [[{ name: NAMES.status, value: status === 'active' }]]),
  ...(admin === undefined ? [] : [[{ name: 'IsSuperAdmin', value: admin }]]),
]

/** What can be written of a user as it is: a version that takes a record for the whole user must not lose the rest. */
const held = (raw: Rec): Rec =>
  Object.fromEntries(
    WRITABLE.flatMap((key) => {
      const value = field(raw, key)
      return typeof value === 'string' && value !== '' ? [[key, value]] : []
    }),
  )

function recordFrom(fields: AccountFields): { record: Rec; action: Rec } {
  if (fields.admin !== undefined) {
    throw new Unsupported(
      "Gainsight's REST API can not make super admins or unmake them.",
      'It takes a SCIM token, or a super admin in Gainsight.',
    )
  }
  const { [BUNDLE_ACTION]: action, ...custom } = fields.custom ?? {}
  // Left to the app, bundles might replace those there are.
  const asked = action ?? (BUNDLES in custom ? 'append' : undefined)
  return {
    record: { ...recordOf(NAMES, fields), ...custom },
    action: asked ? { [BUNDLE_ACTION]: asked } : {},
  }
}

const apart = () =>
  new InvalidInput(
    'Gainsight changes whether a user is active apart from all else.',
    'Use deactivate_user or reactivate_user, and change the rest in a call of its own.',
  )
