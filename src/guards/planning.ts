import { warningsOf } from '../changes/plan.ts'
import { isClassified, type Plan } from '../domain/change.ts'
import type { Call, CallGuard } from './call.ts'

/**
 * Has the exact change worked out before any guard judges it, from the accounts as they are now, with a warning of names
 * that are not what they look like. A tool that changes something and makes no plan gets no further; one that declares no
 * effect counts as the most dangerous.
 */
export const planning = (planOf: (call: Call) => Promise<Plan> | undefined): CallGuard =>
  async function planning(call, next) {
    if (call.tool.effect === 'reads') return next(call)
    const plan = await planOf(call)
    if (!plan) throw new TypeError(`${call.tool.name} changes data and makes no plan`)
    const whole: Plan = { ...plan, lines: [...plan.lines, ...warningsOf(plan.changes)] }
    if (isClassified(call.tool)) return next({ ...call, plan: whole })
    // What declares no effect may do anything, whatever its plan says of itself.
    return next({ ...call, plan: { ...whole, effect: 'removes' }, leastLevel: 'approve' })
  }
