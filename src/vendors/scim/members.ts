import type { RequestContext, Target } from '../../domain/operations.ts'
import { type IdentityError, NotFound, UnknownOutcome } from '../../errors.ts'
import { path } from '../http/client.ts'
import { causeOf } from '../http/errors.ts'
import type { Failure } from '../http/reply.ts'
import { quoted } from './filter.ts'
import { PATCH_OP } from './patch.ts'
import { ask, isAbsent, refusal, type ScimApp } from './request.ts'
import type { ScimSettings } from './settings.ts'

/** AWS IAM Identity Center takes no more in one request, and others less well. */
const AT_ONCE = 100

interface Step {
  op: 'add' | 'remove'
  id: string
}

/** Changes who is in a group by what is added and removed alone; the members as a whole are never sent. */
export async function updateMembers(
  app: ScimApp,
  { group, add, remove }: { group: { id: string }; add: readonly Target[]; remove: readonly Target[] },
  context: RequestContext,
): Promise<void> {
  const steps: Step[] = [
    ...add.map(({ id }) => ({ op: 'add' as const, id })),
    ...remove.map(({ id }) => ({ op: 'remove' as const, id })),
  ]
  for (let done = 0; done < steps.length; done += AT_ONCE) {
    try {
      await send(app, group.id, steps.slice(done, done + AT_ONCE), context)
    } catch (error) {
      if (done === 0 || error instanceof UnknownOutcome) throw error
      throw new UnknownOutcome(
        'A part of the change was made, and the rest of it was not.',
        'Look at the members of the group before doing anything else.',
        { cause: error },
      )
    }
  }
}

async function send(
  app: ScimApp,
  group: string,
  steps: readonly Step[],
  context: RequestContext,
): Promise<void> {
  const of = (op: Step['op']) => steps.filter((step) => step.op === op).map(({ id }) => id)
  const Operations = [...adding(of('add')), ...removing(of('remove'), app.settings.memberRemoveShape)]
  const body = { schemas: [PATCH_OP], Operations }
  const answer = await ask(app, { method: 'PATCH', path: path`/Groups/${group}`, body }, context)
  if (!answer.ok) throw await whyNot(app, answer.failure, context)
}

const adding = (ids: readonly string[]) =>
  ids.length === 0 ? [] : [{ op: 'add', path: 'members', value: ids.map((value) => ({ value })) }]

/** By RFC 7644 §3.5.2.2 a path without a filter takes everybody out; the apps that want an array do not read it so. */
function removing(ids: readonly string[], shape: ScimSettings['memberRemoveShape']) {
  if (ids.length === 0) return []
  return shape === 'array'
    ? [{ op: 'remove', path: 'members', value: ids.map((value) => ({ value })) }]
    : ids.map((id) => ({ op: 'remove', path: `members[value eq ${quoted(id)}]` }))
}

async function whyNot(app: ScimApp, failure: Failure, context: RequestContext): Promise<IdentityError> {
  if (!isAbsent(app, failure))
    return refusal(app, failure, { collection: 'Groups', effect: 'writes' }, context)
  return new NotFound(
    'The app does not have the group, or one of those to be put in or taken out.',
    'Look at the group with list_groups and at the people with find_user.',
    { cause: causeOf(failure) },
  )
}
