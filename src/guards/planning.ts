import { mostDangerous, warningsOf } from '../changes/plan.ts'
import { isClassified, type Plan } from '../domain/change.ts'
import type { Facts } from '../domain/facts.ts'
import type { Claims } from '../store/claims.ts'
import type { Call, CallGuard } from './call.ts'

/**
 * Makes the exact plan, from the current state of the accounts, before any guard judges it, and adds warnings about
 * names that are not what they look like. What the plan claims stays claimed until the change has been read back. A changing tool that makes no plan fails; a tool that declares no effect
 * counts as the most dangerous.
 */
export const planning = (
  planOf: (call: Call, claims: Claims) => Promise<Plan | undefined> | undefined,
  openClaims: (claimant: { caller: string; signal: AbortSignal }) => Claims,
  factsOf: (tenant: string) => Facts,
): CallGuard =>
  async function planning(call, next) {
    if (call.tool.effect === 'reads') return next(call)
    const claims = openClaims({ caller: call.caller.id, signal: call.signal })
    try {
      const plan = await planOf(call, claims)
      if (!plan) throw new TypeError(`${call.tool.name} changes data and makes no plan`)
      const whole: Plan = {
        ...plan,
        lines: [...plan.lines, ...warningsOf(plan.changes)],
        ...(plan.changes.length > 0 && { effect: mostDangerous(plan.changes, factsOf) }),
      }
      // A tool without a declared effect may do anything, whatever its plan says.
      return await (isClassified(call.tool)
        ? next({ ...call, claims, plan: whole })
        : next({ ...call, claims, plan: { ...whole, effect: 'removes' }, leastLevel: 'approve' }))
    } finally {
      await claims.release()
    }
  }
