import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aboutRequest, foreign } from '../../src/http/request.ts'

const arriving = (headers: Record<string, string>, localAddress = '127.0.0.1') =>
  // As much of a request as is looked at.
  ({ headers, socket: { localAddress } }) as unknown as IncomingMessage

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

const HOSTS = { hosts: ['localhost', '127.0.0.1', '[::1]', 'identity.example.com'], proxied: true }

test.each([
  [{ host: 'localhost' }, true],
  [{ host: 'localhost:3910' }, true],
  [{ host: 'LOCALHOST:3910' }, true],
  [{ host: '[::1]:3910' }, true],
  [{ host: 'identity.example.com' }, true],
  [{ host: '10.1.2.3:3910' }, true],
  [{ host: '10.1.2.4:3910' }, false],
  [{ host: 'example.com' }, false],
  [{ host: 'localhost.example.com' }, false],
  [{ host: 'identity.example.com.evil.example' }, false],
  [{ host: 'evil.example#@localhost' }, false],
  [{ host: 'localhost, evil.example' }, false],
  [{ host: '' }, false],
  [{}, false],
  [{ host: 'localhost', origin: 'http://localhost:5173' }, true],
  [{ host: 'localhost', origin: 'https://identity.example.com' }, true],
  [{ host: 'localhost', origin: 'https://evil.example' }, false],
  [{ host: 'localhost', origin: 'null' }, false],
  [{ host: 'localhost', origin: 'file://' }, false],
] as [Record<string, string>, boolean][])('headers %o are for this server: %s', (headers, ours) => {
  expect(foreign(arriving(headers, '::ffff:10.1.2.3'), HOSTS) === undefined).toBe(ours)
})

test.each(['forwarded', 'x-forwarded-for'])('with %s it came through a proxy', (header) => {
  const request = arriving({ host: 'localhost', [header]: '192.0.2.7' })
  expect(foreign(request, HOSTS)).toBeUndefined()
  expect(foreign(request, { ...HOSTS, proxied: false })?.message).toContain('proxy')
})
