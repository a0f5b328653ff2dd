import { type ErrorCode, IdentityError, Paused } from '../errors.ts'
import type { JournalEventName } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import type { Refusals } from '../journal/refusals.ts'
import { type Call, type CallGuard, parsedInput, requesterOf } from './call.ts'

// What a person decided or an app reported; every other error is a refusal by this server.
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

/** Where the guard writes, and where it reports that it cannot. */
export interface Journalling {
  journal: Pick<Journal, 'append'>
  /** Takes how calls end that changed nothing and asked no approver, and the forms that they asked. */
  refusals: Pick<Refusals, 'append'>
  warn: (message: string, error: unknown) => void
}

/** Journals how every call of a changing tool ends, and gives the inner guards `record` for their own events. */
export const journalled = ({ journal, refusals, warn }: Journalling): CallGuard =>
  async function journalled(call, next) {
    if (call.tool.effect === 'reads') return next(call)
    const { approvalId, ...args } = argumentsOf(call)
    let recorded = false
    const about = {
      call: call.id,
      tool: call.tool.name,
      ...requesterOf(call),
      ...(call.requestId !== undefined && { requestId: call.requestId }),
      ...(call.trace !== undefined && { trace: call.trace }),
      ...(Object.keys(args).length > 0 && { args }),
    }
    const record: Call['record'] = async (event) => {
      // A form changes nothing, and a caller can have any number of them shown.
      if (event.event === 'asked' && event.approval?.how === 'form') {
        await refusals.append({ ...event, ...about })
        return
      }
      recorded = true
      await journal.append({ ...event, ...about })
    }
    const end: Call['record'] = async (event) => {
      if (recorded) return record(event)
      await refusals.append({ ...event, ...about })
    }
    try {
      const reply = await next({ ...call, record })
      const status = 'answer' in reply ? reply.answer.status : undefined
      if (status === 'unchanged') await end({ event: 'done', note: 'Nothing had to be changed.' })
      if (status === 'failed' && !recorded) await end({ event: 'failed', note: 'Nothing was changed.' })
      return reply
    } catch (error) {
      const code = error instanceof IdentityError ? error.code : 'internal'
      try {
        const approval = typeof approvalId === 'string' ? { approval: { id: approvalId } } : {}
        // A person has to lift the pause, so the journal says why it was set.
        const note = error instanceof Paused ? { note: error.message } : {}
        await end({ event: EVENT[code] ?? 'refused', code, ...note, ...approval })
      } catch (failure) {
        // Nothing was changed and the caller gets the error; only the log says that it was not recorded.
        warn('a refusal could not be journalled', failure)
      }
      throw error
    }
  }

/** The parsed arguments; empty if they do not match the schema. */
const argumentsOf = (call: Call): Record<string, unknown> =>
  (parsedInput(call).data ?? {}) as Record<string, unknown>
