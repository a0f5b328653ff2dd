import { IdentityError } from '../errors.ts'
import type { Meter } from '../meter.ts'
import type { CallGuard, Reply } from './call.ts'

/** Counts every call, with its outcome and its duration. */
export const measured = ({ called }: Pick<Meter, 'called'>): CallGuard =>
  async function measured(call, next) {
    const begun = performance.now()
    const ended = (outcome: string, isError = false) =>
      called(call.tool.name, { outcome, isError }, performance.now() - begun)
    try {
      const reply = await next(call)
      ended(outcomeOf(reply))
      return reply
    } catch (error) {
      ended(error instanceof IdentityError ? error.code : 'internal', true)
      throw error
    }
  }

const outcomeOf = (reply: Reply): string =>
  'question' in reply ? 'asked' : typeof reply.answer.status === 'string' ? reply.answer.status : 'done'
