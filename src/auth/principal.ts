import { randomUUID } from 'node:crypto'
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server'
import type { CallerNames, Requester } from '../domain/caller-names.ts'
import type { Grant } from '../domain/scopes.ts'
import type { Call } from '../guards/call.ts'

/** The caller on a connection or of one HTTP request, as the transport authenticated it. */
export interface Principal extends Pick<Requester, 'caller' | 'agent' | 'via'> {
  self: CallerNames
  grant: Grant
  /** Whether it can request more scopes, as an OAuth client can. */
  canStepUp?: boolean
  /** Id of its call, never one that the client chose; generated for each call when absent. */
  reference?: string
  /** The client's own id of its request. */
  requestId?: string
  /** Trace id of its request, 32 hex digits (W3C Trace Context). */
  trace?: string
  /** Where its `traceparent` and `tracestate` are. */
  carrier?: unknown
}

/** What a caller's token says about the caller. */
export type Admitted = Omit<Principal, 'reference' | 'requestId' | 'trace' | 'carrier'>

/** The error for a caller whose token is not accepted (RFC 6750 §3.1). */
export const invalidToken = (why: string): OAuthError => new OAuthError(OAuthErrorCode.InvalidToken, why)

/** How long a client waits for its answer, milliseconds; most clients give up after 60 s. */
export const CALL_TIME = 50_000

type CallRequest = Pick<Call, 'tool' | 'input' | 'canAsk' | 'answer' | 'tell' | 'trace' | 'carrier'> & {
  client: string
  signal?: AbortSignal
}

/** Makes the calls of one principal; calls that share a reference get a number. */
export function callsOf({
  caller,
  self,
  agent,
  via,
  grant,
  reference,
  requestId,
  trace,
  carrier,
}: Principal): (asked: CallRequest) => Call {
  let made = 0
  const newId = () => {
    made += 1
    // The first twelve hex digits of a UUID are random, and Node generates UUIDs in advance, so this is cheap.
    if (reference === undefined) return randomUUID().replace('-', '').slice(0, 12)
    return made === 1 ? reference : `${reference}.${made}`
  }
  return ({ client, signal = new AbortController().signal, ...asked }) => ({
    ...(trace !== undefined && { trace, carrier }),
    ...asked,
    id: newId(),
    ...(requestId !== undefined && { requestId }),
    caller: { id: caller, client, ...(agent !== undefined && { agent }), ...(via !== undefined && { via }) },
    self,
    grant,
    signal,
    deadline: Date.now() + CALL_TIME,
    record: async () => {
      throw new TypeError('this call is not journalled')
    },
  })
}
