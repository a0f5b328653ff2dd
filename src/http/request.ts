import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIPv6 } from 'node:net'
import { validateHostHeader, validateOriginHeader } from '@modelcontextprotocol/server'
import { Forbidden, type IdentityError, InvalidInput } from '../errors.ts'

/** By what a request is known in log, journal and errors. */
export interface About {
  reference: string
  trace?: string
}

/** What the client calls its request and trace, where that can stand in a log; the reference is ours otherwise. */
export function aboutRequest({ headers }: IncomingMessage): About {
  const given = headers['x-request-id']
  const sane = typeof given === 'string' && /^[\w.:=-]{1,60}$/.test(given)
  const trace = traceIn(String(headers.traceparent))
  return { reference: sane ? given : randomUUID().replace('-', '').slice(0, 12), ...(trace && { trace }) }
}

/** The trace of a header `traceparent` (W3C Trace Context §3.2), if it is sound. */
function traceIn(header: string): string | undefined {
  const [, version = 'ff', trace = '', parent = '', more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/.exec(header) ?? []
  const known = version !== 'ff' && (version !== '00' || more === undefined)
  return known && /[^0]/.test(trace) && /[^0]/.test(parent) ? trace : undefined
}

export const logged = ({ reference, trace }: About) => ({ reference, ...(trace && { trace }) })

/**
 * Why a request is not served, if it is not for this server: it names another host, or comes from a site of another, as
 * from a page that a browser was tricked into showing (DNS rebinding). The address that it arrived at is always right.
 */
export function foreign(
  { headers, socket }: IncomingMessage,
  { hosts, proxied }: { hosts: readonly string[]; proxied: boolean },
): Forbidden | undefined {
  const here = socket.localAddress?.replace(/^::ffff:/, '') ?? ''
  const allowed = [...hosts, isIPv6(here) ? `[${here}]` : here]
  if (!validateHostHeader(headers.host, allowed).ok) {
    return new Forbidden(
      'The header Host names another server than this one.',
      'Its name is the setting http.url.',
    )
  }
  if (!validateOriginHeader(headers.origin, allowed).ok) {
    return new Forbidden('The header Origin names another site.', 'Call from a program, not from a web page.')
  }
  if (proxied || (headers.forwarded ?? headers['x-forwarded-for']) === undefined) return undefined
  return new Forbidden(
    'This came through a proxy, and nobody is asked here who they are.',
    'Settle in the setting auth who may call.',
  )
}

/** Bytes of one request's body. */
const MAX_BODY = 1024 * 1024

/** What a JSON body holds; undefined where there is none that can be read. Throws `InvalidInput` when it is too long. */
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
  new InvalidInput(`The request is longer than ${MAX_BODY} bytes.`, 'Ask for less at once.')

/** Answers with an error in the form of JSON-RPC, and within it in the form of all our errors. */
export function refuse(
  response: ServerResponse,
  status: number,
  { code, message, hint, retryable, details: { retryAt } }: IdentityError,
  { reference }: About,
): void {
  const error = {
    code,
    message,
    hint,
    retryable,
    ...(retryAt !== undefined && { retryAt: new Date(retryAt).toISOString() }),
    reference,
  }
  const seconds = retryAt === undefined ? undefined : Math.max(1, Math.ceil((retryAt - Date.now()) / 1_000))
  answer(
    response,
    status,
    { jsonrpc: '2.0', id: null, error: { code: -32_000, message, data: { error } } },
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
