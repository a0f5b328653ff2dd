import { type Directory, membershipsOf, type ScimUser } from '../directory.ts'
import { type Incoming, isObject, parseJson, type Reply, type Route } from '../http-types.ts'
import { ENTERPRISE, type Shape, takePart, type Values } from '../scim/schema.ts'
import { GAINSIGHT, ROLES } from './account.ts'
import { emailOf, keep, textOf } from './accounts.ts'
import { type Code, GainsightError, inEnvelope, misasked } from './envelope.ts'

const BASE = '/v1/users'
const DEFAULT_USERS_PER_PAGE = 100
const MAX_USERS_PER_PAGE = 1_000

/** What a PUT does with absent fields: "full or partial update behavior varies by version". */
export type PutUpdates = 'partial' | 'full'

/** The paths of stitchflow.com's Gainsight API guide, where DELETE deactivates. */
export function usersDialect(directory: Directory, custom: Shape, updates: PutUpdates): Route[] {
  const find = (id: string): ScimUser => {
    const user = directory.users.get(id)
    if (!user) throw new GainsightError('GU_2403')
    return user
  }
  const show = (user: ScimUser) => recordOf(user, membershipsOf(directory))
  const showAll = (users: ScimUser[]) => {
    const memberships = membershipsOf(directory)
    return users.map((user) => recordOf(user, memberships))
  }
  const routes: Route[] = [
    { method: 'GET', path: BASE, run: (incoming) => page(incoming, [...directory.users.values()], showAll) },
    {
      method: 'POST',
      path: BASE,
      run(incoming) {
        const body = bodyOf(incoming, 'GU_2401')
        for (const name of ['email', 'firstName', 'lastName', 'role']) textOf(body[name], name, 'GU_2401')
        return ok(show(keep(directory, userFromBody(custom, undefined, body, 'GU_2401'))))
      },
    },
    { method: 'GET', path: `${BASE}/:id`, run: (_, id) => ok(show(find(id))) },
    {
      method: 'PUT',
      path: `${BASE}/:id`,
      run(incoming, id) {
        const user = find(id)
        const kept = updates === 'partial' ? user : resetUser(user)
        const body = bodyOf(incoming, 'GU_2402')
        const changed = keep(directory, { ...userFromBody(custom, kept, body, 'GU_2402'), id })
        if (body.groups !== undefined) putIntoGroups(directory, id, body.groups)
        return ok(show(changed))
      },
    },
    {
      method: 'DELETE',
      path: `${BASE}/:id`,
      run(_, id) {
        keep(directory, { ...find(id), active: false })
        return { status: 200, body: { result: true, message: 'User deactivated successfully.' } }
      },
    },
  ]
  return routes.map((route) => ({ ...route, run: inEnvelope(route.run) }))
}

const ok = (data: unknown): Reply => ({ status: 200, body: { result: true, data } })

export function bodyOf({ text }: Incoming, code: Code): Values {
  const body = parseJson(text)
  if (!isObject(body)) throw new GainsightError(code, 'The body must be a JSON object')
  return body
}

function page({ query }: Incoming, users: ScimUser[], show: (users: ScimUser[]) => unknown): Reply {
  const [number, size] = [
    query.get('page') ?? '1',
    query.get('pageSize') ?? String(DEFAULT_USERS_PER_PAGE),
  ].map(Number)
  const wanted = query.get('isActive')
  const isWhole = (one: number | undefined) => Number.isInteger(one) && Number(one) >= 1
  if (!isWhole(number) || !isWhole(size)) throw misasked('page and pageSize must be whole numbers from 1')
  const found = wanted === null ? users : users.filter(({ active }) => String(active ?? false) === wanted)
  const rows = Math.min(Number(size), MAX_USERS_PER_PAGE)
  const start = (Number(number) - 1) * rows
  return {
    status: 200,
    body: { result: true, data: show(found.slice(start, start + rows)), totalCount: found.length },
  }
}

