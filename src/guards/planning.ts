import type { Plan } from '../identity/plan.ts'
import type { Call, CallGuard } from './call.ts'

/**
 * Has the exact change worked out before any guard judges it, from the accounts as they are now; a tool that changes
 * something and makes no plan gets no further.
 */
export const planning = (planOf: (call: Call) => Promise<Plan> | undefined): CallGuard =>
  async function planning(call, next) {
    if (call.tool.effect === 'reads') return next(call)
    const plan = await planOf(call)
    if (!plan) throw new TypeError(`${call.tool.name} changes data and makes no plan`)
    return next({ ...call, plan })
  }
