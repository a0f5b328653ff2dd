import type { RequestContext, Target } from '../../domain/operations.ts'
import { type IdentityError, NotFound, UnknownOutcome } from '../../errors.ts'
import { refusesForm } from '../http/classify.ts'
import { path } from '../http/client.ts'
import { causeOf } from '../http/errors.ts'
import type { Failure } from '../http/reply.ts'
import { quoted } from './filter.ts'
import { PATCH_OP } from './patch.ts'
import { ask, isAbsent, refusal, type ScimApp } from './request.ts'
import type { ScimSettings } from './settings.ts'

/** AWS IAM Identity Center accepts no more in one request. */
const MAX_MEMBERS_PER_REQUEST = 100

interface MemberChange {
  op: 'add' | 'remove'
  id: string
}

/** Adds and removes members of a group. Never sends the whole member list. */
export async function updateMembers(
  app: ScimApp,
  { group, add, remove }: { group: { id: string }; add: readonly Target[]; remove: readonly Target[] },
  context: RequestContext,
): Promise<void> {
  const changes: MemberChange[] = [
    ...add.map(({ id }) => ({ op: 'add' as const, id })),
    ...remove.map(({ id }) => ({ op: 'remove' as const, id })),
  ]
  for (let done = 0; done < changes.length; done += MAX_MEMBERS_PER_REQUEST) {
    try {
      await sendChanges(app, group.id, changes.slice(done, done + MAX_MEMBERS_PER_REQUEST), context)
    } catch (error) {
      if (done === 0 || error instanceof UnknownOutcome) throw error
      throw new UnknownOutcome(
        'The app made a part of the change, but not the rest.',
        'Look at the members of the group before you do anything else.',
        { cause: error },
      )
    }
  }
}

async function sendChanges(
  app: ScimApp,
  group: string,
  changes: readonly MemberChange[],
  context: RequestContext,
): Promise<void> {
  const of = (op: MemberChange['op']) => changes.filter((change) => change.op === op).map(({ id }) => id)
  const send = (shape: ScimSettings['memberRemoveShape']) => {
    const Operations = [...adding(of('add')), ...removing(of('remove'), shape)]
    const body = { schemas: [PATCH_OP], Operations }
    return ask(app, { method: 'PATCH', path: path`/Groups/${group}`, body }, context)
  }
  const shape = (await app.memberShape?.get()) ?? app.settings.memberRemoveShape
  let answer = await send(shape)
  // Never the other way round: an app that takes no filter may take an array for all members (RFC 7644 §3.5.2.2).
  const isRefused = !answer.ok && answer.failure.status === 400 && refusesForm(answer.failure, ['members'])
  if (isRefused && shape === 'array' && of('remove').length > 0) {
    answer = await send('filter')
    if (answer.ok) app.memberShape?.accepted(group, of('remove'))
  }
  if (!answer.ok) throw await membersError(app, answer.failure, context)
}

const adding = (ids: readonly string[]) =>
  ids.length === 0 ? [] : [{ op: 'add', path: 'members', value: ids.map((value) => ({ value })) }]

/** In RFC 7644 §3.5.2.2 a path without a filter removes all members. Apps that want an array remove only its items. */
function removing(ids: readonly string[], shape: ScimSettings['memberRemoveShape']) {
  if (ids.length === 0) return []
  return shape === 'array'
    ? [{ op: 'remove', path: 'members', value: ids.map((value) => ({ value })) }]
    : ids.map((id) => ({ op: 'remove', path: `members[value eq ${quoted(id)}]` }))
}

async function membersError(app: ScimApp, failure: Failure, context: RequestContext): Promise<IdentityError> {
  if (!isAbsent(app, failure))
    return refusal(app, failure, { collection: 'Groups', effect: 'writes' }, context)
  return new NotFound(
    'The app did not find the group, or one of the users to add or remove.',
    'Look up the group with list_groups and the users with find_user.',
    { cause: causeOf(failure) },
  )
}
