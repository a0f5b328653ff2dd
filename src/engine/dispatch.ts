import type { Approvals } from '../approvals/approvals.ts'
import { kindOf } from '../changes/index.ts'
import type { Plan } from '../domain/change.ts'
import type { RequestContext } from '../domain/operations.ts'
import { type Grant, holds, scopeOf } from '../domain/scopes.ts'
import { type Call, type CallGuard, logged, type Reply } from '../guards/call.ts'
import type { Sight } from '../guards/call-pipeline.ts'
import { compose } from '../guards/compose.ts'
import type { InFlight } from '../in-flight.ts'
import type { Freezes } from '../limits/freezes.ts'
import type { Log } from '../log.ts'
import type { StateSigner } from '../store/signed-state.ts'
import { askFor, atTenant, mustOffer } from './ask.ts'
import { carryOut } from './carry-out.ts'
import { cursorsFor } from './cursor.ts'
import type { Past } from './history.ts'
import type { Tenants } from './tenants.ts'
import type { Tool } from './tool.ts'

/** What stands behind the protocol: tools, inside guards, over tenants. */
export interface Parts {
  tools: readonly Tool[]
  tenants: Tenants
  /** Where the decision stands that a call waits for. */
  approvals: Pick<Approvals, 'get'>
  signer: StateSigner
  log: Log
  /** What the call of that reference changed, as far as `caller` may know of it. */
  past: (reference: string, caller: string) => Promise<Past | undefined>
  /** The changes that have begun, which are seen to their end before the process leaves. */
  inFlight: InFlight
  /** Looked at before each change leaves. */
  freezes: Pick<Freezes, 'check'>
  /** The policy for calls, given how the guards see what a call would do. */
  guards: (sight: Sight) => readonly CallGuard[]
}

/** Whether a tool exists for a caller: it may use it, and a tenant that it sees can serve it. */
export const isOffered = (tenants: Tenants, tool: Pick<Tool, 'effect' | 'needs'>, grant: Grant): boolean =>
  holds(grant, scopeOf(tool)) && tenants.seenBy(grant).serving(tool) !== undefined

/** What is left for wording the answer when the apps have used up their time, milliseconds. */
const MARGIN = 2_000

/** What a call goes through, whatever the transport and the era of its client. */
export function dispatcher({
  tools,
  tenants,
  signer,
  log,
  guards,
  past,
  inFlight,
  freezes,
}: Parts): (call: Call) => Promise<Reply> {
  const toolOf = ({ tool: { name } }: Call): Tool => {
    const tool = tools.find((candidate) => candidate.name === name)
    if (!tool) throw new TypeError(`no tool ${name}`)
    return tool
  }
  const contextOf = (call: Call): RequestContext => ({
    caller: call.caller.id,
    priority: toolOf(call).priority?.(call.input) ?? 'interactive',
    deadline: call.deadline - MARGIN,
    signal: call.signal,
  })
  const answer = async (call: Call): Promise<unknown> => {
    const tool = toolOf(call)
    const context = contextOf(call)
    const seen = tenants.seenBy(call.grant)
    if (tool.effect === 'reads') {
      return tool.run(call.input, {
        ask: askFor(seen, context),
        cursors: cursorsFor(signer, tool.name, call.caller.id),
        can: (tenant) =>
          tools
            .filter((one) => holds(call.grant, scopeOf(one)) && seen.serving(one)?.includes(tenant))
            .map(({ name }) => name),
      })
    }
    if (!call.plan) throw new TypeError(`${tool.name} came without a plan`)
    const warn = (message: string, error: unknown) => log.error(message, { ...logged(call), error })
    let started = false
    const record: Call['record'] = async (event) => {
      await call.record(event)
      if (event.event === 'started') started = true
    }
    const said = await tool.run(call.input, {
      plan: call.plan,
      carryOut: (change) => {
        const mayLeave = () => freezes.check({ caller: call.caller.id, tenants: [change.tenant] })
        const leaving = { context: { ...context, mayLeave }, record, warn }
        return inFlight.track(carryOut(change, seen.get(change.tenant), leaving))
      },
    })
    // Every output schema is an object; what was sent can be named when it is to be undone.
    return started ? { ...(said as Record<string, unknown>), change: call.id } : said
  }
  const sight: Sight = {
    planOf(call) {
      const tool = toolOf(call)
      return tool.effect === 'reads'
        ? undefined
        : tool
            .plan(call.input, {
              ask: askFor(tenants.seenBy(call.grant), contextOf(call)),
              past: (reference) => past(reference, call.caller.id),
            })
            .then((plan) => possible(plan, contextOf(call)))
    },
    listAdmins: (call, tenant) =>
      tenants
        .seenBy(call.grant)
        .get(tenant)
        .operations.listAccounts?.({ match: { admin: true }, limit: 100 }, contextOf(call)),
  }
  /** A plan, of which nobody is asked what could not be done. */
  const possible = async (plan: Plan, context: RequestContext): Promise<Plan> => {
    for (const change of plan.changes) {
      const tenant = tenants.get(change.tenant)
      mustOffer(tenant, change.operation)
      const proposed = { accounts: change.accounts, fields: kindOf(change).sets(change) }
      await atTenant(tenant, async () => tenant.operations.checkWrite?.(proposed, context))
    }
    return plan
  }
  // Every output schema is an object; `declared-only` parses the answer by it on the way out.
  return compose(guards(sight), async (call) => ({
    answer: (await answer(call)) as Record<string, unknown>,
  }))
}
