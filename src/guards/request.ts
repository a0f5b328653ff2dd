import type { RequestContext } from '../domain/operations.ts'
import type { Secret } from '../secret.ts'
import type { Guard } from './compose.ts'

/** One try at one request, on its way to an app. */
export interface AppRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: URL
  /** Names in lower case; secrets are revealed when the request is transmitted, and nowhere before. */
  headers: Record<string, string | Secret>
  body?: string
  /** Sent as `application/x-www-form-urlencoded`, in place of a body. */
  form?: Readonly<Record<string, string | Secret>>
  /** A POST that only reads is a read; what it does decides whether it may be repeated, not its verb. */
  effect: 'reads' | 'writes'
  context: RequestContext
  /** Ends this request: the caller left, or its time is up. */
  signal: AbortSignal
}

/** What came back, whatever the status; the token that was sent is taken out of the text. */
export interface AppReply {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  text: string
}

export type RequestGuard = Guard<AppRequest, AppReply>
