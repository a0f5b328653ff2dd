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
  /** What was presented as a token, if anything. It is never logged. */
  presented?: string | undefined
  /** Reads see the directory as it was at this time, should the app lag behind its own writes. */
  asOf?: number
  /** In what other ways a SCIM service departs from the RFC for this request. */
  quirks?: ReadonlySet<Quirk>
  /** Aborted when the app closes. */
  signal: AbortSignal
}

export interface Reply {
  status: number
  headers?: Record<string, string>
  /** Sent as JSON, unless it is text. Left out: no body. */
  body?: unknown
  /** Media type; `application/json` when left out. */
  type?: string
  /** Sent without rate headers. */
  bare?: boolean
}

/** What becomes of a request: a reply, a connection closed or reset without one, or silence for good. */
export type Outcome = Reply | 'close' | 'reset' | 'silence'

/** One thing that an app can be asked to do. `:id` in the path stands for one segment. */
export interface Route {
  method: string
  path: string
  run(incoming: Incoming, id: string): Reply
}

/** A token of a simulated app, by the name of its place in the settings file. */
export interface Token {
  slot: string
  value: string
}

/** What the log says of a request; tokens are not in it. */
export interface Arrival {
  at: number
  method: string
  path: string
  query: string
  /** Absent while the request is under way, and when it was never answered. */
  status?: number
  /** Name of the token that was presented, `unknown` or `none`. */
  token: string
  /** What a write sent: the parsed JSON, or the text where it was no JSON. */
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
