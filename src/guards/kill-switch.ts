import type { Freezes } from '../limits/freezes.ts'
import { type CallGuard, tenantsNamed } from './call.ts'
import type { RequestGuard } from './request.ts'

/** Lets no change through where a person has stopped them, nor one by a caller that is paused. */
export const killSwitch = (freezes: Pick<Freezes, 'check'>): CallGuard =>
  async function killSwitch(call, next) {
    if (call.tool.effect !== 'reads') {
      await freezes.check({ caller: call.caller.id, tenants: tenantsNamed(call) })
    }
    return next(call)
  }

/** Asks once more before a change leaves for an app, since it may have been stopped while it waited for its turn. */
export const lastLook: RequestGuard = async function lastLook(request, next) {
  if (request.effect === 'writes') await request.context.mayLeave?.()
  return next(request)
}
