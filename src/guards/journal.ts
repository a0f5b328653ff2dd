import { type ErrorCode, IdentityError, Paused } from '../errors.ts'
import type { JournalEventName } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import { type Call, type CallGuard, parsedInput } from './call.ts'

// What a person decided, and what the apps made of it; every other error of a call is a refusal of ours.
const EVENT: Partial<Record<ErrorCode, JournalEventName>> = {
  declined: 'declined',
  approval_denied: 'denied',
  not_found: 'failed',
  ambiguous: 'failed',
  unavailable: 'failed',
  timeout: 'failed',
  bad_reply: 'failed',
  internal: 'failed',
  unknown_outcome: 'unknown',
}

/** Where the guard writes, and who is told when it can't. */
export interface Journalling {
  journal: Pick<Journal, 'append'>
  warn: (message: string, error: unknown) => void
}

/** Sees every call that would change something, and writes down how it ended; gives the guards inside it the pen. */
export const journalled = ({ journal, warn }: Journalling): CallGuard =>
  async function journalled(call, next) {
    if (call.tool.effect === 'reads') return next(call)
    const { approvalId, ...args } = argumentsOf(call)
    let told = false
    const record: Call['record'] = async (event) => {
      told = true
      await journal.append({
        ...event,
        call: call.id,
        tool: call.tool.name,
        caller: call.caller.id,
        client: call.caller.client,
        ...(Object.keys(args).length > 0 && { args }),
      })
    }
    try {
      const reply = await next({ ...call, record })
      const status = 'answer' in reply ? reply.answer.status : undefined
      if (status === 'unchanged') await record({ event: 'done', note: 'Nothing had to be changed.' })
      if (status === 'failed' && !told) await record({ event: 'failed', note: 'Nothing was changed.' })
      return reply
    } catch (error) {
      const code = error instanceof IdentityError ? error.code : 'internal'
      try {
        const approval = typeof approvalId === 'string' ? { approval: { id: approvalId } } : {}
        // That a person is needed before this caller goes on is for that person to find here.
        const note = error instanceof Paused ? { note: error.message } : {}
        await record({ event: EVENT[code] ?? 'refused', code, ...note, ...approval })
      } catch (failure) {
        // Nothing was changed, and the caller is told why; that it could not be recorded is for the log.
        warn('a refusal could not be journalled', failure)
      }
      throw error
    }
  }

/** What was asked for, if it is of the form that the tool declares. */
const argumentsOf = (call: Call): Record<string, unknown> =>
  (parsedInput(call).data ?? {}) as Record<string, unknown>
