import type { IncomingHttpHeaders } from 'node:http'
import type { Quirk } from './scim/quirks.ts'

/** A complete request to a simulated app. */
export interface Incoming {
  /** When it arrived, epoch milliseconds. */
  at: number
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  /** The raw body. */
  text: string
  /** Name of the presented token, `unknown` or `none`. */
  slot: string
  /** The presented token, if any. Never logged. */
  presented?: string | undefined
  /** If set, reads see the directory at this time: the app lags behind its own writes. */
  asOf?: number
  /** Other deviations from the RFC for this request. */
  quirks?: ReadonlySet<Quirk>
  /** Aborted when the app closes. */
  signal: AbortSignal
}

export interface Reply {
  status: number
  headers?: Record<string, string>
  /** Text, or a value to send as JSON. Default: no body. */
  body?: unknown
  /** Media type; default: `application/json`. */
  type?: string
  /** Sent without rate limit headers. */
  bare?: boolean
}

/** The outcome of a request: a reply, a closed or reset connection, or no answer at all. */
export type Outcome = Reply | 'close' | 'reset' | 'silence'

/** One route of an app. Each `:id` in the path matches one segment. */
export interface Route {
  method: string
  path: string
  run(incoming: Incoming, id: string, ...more: string[]): Reply
}

/** A token of a simulated app. `slot` is its name in the settings file. */
export interface Token {
  slot: string
  value: string
}

/** A logged request, without tokens. */
export interface Arrival {
  at: number
  method: string
  path: string
  query: string
  /** Absent while the request is in flight, or if it was never answered. */
  status?: number
  /** Name of the presented token, `unknown` or `none`. */
  token: string
  /** The body of a write: parsed JSON, or text if it is not JSON. */
  body?: unknown
}

/** The JSON value in `text`, or `undefined` if it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
