/** What a span tells when the work in it has ended. */
interface Ending {
  /** Code of the error, if it failed. */
  error?: string | undefined
}

/** Work in a span of its own, below the span of whoever asked for it. */
export type Tracing = <Result>(
  span: {
    name: string
    attributes: Record<string, string>
    /** Where the asker's `traceparent` and `tracestate` are (W3C Trace Context). */
    carrier?: unknown
  },
  work: (end: (ending: Ending) => void) => Promise<Result>,
) => Promise<Result>

/** The mark of a process that was started with an SDK of OpenTelemetry: `node --import …`. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1')

/** Spans for the SDK that the process was started with; undefined without one, which costs nothing. */
export async function openTracing(): Promise<Tracing | undefined> {
  if (!(REGISTERED in globalThis)) return undefined
  const { context, propagation, SpanKind, SpanStatusCode, trace } = await import('@opentelemetry/api')
  const tracer = trace.getTracer('identity-mcp')
  return ({ name, attributes, carrier }, work) => {
    const asker = propagation.extract(context.active(), carrier ?? {})
    return tracer.startActiveSpan(name, { kind: SpanKind.SERVER, attributes }, asker, async (span) => {
      try {
        return await work(({ error }) => {
          if (error === undefined) return
          // What the conventions for MCP call a result that is an error, whatever it is.
          span.setAttribute('error.type', 'tool_error')
          span.setAttribute('identity_mcp.code', error)
          span.setStatus({ code: SpanStatusCode.ERROR })
        })
      } finally {
        span.end()
      }
    })
  }
}
