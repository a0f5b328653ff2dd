import { warningsOf } from '../changes/plan.ts'
import { isClassified, type Plan } from '../domain/change.ts'
import type { Call, CallGuard } from './call.ts'

/**
 * Makes the exact plan, from the current state of the accounts, before any guard judges it, and adds warnings about
 * names that are not what they look like. A changing tool that makes no plan fails; a tool that declares no effect
 * counts as the most dangerous.
 */
export const planning = (planOf: (call: Call) => Promise<Plan | undefined> | undefined): CallGuard =>
  async function planning(call, next) {
    if (call.tool.effect === 'reads') return next(call)
    const plan = await planOf(call)
    if (!plan) throw new TypeError(`${call.tool.name} changes data and makes no plan`)
    const whole: Plan = { ...plan, lines: [...plan.lines, ...warningsOf(plan.changes)] }
    if (isClassified(call.tool)) return next({ ...call, plan: whole })
    // A tool without a declared effect may do anything, whatever its plan says.
    return next({ ...call, plan: { ...whole, effect: 'removes' }, leastLevel: 'approve' })
  }
