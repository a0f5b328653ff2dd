import { openApprovers } from '../../src/approvals/approvers.ts'
import { openStores } from '../../src/commands/place.ts'
import { type Fields, fillIn, send } from './browser.ts'
import { openWorld, type WorldOptions } from './world.ts'

export const PASSPHRASE = 'correct horse battery'
/** Settings under which a person outside the agent's reach approves what takes access away. */
export const STRICT = { confirm: { removes: 'approve' } }

/** A world in which Grace may approve, and has to where access is taken away. */
export async function openStrict(options: WorldOptions = {}) {
  const world = await openWorld({ settings: STRICT, ...options })
  const { store } = openStores(world.dataDir)
  await openApprovers(store).add('grace', PASSPHRASE)
  await store.close()
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
