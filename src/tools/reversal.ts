import { cannotUndo, type PastChange, type Reversal, unchanged } from '../changes/inverse.ts'
import type { Ask } from '../engine/ask.ts'

/** How to undo one write, given what the app shows now. Throws what reading the app throws. */
export async function reversalOf(write: PastChange, ask: Ask): Promise<Reversal> {
  if (write.outcome === 'failed') return unchanged('It was never done.')
  if (!write.before) return cannotUndo('The state before it is not in the journal, or is incomplete.')
  const tenant = ask.tenants.all.find(({ name }) => name === write.tenant)
  if (!tenant) return cannotUndo('The tenant is no longer connected.')
  const reversal = await write.before.inverse(write, {
    account: (id) => ask.one(write.tenant, 'readAccount', { id }),
    fields: (id) => ask.one(write.tenant, 'readFields', { id }),
    group: (id) => ask.one(write.tenant, 'readGroup', { id }),
  })
  const offered = !('change' in reversal) || tenant.offers(reversal.change.operation)
  return offered ? reversal : cannotUndo('The app does not support the change that would undo it.')
}
