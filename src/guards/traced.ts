import { IdentityError } from '../errors.ts'
import type { Tracing } from '../tracing.ts'
import type { CallGuard } from './call.ts'

/** Each call in a span, by the OpenTelemetry conventions for MCP servers. No attribute names a person. */
export const traced = (tracing: Tracing | undefined): CallGuard =>
  async function traced(call, next) {
    if (!tracing) return next(call)
    const { name } = call.tool
    const attributes = {
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': name,
      'identity_mcp.reference': call.id,
    }
    return tracing({ name: `tools/call ${name}`, attributes, carrier: call.carrier }, async (end) => {
      try {
        return await next(call)
      } catch (error) {
        end({ error: error instanceof IdentityError ? error.code : 'internal' })
        throw error
      }
    })
  }
