import type { AccountFields, RequestContext, Target } from '../../domain/operations.ts'
import { Conflict, InvalidInput, Refused } from '../../errors.ts'
import { saysDuplicate } from '../http/classify.ts'
import { causeOf, notHere } from '../http/errors.ts'
import { edited } from './edits.ts'
import { editsFor, schemasOf } from './fields.ts'
import { type Asked, ask, refusal, type ScimApp } from './request.ts'

/** Makes an account by a single POST. Throws `Conflict` when the app says that it has such an account already. */
export async function createAccount(
  app: ScimApp,
  fields: AccountFields,
  context: RequestContext,
): Promise<void> {
  const userName = fields.userName ?? fields.email
  if (!userName) {
    throw new InvalidInput('A new account needs a user name or an email.', 'Give its email.')
  }
  const edits = editsFor(app.mapping, { ...fields, userName, status: fields.status ?? 'active' }, {})
  return post(app, 'Users', edited({ schemas: schemasOf(edits) }, edits), context)
}

/** Makes a group by a single POST, with its members. Throws `Conflict` when the app says that it has such a group. */
export const createGroup = (
  app: ScimApp,
  { name, externalId, members }: { name: string; externalId?: string; members: readonly Target[] },
  context: RequestContext,
): Promise<void> => {
  const body = {
    schemas: [GROUP],
    displayName: name,
    ...(externalId !== undefined && { externalId }),
    ...(members.length > 0 && { members: members.map(({ id }) => ({ value: id })) }),
  }
  return post(app, 'Groups', body, context)
}

const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'

const THERE: Readonly<Record<Asked['collection'], readonly [message: string, hint: string]>> = {
  Users: [
    'The app says that it has such an account already.',
    'Look it up with find_user: by user name, email and external id. It may be deactivated or hidden.',
  ],
  Groups: [
    'The app says that it has such a group already.',
    'Look for it with list_groups. It may be hidden from this token.',
  ],
}

async function post(
  app: ScimApp,
  collection: Asked['collection'],
  body: unknown,
  context: RequestContext,
): Promise<void> {
  const answer = await ask(app, { method: 'POST', path: `/${collection}`, body }, context)
  // Some apps answer 200 and have updated the one there was (snipe-it#13854); reading back shows which.
  if (answer.ok) return
  const { failure } = answer
  const cause = causeOf(failure)
  if (saysDuplicate(failure)) throw new Conflict(...THERE[collection], { cause })
  // Nobody was asked for, so it is the collection that is not there, or the app that can't make anybody.
  if (failure.status === 404 && failure.form !== 'scim') throw notHere(failure)
  if (failure.status === 404) {
    throw new Refused('The app refused to make it.', 'Make it in the console of the app.', { cause })
  }
  throw await refusal(app, failure, { collection, effect: 'writes' }, context)
}
