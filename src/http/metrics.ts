import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Tenant } from '../engine/tenants.ts'
import type { BreakerState, Meter } from '../meter.ts'

/** What is read when the metrics are requested. */
interface Watched {
  tenants: readonly Pick<Tenant, 'name' | 'budgets'>[]
  /** How many approval requests wait for a person. */
  pending(): Promise<number>
}

const STATES: Record<BreakerState, number> = { closed: 0, half_open: 1, open: 2 }
/** Histogram buckets, from a cache look-up to the longest possible call, seconds. */
const BUCKETS = [0.005, 0.02, 0.1, 0.3, 1, 3, 10, 30, 60]

/** Those that the OpenTelemetry semantic conventions for MCP advise, seconds; no call takes longer. */
const MCP_BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60]

const TOOL_CALL = { mcp_method_name: 'tools/call', gen_ai_operation_name: 'execute_tool' } as const

/** Metrics in Prometheus text format. Labels name tools, tenants, outcomes and token fingerprints, never a person. */
export function prometheus() {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })
  const calls = new Counter({
    name: 'identity_mcp_calls_total',
    help: 'Tool calls, by status of the answer or code of the error',
    labelNames: ['tool', 'outcome'] as const,
    registers,
  })
  // The OpenTelemetry name and attributes for MCP servers, as Prometheus writes them.
  const seconds = new Histogram({
    name: 'mcp_server_operation_duration_seconds',
    help: 'Duration of MCP requests (mcp.server.operation.duration)',
    labelNames: ['mcp_method_name', 'gen_ai_operation_name', 'gen_ai_tool_name', 'error_type'] as const,
    buckets: MCP_BUCKETS,
    registers,
  })
  const waits = new Histogram({
    name: 'identity_mcp_budget_wait_seconds',
    help: "Time that requests to an app waited for their token's budget",
    labelNames: ['tenant'] as const,
    buckets: BUCKETS,
    registers,
  })
  const throttles = new Counter({
    name: 'identity_mcp_app_throttled_total',
    help: 'Answers 429 of an app',
    labelNames: ['tenant'] as const,
    registers,
  })
  const breakers = new Gauge({
    name: 'identity_mcp_breaker_state',
    help: 'Circuit breaker of an app: closed (0), half open (1) or open (2)',
    labelNames: ['tenant'] as const,
    registers,
  })
  const responses = new Counter({
    name: 'identity_mcp_http_responses_total',
    help: 'HTTP responses',
    labelNames: ['path', 'status'] as const,
    registers,
  })
  let watched: Watched = { tenants: [], pending: async () => 0 }
  new Gauge({
    name: 'identity_mcp_budget_left',
    help: 'Requests that a token has left in the window; those that change something alone in `minute_changes` and the like',
    labelNames: ['tenant', 'token', 'window'] as const,
    registers,
    async collect() {
      this.reset()
      for (const { name, budgets } of watched.tenants) {
        for (const { token, window, of, left } of await budgets().catch(() => [])) {
          this.set({ tenant: name, token, window: of ? `${window}_${of}` : window }, left)
        }
      }
    },
  })
  new Gauge({
    name: 'identity_mcp_approvals_pending',
    help: 'Changes that wait for approval',
    registers,
    async collect() {
      const waiting = await watched.pending().catch(() => undefined)
      if (waiting === undefined) this.remove()
      else this.set(waiting)
    },
  })
  const meter: Meter = {
    called(tool, { outcome, isError }, ms) {
      calls.inc({ tool, outcome })
      const error = isError ? { error_type: 'tool_error' } : {}
      seconds.observe({ ...TOOL_CALL, gen_ai_tool_name: tool, ...error }, ms / 1_000)
    },
    waited: (tenant, ms) => waits.observe({ tenant }, ms / 1_000),
    throttled: (tenant) => throttles.inc({ tenant }),
    breaker: (tenant, state) => breakers.set({ tenant }, STATES[state]),
  }

  return {
    meter,
    /** Counts a response. `path` must come from a small fixed set. */
    answered: (path: string, status: number) => responses.inc({ path, status }),
    /** Sets what to read from now on. Values that cannot be read are left out of the answer. */
    watch(what: Watched) {
      watched = what
      breakers.reset()
      for (const { name } of what.tenants) {
        breakers.set({ tenant: name }, STATES.closed)
        // An alert on its increase needs it to be there before the first one.
        throttles.inc({ tenant: name }, 0)
      }
    },
    text: async () => ({ type: register.contentType, text: await register.metrics() }),
  }
}
export type Metrics = ReturnType<typeof prometheus>