const recordOf = (user: ScimUser, memberships: ReturnType<typeof membershipsOf>) => ({
  userId: user.id,
  email: emailOf(user),
  firstName: user.name?.givenName,
  lastName: user.name?.familyName,
  name: user.displayName,
  isActive: user.active ?? false,
  role: user.roles?.[0]?.value,
  userType: user.userType,
  phone: user.phoneNumbers?.[0]?.value,
  title: user.title,
  department: user[ENTERPRISE]?.department,
  managerId: user[ENTERPRISE]?.manager?.value,
  timezone: user.timezone,
  locale: user.locale,
  externalId: user.externalId,
  groups: (memberships.get(user.id) ?? []).map(({ display }) => display),
  customAttributes: user[GAINSIGHT],
})

/** Puts somebody into the groups of these names, and takes them out of all others. */
function putIntoGroups(directory: Directory, id: string, names: unknown): void {
  const groups = [...directory.groups.values()]
  const wanted = Array.isArray(names) ? names.map((name) => textOf(name, 'groups', 'GU_2402')) : undefined
  if (!wanted?.every((name) => groups.some(({ displayName }) => displayName === name)))
    throw new GainsightError('GU_2402', 'groups must be names of groups')
  for (const group of groups) {
    const others = (group.members ?? []).filter(({ value }) => value !== id)
    group.members = wanted.includes(group.displayName) ? [...others, { value: id }] : others
  }
}

/** A user after a full update without fields. */
const resetUser = ({ id, userName, emails, externalId }: ScimUser): ScimUser => ({
  id,
  userName,
  active: true,
  ...(emails && { emails }),
  ...(externalId !== undefined && { externalId }),
})

const MAIN_TEXT_FIELDS = [
  'firstName',
  'lastName',
  'name',
  'email',
  'role',
  'userType',
  'phone',
  'title',
] as const
const MORE_TEXT_FIELDS = ['department', 'managerId', 'timezone', 'locale', 'externalId'] as const

/** The user `kept` with the fields of `body` applied. Drops undefined custom attributes. */
function userFromBody(
  custom: Shape,
  kept: ScimUser | undefined,
  body: Values,
  code: Code,
): Omit<ScimUser, 'id'> {
  const text = (name: (typeof MAIN_TEXT_FIELDS)[number] | (typeof MORE_TEXT_FIELDS)[number]) =>
    body[name] === undefined || body[name] === null ? undefined : textOf(body[name], name, code)
  const [email, role] = [text('email'), text('role')]
  if (role !== undefined && !ROLES.some((known) => known === role))
    throw new GainsightError(code, 'Role not found')
  if (body.isActive !== undefined && typeof body.isActive !== 'boolean')
    throw new GainsightError(code, 'isActive must be a boolean')
  const { IsSuperAdmin: _, ...fields } = partOf(custom, body.customAttributes, code)
  const phone = text('phone')
  return defined({
    ...kept,
    userName: kept?.userName ?? email ?? '',
    active: body.isActive ?? kept?.active ?? true,
    emails: email === undefined ? kept?.emails : [{ type: 'work', value: email, primary: true }],
    name: defined({
      ...kept?.name,
      ...defined({ givenName: text('firstName'), familyName: text('lastName') }),
    }),
    displayName: text('name') ?? kept?.displayName,
    roles: role === undefined ? kept?.roles : [{ value: role }],
    userType: text('userType') ?? kept?.userType,
    phoneNumbers: phone === undefined ? kept?.phoneNumbers : [{ value: phone }],
    title: text('title') ?? kept?.title,
    timezone: text('timezone') ?? kept?.timezone,
    locale: text('locale') ?? kept?.locale,
    externalId: text('externalId') ?? kept?.externalId,
    [ENTERPRISE]: defined({
      ...kept?.[ENTERPRISE],
      ...defined({ department: text('department') }),
      ...(text('managerId') !== undefined && { manager: { value: text('managerId') ?? '' } }),
    }),
    [GAINSIGHT]: { ...kept?.[GAINSIGHT], ...fields },
  })
}

/** The custom fields in `given`. Throws a `GainsightError` for an invalid value. */
export function partOf(custom: Shape, given: unknown, code: Code): Values {
  if (given === undefined || given === null) return {}
  try {
    return takePart(custom, given, 'customAttributes')
  } catch (error) {
    throw new GainsightError(code, error instanceof Error ? error.message : undefined)
  }
}

/** Without the attributes that are `undefined`. */
export const defined = <Part extends object>(part: Part) =>
  Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Part]: Exclude<Part[Key], undefined>
  } // only `undefined` was removed
