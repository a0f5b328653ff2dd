import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type IdentityError, InvalidInput, isoRetryAt } from '../errors.ts'
import { traceIn } from '../text/trace.ts'

/** Identifies a request in log, journal and errors. */
export interface RequestInfo {
  reference: string
  /** The client's own id of it. Two callers can choose the same one, so nothing is looked up by it. */
  requestId?: string
  trace?: string
  /** The headers of its trace, for whoever goes on with it. */
  carrier?: { traceparent: string; tracestate?: string }
}

/** A new reference, with the client's own request id and trace beside it if they are safe to log. */
export function aboutRequest({ headers }: IncomingMessage): RequestInfo {
  const requestId = /^[\w.:=-]{1,60}$/.exec(String(headers['x-request-id'] ?? ''))?.[0]
  const { traceparent, tracestate } = headers
  const trace = traceIn(traceparent)
  const carrier = {
    traceparent: String(traceparent),
    ...(tracestate !== undefined && { tracestate: String(tracestate) }),
  }
  return {
    reference: randomUUID().replace('-', '').slice(0, 12),
    ...(requestId !== undefined && { requestId }),
    ...(trace && { trace, carrier }),
  }
}

/** Fields that identify a request in a log line. */
export const logged = ({ reference, requestId, trace }: RequestInfo) => ({
  reference,
  ...(requestId !== undefined && { requestId }),
  ...(trace && { trace }),
})

/** Largest request body, bytes. */
const MAX_BODY = 1024 * 1024

/** The parsed JSON body; undefined if it cannot be parsed. Throws `InvalidInput` if it is too long. */
export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  if (Number(request.headers['content-length']) > MAX_BODY) throw tooLong()
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request) {
    length += (piece as Buffer).length
    if (length > MAX_BODY) throw tooLong()
    pieces.push(piece as Buffer)
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'))
  } catch {
    return undefined
  }
}

const tooLong = () =>
  new InvalidInput(`The request is longer than ${MAX_BODY} bytes.`, 'Send a shorter request.')

/** Codes of JSON-RPC 2.0 §5.1. */
const INVALID_REQUEST = -32_600
const SERVER_ERROR = -32_000

/** Answers with a JSON-RPC error whose data has the form of all errors of this server. */
export function refuse(
  response: ServerResponse,
  status: number,
  { code, message, hint, retryable, details }: IdentityError,
  { reference }: RequestInfo,
): void {
  const error = {
    code,
    message,
    hint,
    retryable,
    ...isoRetryAt(details),
    reference,
  }
  const { retryAt } = details
  const seconds = retryAt === undefined ? undefined : Math.max(1, Math.ceil((retryAt - Date.now()) / 1_000))
  answer(
    response,
    status,
    {
      jsonrpc: '2.0',
      id: null,
      error: { code: status === 400 ? INVALID_REQUEST : SERVER_ERROR, message, data: { error } },
    },
    seconds === undefined ? {} : { 'retry-after': String(seconds) },
  )
}

export function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...headers,
  })
  response.end(text)
}
