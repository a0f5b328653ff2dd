import { readRates } from '../../guards/rate-headers.ts'
import type { AppReply } from '../../guards/request-pipeline.ts'
import { plainText } from '../../text/text.ts'
import { asNumber, asText, field, isRecord, parseJson, type Rec } from './values.ts'

/** A failed reply, in any shape that apps and their gateways send. */
export interface Failure {
  /** The effective status: the body's if the reply claimed success. */
  status: number
  form: 'scim' | 'json' | 'text' | 'html' | 'empty'
  /** As RFC 7644 spells it, in whatever case the app does. */
  scimType?: string
  /** The app's text, for classification only. It is never shown. */
  said: string
  /** The reply claimed success, but its body contains a failure. */
  inside: boolean
  /** When to retry, epoch milliseconds. */
  retryAt?: number
  /** The app's request id, for its support. */
  requestId?: string
}

export type ParsedReply =
  | { ok: true; status: number; body: unknown; etag?: string }
  | { ok: false; failure: Failure }

const ERROR_MESSAGE = 'urn:ietf:params:scim:api:messages:2.0:Error'

/** Separates answers from failures, regardless of the status. */
export function parseReply(reply: AppReply): ParsedReply {
  const { form, body } = parse(reply)
  const success = reply.status >= 200 && reply.status < 300
  const inside = success ? failureInside(form, body) : undefined
  if (success && !inside) {
    const { etag } = reply.headers
    return { ok: true, status: reply.status, body, ...(etag && { etag }) }
  }
  const said = errorTexts(body).join(' ').slice(0, 2_000)
  const status = inside ? (inside.status ?? statusInText(said) ?? reply.status) : reply.status
  const retryAt = retryAtOf({ ...reply, status })
  const scimType = asSpelled(asText(field(body, 'scimType'), 64))
  // Microsoft Graph names it without the x.
  const requestId = plainText(reply.headers['x-request-id'] ?? reply.headers['request-id'] ?? '', 64)
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

/** Vendor-owned clients wait a minute if the app does not say how long. */
const DEFAULT_RETRY_MS = 60_000

/** When the app accepts requests again, epoch milliseconds. Always set for a 429, otherwise only if the app says so. */
function retryAtOf(reply: AppReply): number | undefined {
  if (reply.status !== 429 && reply.status !== 503) return undefined
  const { throttled, pauseMs = throttled ? DEFAULT_RETRY_MS : undefined } = readRates(reply)
  return pauseMs === undefined ? undefined : Date.now() + pauseMs
}

function parse({ text, headers }: AppReply): { form: Failure['form']; body?: unknown } {
  const trimmed = text.replace(/^\uFEFF/, '').trim()
  if (!trimmed) return { form: 'empty' }
  const body = parseJson(trimmed)
  if (body !== undefined) return { form: isErrorMessage(body) ? 'scim' : 'json', body }
  // A login page or a proxy's error page: its text is useless.
  if (trimmed.startsWith('<') || headers['content-type']?.includes('html')) return { form: 'html' }
  return { form: 'text', body: trimmed }
}

/** Some apps send the one schema as a text. */
const isErrorMessage = (body: unknown): boolean =>
  [field(body, 'schemas')]
    .flat()
    .some((schema) => typeof schema === 'string' && schema.toLowerCase() === ERROR_MESSAGE.toLowerCase())

// RFC 7644 §3.12, RFC 9865 §2.2
const SCIM_TYPES = new Map(
  [
    'invalidFilter',
    'tooMany',
    'uniqueness',
    'mutability',
    'invalidSyntax',
    'invalidPath',
    'noTarget',
    'invalidValue',
    'invalidVers',
    'sensitive',
    'invalidCursor',
    'expiredCursor',
    'invalidCount',
  ].map((name) => [name.toLowerCase(), name]),
)

const asSpelled = (scimType: string | undefined): string | undefined =>
  scimType && (SCIM_TYPES.get(scimType.toLowerCase()) ?? scimType)

const SAYS_NO: ReadonlySet<unknown> = new Set([false, 0, 'false', '0'])
const isNonEmpty = (value: unknown) =>
  Array.isArray(value) ? value.length > 0 : ![undefined, null, '', false, 0].includes(value as null)

/** A failure in the body of a reply that claims success; undefined without one. */
function failureInside(form: Failure['form'], body: unknown): { status?: number } | undefined {
  if (form === 'html') return {}
  if (!isRecord(body)) return undefined
  const status = statusInside(body)
  if (status !== undefined) return { status }
  // On a user or a list, keys such as `error` can be attributes and say nothing about the request.
  const isResource = 'Resources' in body || 'id' in body
  const fails =
    form === 'scim' ||
    [body.ok, body.success, body.result].some((value) => SAYS_NO.has(value)) ||
    (typeof body.status === 'string' && /^(error|fail(ed|ure)?)$/i.test(body.status)) ||
    (!isResource && [body.error, body.errors, body.Errors, field(body.data, 'error')].some(isNonEmpty))
  return fails ? {} : undefined
}

function statusInside(body: Rec): number | undefined {
  const candidates = [body.status, body.statusCode, field(body.error, 'code'), field(body.error, 'status')]
  return candidates.map(asNumber).find((status) => status !== undefined && status >= 400 && status < 600)
}

const STATUS_PATTERNS: readonly (readonly [RegExp, number])[] = [
  [/too many requests|rate.?limit/i, 429],
  [/\bunauthori[sz]ed\b|\bauthenticat/i, 401],
  [/\bforbidden\b|\bpermission\b|\baccess denied\b/i, 403],
]

const statusInText = (said: string): number | undefined =>
  STATUS_PATTERNS.find(([word]) => word.test(said))?.[1]

const TEXT_KEYS = [
  'detail',
  'details',
  'message',
  'msg',
  'error',
  'error_description',
  'errors',
  'Errors',
  'reason',
  'status',
  'result',
  'data',
]

function errorTexts(body: unknown, depth = 0): string[] {
  if (typeof body === 'string') return [body]
  if (depth > 3) return []
  if (Array.isArray(body)) return body.slice(0, 20).flatMap((one) => errorTexts(one, depth + 1))
  return isRecord(body) ? TEXT_KEYS.flatMap((name) => errorTexts(body[name], depth + 1)) : []
}
