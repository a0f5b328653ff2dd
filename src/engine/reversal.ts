import { cannotUndo, type PastChange, type Reversal, unchanged } from '../changes/inverse.ts'
import type { Ask } from './ask.ts'
import type { Hold } from './hold.ts'

/** How an account gets back what a call took from it: by the write that can be undone, else what is said of the rest. */
export async function reversalOfAll(
  writes: readonly PastChange[],
  by: { ask: Ask; hold: Pick<Hold, 'names'> },
): Promise<Reversal> {
  let told: Reversal = cannotUndo('The journal knows of no change.')
  for (const write of writes) {
    const reversal = await reversalOf(write, by)
    if ('change' in reversal) return reversal
    // That sessions cannot be given back says nothing of the account.
    if (SAYS_MORE[reversal.outcome] > ('change' in told ? 0 : SAYS_MORE[told.outcome])) told = reversal
  }
  return told
}

const SAYS_MORE = { cannot_undo: 0, unchanged: 1, left_alone: 2 }

/** How to undo one write, given what the app shows of what is claimed. Throws what reading the app throws. */
export async function reversalOf(
  write: PastChange,
  { ask, hold }: { ask: Ask; hold: Pick<Hold, 'names'> },
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
