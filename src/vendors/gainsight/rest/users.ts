import type { AccountFields, RequestContext, Target } from '../../../domain/operations.ts'
import { sameAddress, sameUserName } from '../../../domain/same.ts'
import { BadReply, InvalidInput, Unsupported } from '../../../errors.ts'
import { plainText, sameText } from '../../../text/text.ts'
import { type ApiRequest, path } from '../../http/client.ts'
import { asId, definedOnly, field, isRecord, type Rec } from '../../http/values.ts'
import { REPLACES_ALL } from '../../scim/forms.ts'
import { accountChanged, accountGone } from '../changed.ts'
import { isAboutBundles } from '../rules.ts'
import type { Dialect } from './dialect.ts'
import { type FieldNames, namesIn, recordOf } from './records.ts'
import { ask, isAbsent, type RestApp, readPage, refusal } from './request.ts'

/** From stitchflow.com's Gainsight API guide (2026-03-11). */
const NAMES: FieldNames = {
  id: 'userId',
  email: 'email',
  givenName: 'firstName',
  familyName: 'lastName',
  displayName: 'name',
  title: 'title',
  department: 'department',
  role: 'role',
  manager: 'managerId',
  externalId: 'externalId',
  locale: 'locale',
  timezone: 'timezone',
  phone: 'phone',
  status: 'isActive',
}

/** The smallest possible read. */
export const USERS_PROBE: ApiRequest = { path: '/v1/users', query: { page: 1, pageSize: 1 } }

/** The REST API at /v1/users, which cannot search. */
export function usersDialect({ client }: RestApp): Dialect {
  const one = async (id: string, context: RequestContext): Promise<Rec | undefined> => {
    const answer = await ask(client, { path: path`/v1/users/${id}` }, context)
    if (!answer.ok) {
      if (isAbsent(answer.failure)) return undefined
      throw refusal(answer.failure, 'reads')
    }
    const data = field(answer.body, 'data')
    if (isRecord(data)) return data
    throw new BadReply('Gainsight answered with something that is no user.', 'Check `url` of this tenant.')
  }

  const send = async (
    request: ApiRequest,
    fields: AccountFields,
    context: RequestContext,
  ): Promise<unknown> => {
    const answer = await ask(client, request, context)
    if (answer.ok) return answer.body
    const { status, said } = answer.failure
    if (status === 400 && fields.role !== undefined && /\brole\b/i.test(said)) throw noSuchRole(fields.role)
    throw refusal(answer.failure, 'writes')
  }

  /** Sends the whole user: PUT replaces it in some versions and changes parts of it in others. */
  const change = async (
    target: Target,
    { set = {}, changed }: { set?: AccountFields; changed: (raw: Rec) => Rec | undefined },
    context: RequestContext,
  ): Promise<void> => {
    const raw = await one(target.id, context)
    if (!raw) throw accountGone()
    const email = field(raw, NAMES.email)
    if (typeof email !== 'string' || !sameUserName(email, target.userName)) throw accountChanged()
    const body = changed(raw)
    if (body) await send({ method: 'PUT', path: path`/v1/users/${target.id}`, body }, set, context)
  }
  const put = async (target: Target, set: AccountFields, context: RequestContext): Promise<void> => {
    const changes = recordFrom(set)
    await change(target, { set, changed: (raw) => merged(raw, changes) }, context)
  }

  return {
    name: 'users',
    names: NAMES,
    one,
    filters: ['status'],
    async page({ page, size, match = {} }, context) {
      const { status } = match
      // Pages start at 1. Inactive users are included unless filtered out.
      const isActive = status && String(status === 'active')
      const query = { page: page + 1, pageSize: size, isActive }
      const answer = await ask(client, { path: '/v1/users', query }, context)
      return readPage(answer, { page, filtered: isActive !== undefined })
    },
    check(operation, fields) {
      if (operation === 'createAccount') mustHaveRole(fields)
      recordFrom(fields)
      return operation === 'createAccount' || operation === 'deleteAccount' ? [] : [REPLACES_ALL]
    },
    async create(fields, context) {
      mustHaveRole(fields)
      const body = await send(
        { method: 'POST', path: '/v1/users', body: recordFrom(fields) },
        fields,
        context,
      )
      // support.gainsight.com, "User Management APIs"; a look-up would read the whole list, since there is no search.
      return definedOnly({ id: asId(field(field(body, 'data'), NAMES.id)) })
    },
    update: put,
    setActive: (target, active, context) => put(target, { status: active ? 'active' : 'inactive' }, context),
    async remove({ id }, context) {
      await send({ method: 'DELETE', path: path`/v1/users/${id}` }, {}, context)
    },
    setGroup: (target, { group, isIn }, context) =>
      change(target, { changed: (raw) => withGroup(raw, group, isIn) }, context),
  }
}

function mustHaveRole({ role }: AccountFields): void {
  if (role) return
  throw new InvalidInput('Gainsight requires a role for a new user.', 'Give `role`, spelled as in Gainsight.')
}

/** The email is the user name here. */
function recordFrom({ userName, ...fields }: AccountFields): Rec {
  const { email = userName, custom } = fields
  if (userName !== undefined && !sameAddress(email, userName)) {
    throw new InvalidInput('At Gainsight the email is the user name.', 'Give only the email.')
  }
  if (custom && Object.keys(custom).some(isAboutBundles)) {
    throw new Unsupported(
      'This REST API cannot set permission bundles.',
      'Set them in Gainsight under Administration > User Management > Permission Bundles.',
    )
  }
  return {
    ...recordOf(NAMES, { ...fields, ...(email !== undefined && { email }) }),
    ...(custom && { customAttributes: custom }),
  }
}

/** The whole user with the changes applied. The id is in the path. A full name that would be outdated is left out. */
function merged({ userId: _, name, ...raw }: Rec, { customAttributes, ...changes }: Rec): Rec {
  const renames = 'firstName' in changes || 'lastName' in changes
  const outdated = renames && name === `${raw.firstName} ${raw.lastName}`
  const held = raw.customAttributes
  return {
    ...raw,
    ...(name !== undefined && !outdated && { name }),
    ...changes,
    ...(isRecord(customAttributes) && {
      customAttributes: { ...(isRecord(held) && held), ...customAttributes },
    }),
  }
}

/** The whole user, in the group or out of it; undefined if that is so already. */
function withGroup(raw: Rec, group: string, isIn: boolean): Rec | undefined {
  const names = namesIn(raw)
  if (!names) {
    throw new BadReply(
      'The record of this user does not tell its groups, so a change could lose some.',
      'Change the groups in Gainsight.',
    )
  }
  const others = names.filter((name) => !sameText(name, group))
  if (isIn === others.length < names.length) return undefined
  return merged(raw, { groups: isIn ? [...names, group] : others })
}

const noSuchRole = (role: string) =>
  new InvalidInput(
    `Gainsight has no role "${plainText(role, 64)}".`,
    'Spell the role exactly as in Gainsight, including capital letters; see Administration > User Management.',
  )
