import { letApprove, PASSPHRASE } from './approvers.ts'
import { type Fields, fillIn, send } from './browser.ts'
import { openWorld, type WorldOptions } from './world.ts'

/** Settings under which a person outside the agent's reach approves what takes access away. */
export const STRICT = { confirm: { removes: 'approve' } }

/** A world in which Grace may approve, and has to where access is taken away. */
export async function openStrict(options: WorldOptions = {}) {
  const world = await openWorld({ settings: STRICT, ...options })
  await letApprove(world, 'grace')
  return world
}

/** The answer to a call that waits for a person. */
export interface Waiting {
  status: string
  approval: { id: string; approveAt: string }
}

/** What Grace does on the page; resolves with the status of the answer. */
export const decideAt = async (link: string, fields: Fields = {}): Promise<number> =>
  (await send(link, await fillIn(link, { approver: 'grace', passphrase: PASSPHRASE, ...fields }))).status
