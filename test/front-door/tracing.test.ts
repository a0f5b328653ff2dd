import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openHttpWorld } from '../support/http-world.ts'
import { openWorld } from '../support/world.ts'

// A process that was started with an SDK of OpenTelemetry has a span for each call, below that of the caller.

const ADA = 'ada@example.com'
const [TRACE, PARENT] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
const meta = { traceparent: `00-${TRACE}-${PARENT}-01` }
const exporter = new InMemorySpanExporter()

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  )
})
afterAll(() => {
  trace.disable()
  propagation.disable()
  context.disable()
})
beforeEach(() => exporter.reset())

const spans = () =>
  exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    attributes: span.attributes,
    parent: span.parentSpanContext?.spanId,
    trace: span.spanContext().traceId,
  }))

test('a call is a span below the caller’s, by the names of the conventions, and names no person', async () => {
  await using world = await openWorld()
  await world.call('find_user', { user: ADA }, { meta })
  const [span, ...others] = spans()
  expect(others).toEqual([])
  expect(span).toMatchObject({
    name: 'tools/call find_user',
    parent: PARENT,
    trace: TRACE,
    attributes: {
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'find_user',
    },
  })
  expect(JSON.stringify(span)).not.toMatch(/ada/i)
})

test('one that fails tells the code of its error', async () => {
  await using world = await openWorld()
  await world.call('deactivate_user', { user: ADA, tenants: ['nowhere'], reason: 'left the company' })
  expect(spans()).toMatchObject([
    { attributes: { 'error.type': 'tool_error', 'identity_mcp.code': 'unknown_tenant' } },
  ])
  expect(spans()[0]?.parent).toBeUndefined()
})

test('a `traceparent` that is none begins a trace', async () => {
  await using world = await openWorld()
  await world.call('find_user', { user: ADA }, { meta: { traceparent: '00-0-0-00' } })
  expect(spans()).toMatchObject([{ name: 'tools/call find_user', parent: undefined }])
})

test.each([
  ['with the header alone', undefined, PARENT, TRACE],
  ['with one of its own, which comes first', '1'.repeat(16), '1'.repeat(16), '2'.repeat(32)],
])('over HTTP a call %s is a span below it', async (_, own, parent, traceId) => {
  await using world = await openHttpWorld()
  const guest = await world.guest({ token: await world.token('helpdesk'), headers: meta })
  const traceparent = `00-${'2'.repeat(32)}-${own}-01`
  await guest.callTool('list_tenants', {}, own === undefined ? {} : { meta: { traceparent } })
  expect(spans()).toMatchObject([{ name: 'tools/call list_tenants', parent, trace: traceId }])
})
