import type { RequestContext, Target } from '../../domain/operations.ts'
import { amongIds } from '../../domain/same.ts'
import { IdentityError, NotFound, Refused, UnknownOutcome, Unsupported } from '../../errors.ts'
import { refusesForm, saysTooMany } from '../http/classify.ts'
import { path } from '../http/client.ts'
import { causeOf } from '../http/errors.ts'
import type { Failure } from '../http/reply.ts'
import { quoted } from './filter.ts'
import { readGroupById } from './groups.ts'
import { PATCH_OP } from './patch.ts'
import { ask, isAbsent, refusal, type ScimApp } from './request.ts'
import type { ScimSettings } from './settings.ts'

/** AWS IAM Identity Center accepts no more in one request. */
const MAX_MEMBERS_PER_REQUEST = 100

interface MemberChange {
  op: 'add' | 'remove'
  id: string
}

/** How many members go into one request to this app. */
export const membersPerRequest = ({ settings: { takes }, known }: ScimApp): number =>
  Math.min(
    takes?.membersPerPatch ?? MAX_MEMBERS_PER_REQUEST,
    known?.now.membersMaximum ?? Number.POSITIVE_INFINITY,
  )

/** Adds and removes members of a group, in as many requests as the app needs. Never sends the whole member list. */
export async function updateMembers(
  app: ScimApp,
  { group, add, remove }: { group: { id: string }; add: readonly Target[]; remove: readonly Target[] },
  context: RequestContext,
): Promise<void> {
  let left: readonly MemberChange[] = [
    ...add.map(({ id }) => ({ op: 'add' as const, id })),
    ...remove.map(({ id }) => ({ op: 'remove' as const, id })),
  ]
  const shape = (await app.memberShape?.get()) ?? app.settings.memberRemoveShape
  let isBegun = false
  let most = membersPerRequest(app)
  let isSmaller = false
  while (left.length > 0) {
    const chunk = chunkOf(app, left.slice(0, most), shape)
    try {
      const failure = await sendChanges(app, group.id, chunk, shape, context)
      if (failure && chunk.length > 1 && saysTooMany(failure)) {
        most = Math.floor(chunk.length / 2)
        isSmaller = true
        left = await notYetMade(app, group.id, left, context)
        continue
      }
      const byFilter = shape === 'filter' && idsOf(chunk, 'remove').length > 0
      if (failure && byFilter && refusesPath(failure)) throw filterNotTaken(failure)
      if (failure) throw await membersError(app, failure, context)
    } catch (error) {
      if (!isBegun || error instanceof UnknownOutcome) throw error
      throw new UnknownOutcome(
        'The app made a part of the change, but not the rest.',
        'Look at the members of the group before you do anything else.',
        { cause: error },
      )
    }
    if (idsOf(chunk, 'add').length > 0) app.membersShown?.added(group.id)
    if (isSmaller && !isBegun) await app.known?.note({ membersMaximum: most })
    isBegun = true
    left = left.slice(chunk.length)
  }
}

/** The first of the changes, as many as make no more operations than fit into one request. */
function chunkOf(
  app: ScimApp,
  most: readonly MemberChange[],
  shape: ScimSettings['memberRemoveShape'],
): readonly MemberChange[] {
  const { operationsPerPatch = Number.POSITIVE_INFINITY } = app.settings.takes ?? {}
  let fits = most.length
  while (fits > 1 && operationsFor(most.slice(0, fits), shape).length > operationsPerPatch) fits--
  return most.slice(0, fits)
}

/** The changes that the app does not show yet, after it refused some as too many. It may have made the first of them. */
async function notYetMade(
  app: ScimApp,
  id: string,
  left: readonly MemberChange[],
  context: RequestContext,
): Promise<readonly MemberChange[]> {
  const shown = await readGroupById(app, id, context).catch((error) => {
    if (error instanceof IdentityError) return undefined
    throw error
  })
  if (!shown?.members) return left
  const isIn = amongIds(shown.members.map((member) => member.id))
  return left.filter(({ op, id }) => isIn(id) !== (op === 'add'))
}

/** Sends changes in one request. The app's refusal, if it refused them. */
async function sendChanges(
  app: ScimApp,
  group: string,
  changes: readonly MemberChange[],
  shape: ScimSettings['memberRemoveShape'],
  context: RequestContext,
): Promise<Failure | undefined> {
  const send = (shape: ScimSettings['memberRemoveShape']) => {
    const body = { schemas: [PATCH_OP], Operations: operationsFor(changes, shape) }
    return ask(app, { method: 'PATCH', path: path`/Groups/${group}`, body }, context)
  }
  const removed = idsOf(changes, 'remove')
  let answer = await send(shape)
  // Never the other way round: an app that takes no filter may take an array for all members (RFC 7644 §3.5.2.2).
  const isRefused =
    !answer.ok &&
    answer.failure.status === 400 &&
    !saysTooMany(answer.failure) &&
    refusesForm(answer.failure, ['members'])
  if (isRefused && shape === 'array' && removed.length > 0) {
    answer = await send('filter')
    if (answer.ok) app.memberShape?.accepted(group, removed)
  }
  return answer.ok ? undefined : answer.failure
}

const idsOf = (changes: readonly MemberChange[], op: MemberChange['op']): string[] =>
  changes.filter((change) => change.op === op).map(({ id }) => id)

const operationsFor = (changes: readonly MemberChange[], shape: ScimSettings['memberRemoveShape']) => [
  ...adding(idsOf(changes, 'add')),
  ...removing(idsOf(changes, 'remove'), shape),
]

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

const refusesPath = ({ status, scimType }: Failure): boolean =>
  status === 501 || (status === 400 && scimType === 'invalidPath')

const filterNotTaken = (failure: Failure): IdentityError =>
  new (failure.status === 400 ? Refused : Unsupported)(
    'The app does not take this removal of members, each by a filter in the path.',
    'If its documentation says that it takes the members to remove as a list, set `memberRemoveShape` of this tenant to `array`.',
    { cause: causeOf(failure) },
  )
