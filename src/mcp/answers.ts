import type { CallToolResult } from '@modelcontextprotocol/server'
import { IdentityError, isoRetryAt } from '../errors.ts'
import { type Call, logged, type Reply } from '../guards/call.ts'
import type { Log } from '../log.ts'

/** An answer as the protocol has it. */
export function toResult(reply: Reply) {
  if ('question' in reply) throw new TypeError('a question is not an answer')
  return answerResult(reply.answer)
}

export const answerResult = (answer: Record<string, unknown>) => ({
  content: [{ type: 'text' as const, text: JSON.stringify(answer) }],
  structuredContent: answer,
})

/** An error as the result of a call. */
export const toError = (error: unknown, call: Call, log: Log): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify({ error: errorBody(error, call, log) }) }],
  isError: true,
})

/** The only place that turns an error into an answer. An unexpected error reveals no details. */
export function errorBody(error: unknown, call: Call, log: Log) {
  const known = error instanceof IdentityError ? error : undefined
  // A caller that disconnected is not a server error.
  log[known || call.signal.aborted ? 'info' : 'error'](`${call.tool.name} failed`, { ...logged(call), error })
  const { tenant, candidates } = known?.details ?? {}
  return {
    code: known?.code ?? 'internal',
    message: known?.message ?? 'Something went wrong on our side.',
    hint: known?.hint ?? 'Give the reference to the person who runs this server; the log has more.',
    retryable: known?.retryable ?? false,
    ...(known && isoRetryAt(known.details)),
    ...(tenant !== undefined && { tenant }),
    ...(candidates && { candidates: candidates.slice(0, 20) }),
    reference: call.id,
  }
}
