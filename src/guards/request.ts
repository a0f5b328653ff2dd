import type { RequestContext } from '../domain/operations.ts'
import type { Secret } from '../secret.ts'
import type { Guard } from './compose.ts'

/** One attempt at one request to an app. */
export interface AppRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: URL
  /** Names in lower case; secrets are revealed only when the request is sent. */
  headers: Record<string, string | Secret>
  body?: string | Secret
  /** Sent as `application/x-www-form-urlencoded`, instead of a body. */
  form?: Readonly<Record<string, string | Secret>>
  /** Decides whether the request can be repeated; a POST that only reads is a read. */
  effect: 'reads' | 'writes'
  context: RequestContext
  /** Aborts this request: the caller disconnected, or time is up. */
  signal: AbortSignal
}

/** The reply, whatever its status; the token that was sent is removed from the text. */
export interface AppReply {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  text: string
}

export type RequestGuard = Guard<AppRequest, AppReply>
