import type { RequestContext, Target } from '../../domain/operations.ts'
import { NotFound, Unsupported } from '../../errors.ts'
import { path } from '../http/client.ts'
import { causeOf } from '../http/errors.ts'
import type { Failure } from '../http/reply.ts'
import { type Current, readCurrent } from './current-user.ts'
import { ask, isAbsent, isGateway, refusal, type ScimApp } from './request.ts'

/** Deletes an account, after checking that the id still has this user name. Succeeds if the account is already gone. */
export async function deleteAccount(app: ScimApp, target: Target, context: RequestContext): Promise<void> {
  let current: Current
  try {
    current = await readCurrent(app, target, context)
  } catch (error) {
    if (error instanceof NotFound) return
    throw error
  }
  const { headers } = current
  const answer = await ask(app, { method: 'DELETE', path: path`/Users/${target.id}`, headers }, context)
  if (answer.ok || isAbsent(app, answer.failure)) return
  if (isGateway(app, answer.failure)) throw notTaken(answer.failure)
  throw await refusal(app, answer.failure, { collection: 'Users', effect: 'writes' }, context)
}

// The account was just read there, so the address is right.
const notTaken = (failure: Failure) =>
  new Unsupported(
    'The app shows the account and does not take its deletion.',
    'Deactivate the account, or delete it in the app’s console.',
    { cause: causeOf(failure) },
  )
