import { openApprovers } from '../../src/approvals/approvers.ts'
import { openStores } from '../../src/commands/place.ts'
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
