import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aboutRequest } from '../../src/http/request.ts'

// As much of a request as is looked at.
const arriving = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

test.each([
  [`00-${TRACE}-${PARENT}-01`, TRACE],
  [`00-${TRACE}-${PARENT}-00`, TRACE],
  // A later version may say more (W3C Trace Context §3.2.4).
  [`cc-${TRACE}-${PARENT}-01-what-the-future-brings`, TRACE],
  [`00-${TRACE}-${PARENT}-01-more`, undefined],
  [`ff-${TRACE}-${PARENT}-01`, undefined],
  [`00-${'0'.repeat(32)}-${PARENT}-01`, undefined],
  [`00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
  [`00-${TRACE.toUpperCase()}-${PARENT}-01`, undefined],
  [`00-${TRACE}-${PARENT}`, undefined],
  ['', undefined],
])('of the trace %s it takes %s', (traceparent, trace) => {
  expect(aboutRequest(arriving({ traceparent })).trace).toBe(trace)
})

test('a request is always known by something that can stand in a log', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (id, traceparent) => {
      const { reference, requestId, trace } = aboutRequest(arriving({ 'x-request-id': id, traceparent }))
      expect(reference).toMatch(/^[0-9a-f]{12}$/)
      if (requestId !== undefined) expect(requestId).toMatch(/^[\w.:=-]{1,60}$/)
      if (trace !== undefined) expect(trace).toMatch(/^[0-9a-f]{32}$/)
    }),
  )
})
