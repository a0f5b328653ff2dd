import type { IncomingHttpHeaders } from 'node:http'
import type { Quirk } from './scim/quirks.ts'

/** A request to a simulated app, read to its end. */
export interface Incoming {
  /** When it arrived, epoch milliseconds. */
  at: number
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  /** The body as it was sent. */
  text: string
  /** Name of the token that was presented, `unknown` or `none`. */
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
  /** Media type; `application/json` when left out. */
  type?: string
  /** Sent without rate headers. */
  bare?: boolean
}

/** The outcome of a request: a reply, a closed or reset connection, or no answer at all. */
export type Outcome = Reply | 'close' | 'reset' | 'silence'

/** One route of an app. `:id` in the path matches one segment. */
export interface Route {
  method: string
  path: string
  run(incoming: Incoming, id: string): Reply
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
  /** Name of the token that was presented, `unknown` or `none`. */
  token: string
  /** The body of a write: parsed JSON, or text if it is not JSON. */
  body?: unknown
}

/** The JSON that `text` holds, or `undefined`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
