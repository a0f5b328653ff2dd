import { readRates } from '../../guards/rate-headers.ts'
import type { AppReply } from '../../guards/request-pipeline.ts'
import { plainText } from '../../text/text.ts'
import { asNumber, asText, field, isRecord, parseJson, type Rec } from './values.ts'

/** A reply that is no answer, in any of the shapes that apps and the gateways before them send. */
export interface Failure {
  /** The status that counts: the body's where the reply claimed success. */
  status: number
  form: 'scim' | 'json' | 'text' | 'html' | 'empty'
  scimType?: string
  /** The app's words, to classify by. They are never shown to anybody. */
  said: string
  /** The reply claimed success and its body told of a failure. */
  inside: boolean
  /** When the same request may succeed, epoch milliseconds. */
  retryAt?: number
  /** The app's own name for the request, for its support. */
  requestId?: string
}

export type ParsedReply =
  | { ok: true; status: number; body: unknown; etag?: string }
  | { ok: false; failure: Failure }

const ERROR_MESSAGE = 'urn:ietf:params:scim:api:messages:2.0:Error'

/** Tells an answer from a failure, whatever the status claims. */
export function parseReply(reply: AppReply): ParsedReply {
  const { form, body } = parse(reply)
  const success = reply.status >= 200 && reply.status < 300
  const inside = success ? failureInside(form, body) : undefined
  if (success && !inside) {
    const { etag } = reply.headers
    return { ok: true, status: reply.status, body, ...(etag && { etag }) }
  }
  const said = words(body).join(' ').slice(0, 2_000)
  const status = inside ? (inside.status ?? statusOfWords(said) ?? reply.status) : reply.status
  const retryAt = retryAtOf({ ...reply, status })
  const scimType = asText(field(body, 'scimType'), 64)
  const requestId = plainText(reply.headers['x-request-id'] ?? '', 64)
  return {
    ok: false,
    failure: {
      status,
      form,
      said,
      inside: success,
      ...(scimType && { scimType }),
      ...(retryAt !== undefined && { retryAt }),
      ...(requestId && { requestId }),
    },
  }
}

/** Vendor-owned clients wait a minute where the app does not say how long. */
const UNTOLD = 60_000

/** When the app will take requests again, epoch milliseconds; for a 429 always, else only where it is told. */
function retryAtOf(reply: AppReply): number | undefined {
  if (reply.status !== 429 && reply.status !== 503) return undefined
  const { throttled, pauseMs = throttled ? UNTOLD : undefined } = readRates(reply)
  return pauseMs === undefined ? undefined : Date.now() + pauseMs
}

function parse({ text, headers }: AppReply): { form: Failure['form']; body?: unknown } {
  const trimmed = text.replace(/^\uFEFF/, '').trim()
  if (!trimmed) return { form: 'empty' }
  const body = parseJson(trimmed)
  if (body !== undefined) return { form: isErrorMessage(body) ? 'scim' : 'json', body }
  // A login page or a proxy's error page; its text is of no use.
  if (trimmed.startsWith('<') || headers['content-type']?.includes('html')) return { form: 'html' }
  return { form: 'text', body: trimmed }
}

const isErrorMessage = (body: unknown): boolean => {
  const schemas = field(body, 'schemas')
  return Array.isArray(schemas) && schemas.includes(ERROR_MESSAGE)
}

const NO: ReadonlySet<unknown> = new Set([false, 0, 'false', '0'])
const holds = (value: unknown) =>
  Array.isArray(value) ? value.length > 0 : ![undefined, null, '', false, 0].includes(value as null)

/** What a body tells of a failure inside a reply that claims success; undefined when it tells of none. */
function failureInside(form: Failure['form'], body: unknown): { status?: number } | undefined {
  if (form === 'html') return {}
  if (!isRecord(body)) return undefined
  const status = statusInside(body)
  if (status !== undefined) return { status }
  // Words such as `error` may be attributes of a user; on a user or a list they say nothing about the request.
  const isResource = 'Resources' in body || 'id' in body
  const fails =
    form === 'scim' ||
    [body.ok, body.success, body.result].some((value) => NO.has(value)) ||
    (typeof body.status === 'string' && /^(error|fail(ed|ure)?)$/i.test(body.status)) ||
    (!isResource && [body.error, body.errors, body.Errors, field(body.data, 'error')].some(holds))
  return fails ? {} : undefined
}

function statusInside(body: Rec): number | undefined {
  const told = [body.status, body.statusCode, field(body.error, 'code'), field(body.error, 'status')]
  return told.map(asNumber).find((status) => status !== undefined && status >= 400 && status < 600)
}

const WORDS_FOR: readonly (readonly [RegExp, number])[] = [
  [/too many requests|rate.?limit/i, 429],
  [/\bunauthori[sz]ed\b|\bauthenticat/i, 401],
  [/\bforbidden\b|\bpermission\b|\baccess denied\b/i, 403],
]

const statusOfWords = (said: string): number | undefined => WORDS_FOR.find(([word]) => word.test(said))?.[1]

const SPEAKING = [
  'detail',
  'details',
  'message',
  'msg',
  'error',
  'errors',
  'Errors',
  'status',
  'result',
  'data',
]

function words(body: unknown, depth = 0): string[] {
  if (typeof body === 'string') return [body]
  if (depth > 3) return []
  if (Array.isArray(body)) return body.slice(0, 20).flatMap((one) => words(one, depth + 1))
  return isRecord(body) ? SPEAKING.flatMap((name) => words(body[name], depth + 1)) : []
}
