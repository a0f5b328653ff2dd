import type { Directory, ScimUser } from '../directory.ts'
import { type Incoming, isObject, parseJson, type Reply, type Route } from '../http-types.ts'
import { ENTERPRISE, type Shape, type Values } from '../scim/schema.ts'
import { GAINSIGHT } from './account.ts'
import { isSuperAdmin, keep, textOf } from './accounts.ts'
import { type Code, GainsightError, inEnvelope, misasked, success } from './envelope.ts'
import { listUsers } from './services-list.ts'
import { bodyOf, defined, partOf } from './users-dialect.ts'

const BASE = '/v1/users/services'
const MAX_RECORDS_PER_BATCH = 50

/** The paths of support.gainsight.com, "User Management APIs". Where it shows no reply, the reply has a count. */
export function servicesDialect(
  directory: Directory,
  custom: Shape,
  bundles: Map<string, string[]>,
): Route[] {
  const fields = Object.keys(custom)
  const routes: Route[] = [
    {
      method: 'POST',
      path: BASE,
      run: (incoming) =>
        batch(recordsOf(incoming, 'GU_2401'), 'GU_2401', (record) => {
          for (const name of ['Email', 'LastName']) textOf(record[name], name, 'GU_2401')
          const user = keep(directory, userFromRecord(custom, undefined, record, 'GU_2401'))
          assignBundles(bundles, user.id, record.permissionBundles, incoming)
        }),
    },
    {
      method: 'PUT',
      path: BASE,
      run(incoming) {
        const key = incoming.query.get('key') ?? ''
        if (!UPDATE_KEYS.includes(key)) throw new GainsightError('GU_2409')
        return batch(recordsOf(incoming, 'GU_2402'), 'GU_2402', (record) => {
          const user = findByKey(directory, key, textOf(record[key], key, 'GU_2402'))
          if (isSuperAdmin(user, GAINSIGHT))
            throw new GainsightError('GU_2402', 'A super admin cannot be updated')
          keep(directory, { ...userFromRecord(custom, user, record, 'GU_2402'), id: user.id })
          assignBundles(bundles, user.id, record.permissionBundles, incoming)
        })
      },
    },
    {
      method: 'PUT',
      path: `${BASE}/status`,
      run({ query, text }) {
        const [status, ids] = [query.get('status'), parseJson(text)]
        if (status !== 'true' && status !== 'false') throw misasked('status must be true or false')
        if (!Array.isArray(ids)) throw new GainsightError('GU_2402', 'The body must be a list of Gsids')
        return batch(ids, 'GU_2402', (id) => {
          const user = findByKey(directory, 'Gsid', textOf(id, 'Gsid', 'GU_2402'))
          keep(directory, { ...user, active: status === 'true' })
        })
      },
    },
    { method: 'POST', path: LIST, run: (incoming) => listUsers(incoming, directory, fields) },
  ]
  return routes.map((route) => ({ ...route, run: inEnvelope(route.run) }))
}

/** Only reads, although it is a POST. */
export const LIST = `${BASE}/list`

const UPDATE_KEYS = ['SFDCUserName', 'Gsid', 'SfdcUserId']

function findByKey({ users }: Directory, key: string, value: string): ScimUser {
  const found =
    key === 'Gsid'
      ? users.get(value)
      : [...users.values()].find(({ userName }) => key === 'SFDCUserName' && userName === value)
  if (!found) throw new GainsightError('GU_2402', 'User not found')
  return found
}

function recordsOf(incoming: Incoming, code: Code): unknown[] {
  const { records } = bodyOf(incoming, code)
  if (!Array.isArray(records)) throw new GainsightError(code, 'records must be a list')
  return records
}

/** Runs each item on its own. The reply succeeds and lists the failed items, unless all of them fail. */
function batch<Item>(items: readonly Item[], code: Code, run: (item: Item & Values) => void): Reply {
  if (items.length === 0 || items.length > MAX_RECORDS_PER_BATCH)
    throw new GainsightError(code, `A batch has 1 to ${MAX_RECORDS_PER_BATCH} records`)
  const errors = items.flatMap((item, index) => {
    try {
      if (typeof item !== 'string' && !isObject(item)) throw new GainsightError(code, 'Not a record')
      run(item as Item & Values) // an id or an object
      return []
    } catch (error) {
      if (!(error instanceof GainsightError)) throw error
      return [{ index, errorCode: error.code, errorDesc: error.message }]
    }
  })
  const data = { count: items.length - errors.length, errors: errors.length > 0 ? errors : null }
  if (data.count > 0) return success(data)
  const codes = new Set(errors.map(({ errorCode }) => errorCode))
  const [first = code] = codes.size === 1 ? codes : [code]
  throw new GainsightError(first, errors[0]?.errorDesc, { data })
}

/** Assigns permission bundles; `overwrite` removes the others. */
function assignBundles(bundles: Map<string, string[]>, id: string, given: unknown, incoming: Incoming): void {
  if (!Array.isArray(given)) return
  const { permissionBundleAction: action = 'append' } = bodyOf(incoming, 'GU_2402')
  if (action !== 'append' && action !== 'overwrite')
    throw new GainsightError('GU_2402', 'permissionBundleAction must be append or overwrite')
  const before = action === 'append' ? (bundles.get(id) ?? []) : []
  bundles.set(id, [...new Set([...before, ...given.map(String)])])
}

/** The user `kept` with the fields of `record` applied. */
function userFromRecord(
  custom: Shape,
  kept: ScimUser | undefined,
  record: Values,
  code: Code,
): Omit<ScimUser, 'id'> {
  if (record.IsSuperAdmin !== undefined) throw new GainsightError(code, 'IsSuperAdmin cannot be set')
  const text = (name: string) =>
    record[name] === undefined || record[name] === null ? undefined : textOf(record[name], name, code)
  const [email, manager] = [text('Email'), text('Manager')]
  const own = Object.fromEntries(Object.keys(custom).map((name) => [name, record[name]]))
  const named = defined({ givenName: text('FirstName'), familyName: text('LastName') })
  return defined({
    ...kept,
    userName: text('SFDCUserName') ?? kept?.userName ?? email ?? '',
    active: typeof record.IsActiveUser === 'boolean' ? record.IsActiveUser : (kept?.active ?? true),
    emails: email === undefined ? kept?.emails : [{ type: 'work', value: email, primary: true }],
    name: { ...kept?.name, ...named },
    displayName: text('Name') ?? (Object.keys(named).length > 0 ? undefined : kept?.displayName),
    userType: text('SystemType') ?? kept?.userType,
    timezone: text('Timezone') ?? kept?.timezone,
    title: text('Title') ?? kept?.title,
    locale: text('Locale') ?? kept?.locale,
    [ENTERPRISE]: { ...kept?.[ENTERPRISE], ...(manager !== undefined && { manager: { value: manager } }) },
    [GAINSIGHT]: { ...kept?.[GAINSIGHT], ...partOf(custom, defined(own), code) },
  })
}
