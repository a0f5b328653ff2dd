import type { AccountFields, Created, RequestContext, Target } from '../../domain/operations.ts'
import { Conflict, InvalidInput, Refused, UnknownOutcome } from '../../errors.ts'
import { saysDuplicate } from '../http/classify.ts'
import { causeOf, scimNotServed } from '../http/errors.ts'
import { asId, definedOnly, field } from '../http/values.ts'
import { edited } from './edits.ts'
import { editsFor, schemasOf, takesField } from './fields.ts'
import { membersPerRequest, updateMembers } from './members.ts'
import { ask, refusal, type ScimApp, type ScimRequestInfo } from './request.ts'

/** Creates an account with one POST. Throws `Conflict` if the app says that the account already exists. */
export async function createAccount(
  app: ScimApp,
  fields: AccountFields,
  context: RequestContext,
): Promise<Created> {
  const userName = fields.userName ?? fields.email
  if (!userName) {
    throw new InvalidInput('A new account needs a user name or an email.', 'Give its email.')
  }
  const edits = editsFor(app.mapping, withMadeNames(app, fields), {})
  return post(app, 'Users', edited({ schemas: schemasOf(edits) }, edits), context)
}

/**
 * The fields of a new account with those that follow from the others. AWS IAM Identity Center, PagerDuty and monday create
 * nobody without a display name; Asana shows only the formatted one.
 */
export function withMadeNames(app: Pick<ScimApp, 'mapping'>, fields: AccountFields): AccountFields {
  const { givenName = '', familyName = '', userName = fields.email, status = 'active' } = fields
  const fullName = `${givenName} ${familyName}`.trim()
  const made = (['displayName', 'formattedName'] as const).filter(
    (name) => fullName !== '' && takesField(app.mapping, name),
  )
  return {
    ...Object.fromEntries(made.map((name) => [name, fullName])),
    ...fields,
    ...(userName && { userName }),
    status,
  }
}

/** Creates a group and its members with one POST, and further members as updates. Throws `Conflict` if the app says that the group already exists. */
export async function createGroup(
  app: ScimApp,
  { name, externalId, members: all }: { name: string; externalId?: string; members: readonly Target[] },
  context: RequestContext,
): Promise<Created> {
  const most = membersPerRequest(app)
  const members = all.slice(0, most)
  const body = {
    schemas: [GROUP_SCHEMA],
    displayName: name,
    ...(externalId !== undefined && { externalId }),
    ...(members.length > 0 && { members: members.map(({ id }) => ({ value: id })) }),
  }
  const made = await post(app, 'Groups', body, context)
  if (all.length > most) await addRest(app, made, all.slice(most), context)
  return made
}

/** Adds the members of a new group that did not fit into one request with it. */
async function addRest(
  app: ScimApp,
  { id }: Created,
  rest: readonly Target[],
  context: RequestContext,
): Promise<void> {
  const unfinished = (cause?: unknown) =>
    new UnknownOutcome(
      'The app made the group, but not with all of its members.',
      'Look at the members of the group before you do anything else.',
      { cause },
    )
  if (id === undefined) throw unfinished()
  await updateMembers(app, { group: { id }, add: rest, remove: [] }, context).catch((error) => {
    throw unfinished(error)
  })
}

const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group'

const ALREADY_EXISTS: Readonly<
  Record<ScimRequestInfo['collection'], readonly [message: string, hint: string]>
> = {
  Users: [
    'The app says that this account already exists.',
    'Look it up with find_user by user name, email and external id. It may be deactivated or hidden.',
  ],
  Groups: [
    'The app says that this group already exists.',
    'Look for it with list_groups. It may be hidden from this token.',
  ],
}

async function post(
  app: ScimApp,
  collection: ScimRequestInfo['collection'],
  body: unknown,
  context: RequestContext,
): Promise<Created> {
  const answer = await ask(app, { method: 'POST', path: `/${collection}`, body }, context)
  // Some apps update an existing record and answer 200 (snipe-it#13854); reading back detects this.
  if (answer.ok) return definedOnly({ id: asId(field(answer.body, 'id')) })
  const { failure } = answer
  const cause = causeOf(failure)
  if (saysDuplicate(failure)) throw new Conflict(...ALREADY_EXISTS[collection], { cause })
  // A POST names no record, so the collection is missing, or the app cannot create records.
  if (failure.status === 404 && failure.form !== 'scim') throw scimNotServed(failure)
  if (failure.status === 404) {
    throw new Refused('The app refused to create it.', 'Create it in the app’s console.', { cause })
  }
  throw await refusal(app, failure, { collection, effect: 'writes' }, context)
}
