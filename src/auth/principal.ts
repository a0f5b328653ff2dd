import { randomUUID } from 'node:crypto'
import type { Grant } from '../domain/scopes.ts'
import type { Call } from '../guards/call.ts'

/** Who is at the other end of a connection, or of one HTTP request, as the transport knows it. */
export interface Principal {
  /** Names the caller to guards, journal and approvals. */
  caller: string
  grant: Grant
  /** Whether it can be sent to fetch more scopes, as an OAuth client can. */
  canStepUp?: boolean
  /** What its call is named by; made up for each when left out. */
  reference?: string
  /** Trace that its request is part of, 32 hex digits (W3C Trace Context). */
  trace?: string
}

/** How long a client gets to wait for its answer, milliseconds; most clients give up after 60 s. */
export const CALL_TIME = 50_000

type Asked = Pick<Call, 'tool' | 'input' | 'canAsk' | 'answer'> & { client: string; signal?: AbortSignal }

/** Makes the calls of one principal; those that share a reference are told apart by number. */
export function callsOf({ caller, grant, reference, trace }: Principal): (asked: Asked) => Call {
  let made = 0
  const newId = () => {
    made += 1
    // The first twelve hex digits of a UUID are random; Node keeps some in stock, so that they cost next to nothing.
    if (reference === undefined) return randomUUID().replace('-', '').slice(0, 12)
    return made === 1 ? reference : `${reference}.${made}`
  }
  return ({ client, signal = new AbortController().signal, ...asked }) => ({
    ...asked,
    id: newId(),
    ...(trace !== undefined && { trace }),
    caller: { id: caller, client },
    grant,
    signal,
    deadline: Date.now() + CALL_TIME,
    record: async () => {
      throw new TypeError('this call is not journalled')
    },
  })
}
