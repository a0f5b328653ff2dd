import { cannot, type PastChange, type Reversal, stays } from '../changes/inverse.ts'
import type { Ask } from '../engine/ask.ts'

/** What it takes to undo one write, from what the app shows at this moment. Throws what the app's reading throws. */
export async function reversalOf(write: PastChange, ask: Ask): Promise<Reversal> {
  if (write.outcome === 'failed') return stays('It was not done in the first place.')
  if (!write.before) return cannot('What was there before is not in the journal, or not as a whole.')
  const tenant = ask.tenants.all.find(({ name }) => name === write.tenant)
  if (!tenant) return cannot('The tenant is no longer connected.')
  const reversal = await write.before.inverse(write, {
    account: (id) => ask.one(write.tenant, 'readAccount', { id }),
    fields: (id) => ask.one(write.tenant, 'readFields', { id }),
    group: (group) => ask.one(write.tenant, 'readGroup', { group }),
  })
  const offered = !('change' in reversal) || tenant.offers(reversal.change.operation)
  return offered ? reversal : cannot('The app does not offer what it would take.')
}
