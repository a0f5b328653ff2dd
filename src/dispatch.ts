import { askFor, mustOffer } from './ask.ts'
import { carryOut } from './change.ts'
import type { Call, CallGuard, Reply } from './guards/call.ts'
import { compose } from './guards/compose.ts'
import type { Errand } from './identity/operations.ts'
import type { Plan } from './identity/plan.ts'
import type { Log } from './log.ts'
import type { Seal } from './seal.ts'
import type { Tenants } from './tenants.ts'
import { cursorsFor } from './tools/cursor.ts'
import type { Tool } from './tools/define.ts'
import type { UnderWay } from './under-way.ts'

/** What stands behind the protocol: tools, inside guards, over tenants. */
export interface Parts {
  tools: readonly Tool[]
  tenants: Tenants
  seal: Seal
  log: Log
  /** The changes that have begun, which are seen to their end before the process leaves. */
  underWay: UnderWay
  /** The policy for calls, given how a plan is made. */
  guards: (planOf: (call: Call) => Promise<Plan> | undefined) => readonly CallGuard[]
}

/** What is left for wording the answer when the apps have used up their time, milliseconds. */
const MARGIN = 2_000

/** What a call goes through, whatever the transport and the era of its client. */
export function dispatcher({
  tools,
  tenants,
  seal,
  log,
  guards,
  underWay,
}: Parts): (call: Call) => Promise<Reply> {
  const toolOf = ({ tool: { name } }: Call): Tool => {
    const tool = tools.find((candidate) => candidate.name === name)
    if (!tool) throw new TypeError(`no tool ${name}`)
    return tool
  }
  const errandOf = (call: Call): Errand => ({
    caller: call.caller.id,
    pace: toolOf(call).pace?.(call.input) ?? 'interactive',
    deadline: call.deadline - MARGIN,
    signal: call.signal,
  })
  const answer = async (call: Call): Promise<unknown> => {
    const tool = toolOf(call)
    const errand = errandOf(call)
    if (tool.effect === 'reads') {
      return tool.run(call.input, {
        ask: askFor(tenants, errand),
        cursors: cursorsFor(seal, tool.name, call.caller.id),
        can: (tenant) =>
          tools.filter((one) => tenants.serving(one)?.includes(tenant)).map(({ name }) => name),
      })
    }
    if (!call.plan) throw new TypeError(`${tool.name} came without a plan`)
    const warn = (message: string, error: unknown) => log.error(message, { reference: call.id, error })
    return tool.run(call.input, {
      plan: call.plan,
      carryOut: (change) =>
        underWay.follow(carryOut(change, tenants.get(change.tenant), { errand, record: call.record, warn })),
    })
  }
  const planOf = (call: Call): Promise<Plan> | undefined => {
    const tool = toolOf(call)
    return tool.effect === 'reads'
      ? undefined
      : tool.plan(call.input, { ask: askFor(tenants, errandOf(call)) }).then(offered)
  }
  /** A plan, of which nobody is asked what could not be done. */
  const offered = (plan: Plan): Plan => {
    for (const { tenant, operation } of plan.changes) mustOffer(tenants.get(tenant), operation)
    return plan
  }
  // Every output schema is an object; `declared-only` parses the answer by it on the way out.
  return compose(guards(planOf), async (call) => ({
    answer: (await answer(call)) as Record<string, unknown>,
  }))
}
