import type { IncomingMessage } from 'node:http'
import {
  ApprovalVoid,
  Conflict,
  type IdentityError,
  InvalidInput,
  LimitReached,
  Refused,
} from '../../errors.ts'
import { messagePage } from './layout.ts'

export interface Reply {
  status: number
  body?: string
  headers?: Record<string, string>
}

export const messageReply = (status: number, title: string, text: string, headers = {}): Reply => ({
  status,
  body: messagePage(title, text).markup,
  headers,
})

/**
 * Whether the form came from this page (CSRF check). With `no-referrer`, the browser sends `Origin: null` even for our own
 * form (Fetch, "append a request Origin header"), so Sec-Fetch-Site decides; without both headers it is rejected.
 */
export function isSameOrigin({ headers }: IncomingMessage, origin: string): boolean {
  const site = headers['sec-fetch-site']
  if (site === undefined) return headers.origin === origin
  return site === 'same-origin' && (!headers.origin || headers.origin === 'null' || headers.origin === origin)
}

export const statusFor = (error: IdentityError): number => {
  if (error instanceof InvalidInput) return 422
  if (error instanceof Refused) return 403
  if (error instanceof LimitReached) return 429
  if (error instanceof Conflict) return 409
  return error instanceof ApprovalVoid ? 410 : 503
}

/** When to try again, for a client that reads headers. */
export const retryAfter = ({ details: { retryAt } }: IdentityError): Record<string, string> =>
  retryAt === undefined ? {} : { 'retry-after': String(Math.ceil((retryAt - Date.now()) / 1000)) }
