import { addApprovers, PASSPHRASE } from './approvers.ts'
import { type ApprovalFormFields, fillIn, send } from './browser.ts'
import { openWorld, type WorldOptions } from './world.ts'

/** Settings under which removals need approval by a person outside the agent's reach. */
export const APPROVE_REMOVALS = { confirm: { removes: 'approve' } }

/** A world in which removals need approval, and Grace is an approver. */
export async function openApprovalWorld(options: WorldOptions = {}) {
  const world = await openWorld({ settings: APPROVE_REMOVALS, ...options })
  await addApprovers(world, 'grace')
  return world
}

/** The answer to a call that waits for approval. */
export interface PendingAnswer {
  status: string
  approval: { id: string; approveAt: string }
}

/** Decides on the page as Grace; resolves with the HTTP status. */
export const decideAt = async (link: string, fields: ApprovalFormFields = {}): Promise<number> =>
  (await send(link, await fillIn(link, { approver: 'grace', passphrase: PASSPHRASE, ...fields }))).status
