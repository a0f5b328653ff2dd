import type { Freezes } from '../limits/freezes.ts'
import { type CallGuard, tenantsNamed } from './call.ts'
import type { RequestGuard } from './request.ts'

/**
 * Refuses a change where a person has stopped changes, and any change by a stopped agent or a paused caller. `sharing`
 * names the tenants that lead to the same app as one.
 */
export const killSwitch = (
  freezes: Pick<Freezes, 'check'>,
  sharing: (tenant: string) => readonly string[],
): CallGuard =>
  async function killSwitch(call, next) {
    if (call.tool.effect !== 'reads') {
      await freezes.check({ caller: call.caller, tenants: tenantsNamed(call).flatMap(sharing) })
    }
    return next(call)
  }

/** Checks again right before a change is sent, since it may have been stopped while it waited. */
export const recheckKillSwitch: RequestGuard = async function recheckKillSwitch(request, next) {
  if (request.effect === 'writes') await request.context.mayLeave?.()
  return next(request)
}
