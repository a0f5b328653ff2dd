import { Conflict, NotFound, Unsupported } from '../../errors.ts'
import type { Errand, Target } from '../../identity/operations.ts'
import { sameText } from '../../identity/text.ts'
import { path } from '../http.ts'
import { ask, readOne, refusal, type ScimApp } from './app.ts'
import { refusesForm } from './classify.ts'
import { toUser } from './read.ts'
import type { Failure, Understood } from './reply.ts'
import { keyOf, type Rec } from './values.ts'

const STRATEGIES = ['path', 'pathless', 'put'] as const
type Strategy = (typeof STRATEGIES)[number]

const WORKED = 'scim.patchStrategy'

/**
 * Sets whether a user is active, by the first form that the app takes. The next form is tried only when the app
 * certainly refused the form of the one before, so that the change is made at most once. Throws `UnknownOutcome` when
 * it may have been made.
 */
export async function setActive(
  app: ScimApp,
  target: Target,
  active: boolean,
  errand: Errand,
): Promise<void> {
  const set = app.settings.patchStrategy
  const worked = set === 'auto' ? await recall(app) : undefined
  const order = set === 'auto' ? [...new Set([...(worked ? [worked] : []), ...STRATEGIES])] : [set]
  let refused: Failure | undefined
  let noPatch = false
  for (const strategy of order) {
    if (noPatch && strategy !== 'put') continue
    const answer = await send(app, strategy, target, active, errand)
    if (answer.ok) {
      // The change is made; that its form could not be noted must not make it look failed.
      if (set === 'auto' && strategy !== worked)
        await app.memory.remember(WORKED, strategy).catch(() => undefined)
      return
    }
    const aboutForm = refusesForm(answer.failure)
    // What is wrong with the content tells more than that a method is not offered.
    if (!aboutForm || refused?.status !== 400) refused = answer.failure
    if (!aboutForm) break
    noPatch ||= strategy !== 'put' && answer.failure.status === 405
  }
  if (refused) throw await refusal(app, refused, { collection: 'Users', effect: 'writes' }, errand)
}

async function recall(app: ScimApp): Promise<Strategy | undefined> {
  const worked = await app.memory.recall<string>(WORKED).catch(() => undefined)
  return STRATEGIES.find((strategy) => strategy === worked)
}

async function send(
  app: ScimApp,
  strategy: Strategy,
  target: Target,
  active: boolean,
  errand: Errand,
): Promise<Understood> {
  const to = path`/Users/${target.id}`
  if (strategy === 'put') {
    return ask(app, { method: 'PUT', path: to, body: await replacement(app, target, active, errand) }, errand)
  }
  const operation =
    strategy === 'path'
      ? { op: 'replace', path: 'active', value: active }
      : { op: 'replace', value: { active } }
  const body = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [operation] }
  return ask(app, { method: 'PATCH', path: to, body }, errand)
}

/** The whole user as the app holds it now, with nothing but `active` changed: PUT may clear what is left out. */
async function replacement(app: ScimApp, target: Target, active: boolean, errand: Errand): Promise<Rec> {
  const raw = await readOne(app, { path: path`/Users/${target.id}` }, 'Users', errand)
  if (!raw) throw new NotFound('The account is gone.', 'Look it up again with find_user.')
  const user = toUser(app, raw)
  if (!user || user.account.id !== target.id || !sameText(user.account.userName, target.userName)) {
    throw new Conflict(
      'The account has another user name than the change was meant for.',
      'Look it up again with find_user.',
    )
  }
  if (JSON.stringify(raw).length !== JSON.stringify(raw, roundable).length) {
    throw new Unsupported(
      'The user holds a number that can not be sent back exactly, so it can not be replaced.',
      'Make the change in the console of the app.',
    )
  }
  return { ...raw, [keyOf(raw, 'active') ?? 'active']: active }
}

/** Takes out whole numbers that JavaScript may have rounded when it read them. */
const roundable = (_: string, value: unknown): unknown =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : value
