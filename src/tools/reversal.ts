import { cannotUndo, type PastChange, type Reversal, unchanged } from '../changes/inverse.ts'
import type { Ask } from '../engine/ask.ts'
import type { Hold } from '../engine/hold.ts'

/** How to undo one write, given what the app shows of what is claimed. Throws what reading the app throws. */
export async function reversalOf(
  write: PastChange,
  { ask, hold }: { ask: Ask; hold: Hold },
): Promise<Reversal> {
  if (write.outcome === 'failed') return unchanged('It was never done.')
  if (!write.before) return cannotUndo('The state before it is not in the journal, or is incomplete.')
  const tenant = ask.tenants.all.find(({ name }) => name === write.tenant)
  if (!tenant) return cannotUndo('The tenant is no longer connected.')
  const claim = (id: string) => hold.names(write.tenant, [id])
  const reversal = await write.before.inverse(write, {
    account: async (id) => {
      await claim(id)
      return ask.one(write.tenant, 'readAccount', { id })
    },
    fields: async (id) => {
      await claim(id)
      return ask.one(write.tenant, 'readFields', { id })
    },
    group: async (id) => {
      await claim(id)
      return ask.one(write.tenant, 'readGroup', { id })
    },
  })
  const offered = !('change' in reversal) || tenant.offers(reversal.change.operation)
  return offered ? reversal : cannotUndo('The app does not support the change that would undo it.')
}
